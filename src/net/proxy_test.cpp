#include <gtest/gtest.h>

#include "net/cookies.hpp"
#include "net/server.hpp"
#include "net/test_support.hpp"

namespace stipend::net {
namespace {

using namespace testing;
using std::chrono::milliseconds;

// A proxy to 127.0.0.1:port. The first part of the path is the pool key.
HeadHandler to_port(std::uint16_t port, std::function<void(Proxy&)> change = {}) {
  return [port, change](Request head) -> awaitable<Decision> {
    Proxy plan;
    plan.upstream.pool_key = std::string(head.path());
    plan.upstream.address = "127.0.0.1";
    plan.upstream.port = port;
    head.headers.set("Host", "localhost:8888");
    head.headers.set("Authorization", "token injected");
    plan.request = std::move(head);
    if (change) change(plan);
    co_return plan;
  };
}

const std::string kGet = "GET /a?q=%20 HTTP/1.1\r\nHost: outside\r\nX-One: 1\r\n\r\n";

TEST(Proxy, PassesHeadsOnWithoutWhatConcernsOneHop) {
  RawServer upstream;
  TestServer server(to_port(upstream.port(), [](Proxy& plan) {
    plan.edit_response = [](Response& head) {
      const std::string_view ours[] = {"stipend"};
      clean_set_cookies(head.headers, ours);
    };
  }));
  auto client = server.client();
  client.send(
      "GET /a?q=%20 HTTP/1.1\r\nHost: outside\r\nX-One: 1\r\nConnection: X-Two, Authorization, "
      "keep-alive\r\nX-Two: 2\r\n"
      "TE: trailers\r\nUpgrade: h2c\r\nKeep-Alive: 5\r\n\r\n");
  auto peer = upstream.accept();
  EXPECT_EQ(
      peer.read_until("\r\n\r\n"),
      "GET /a?q=%20 HTTP/1.1\r\nHost: localhost:8888\r\nX-One: 1\r\nAuthorization: token injected\r\n\r\n");
  peer.send(
      "HTTP/1.1 200 Fine\r\nContent-Length: 5\r\nSet-Cookie: stipend=evil\r\nSet-Cookie: a=b; "
      "Domain=x\r\nConnection: Y\r\n"
      "Y: 1\r\nDate: then\r\n\r\nhello");
  EXPECT_EQ(client.read_answer(),
            "HTTP/1.1 200 OK\r\nDate: then\r\nSet-Cookie: a=b\r\nContent-Length: 5\r\n\r\nhello");
}

TEST(Proxy, KeepsUpstreamConnectionsForTheSameKeyOnly) {
  RawServer upstream;
  TestServer server(to_port(upstream.port()));
  const auto ask = [&](std::string path) {
    auto client = server.client();
    client.send("GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n");
    return client;
  };
  const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  auto client_a = ask("/a");
  auto peer_a = upstream.accept();
  peer_a.read_until("\r\n\r\n");
  peer_a.send(ok);
  EXPECT_EQ(body_in(client_a.read_answer()), "ok");

  auto client_b = ask("/b");  // another machine: another connection, though one lies idle
  auto peer_b = upstream.accept();
  EXPECT_TRUE(peer_b.read_until("\r\n\r\n").starts_with("GET /b "));
  peer_b.send(ok);
  EXPECT_EQ(body_in(client_b.read_answer()), "ok");

  auto again = ask("/a");  // another client of the same machine: the kept one
  EXPECT_TRUE(peer_a.read_until("\r\n\r\n").starts_with("GET /a "));
  peer_a.send(ok);
  EXPECT_EQ(body_in(again.read_answer()), "ok");
  EXPECT_FALSE(upstream.anyone());
}

TEST(Proxy, AnUpstreamThatSaysMoreThanItsAnswerIsNotUsedAgain) {
  RawServer upstream;
  TestServer server(to_port(upstream.port()));
  auto client = server.client();
  client.send(kGet);
  auto first = upstream.accept();
  first.read_until("\r\n\r\n");
  first.send(
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
  EXPECT_EQ(body_in(client.read_answer()), "ok");
  client.send(kGet);
  auto second = upstream.accept();
  second.read_until("\r\n\r\n");
  second.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood");
  EXPECT_EQ(body_in(client.read_answer()), "good");
}

TEST(Proxy, AKeptConnectionThatDiesWithTheRequestIsReplaced) {
  RawServer upstream;
  TestServer server(to_port(upstream.port()));
  auto client = server.client();
  client.send(kGet);
  {
    auto first = upstream.accept();
    first.read_until("\r\n\r\n");
    first.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    EXPECT_EQ(body_in(client.read_answer()), "ok");
    client.send(kGet);
    first.read_until("\r\n\r\n");
  }
  auto second = upstream.accept();
  second.read_until("\r\n\r\n");
  second.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nnew");
  EXPECT_EQ(body_in(client.read_answer()), "new");
}

TEST(Proxy, StreamsRequestBodiesFramedAnew) {
  RawServer upstream;
  TestServer server(to_port(upstream.port()));
  auto client = server.client();
  client.send("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n");
  auto peer = upstream.accept();
  EXPECT_TRUE(peer.read_until("\r\n\r\n").contains("Transfer-Encoding: chunked\r\n"));
  EXPECT_EQ(peer.read_until("abc\r\n"), "3\r\nabc\r\n");  // before the client has sent the rest
  client.send("2\r\nde\r\n0\r\nTrailer: x\r\n\r\n");
  EXPECT_EQ(peer.read_until("0\r\n\r\n"), "2\r\nde\r\n0\r\n\r\n");
  peer.send("HTTP/1.1 201 Made\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(status_in(client.read_answer()), 201);

  client.send("PUT /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 200000\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send(std::string(200'000, 'x'));
  const auto head = peer.read_until("\r\n\r\n");
  EXPECT_TRUE(head.contains("Content-Length: 200000\r\n")) << head;
  EXPECT_FALSE(head.contains("Expect")) << head;
  EXPECT_EQ(peer.read_exactly(200'000), std::string(200'000, 'x'));
  peer.send("HTTP/1.1 204 None\r\n\r\n");
  EXPECT_EQ(status_in(client.read_until("\r\n\r\n")), 204);
}

TEST(Proxy, AnEarlyAnswerEndsTheUpload) {
  RawServer upstream;
  TestServer server(to_port(upstream.port()));
  auto client = server.client();
  client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\nsome");
  auto peer = upstream.accept();
  peer.read_until("some");
  peer.send("HTTP/1.1 413 No\r\nContent-Length: 3\r\n\r\nbig");
  const auto answer = client.read_answer();
  EXPECT_EQ(status_in(answer), 413);
  EXPECT_TRUE(answer.contains("Connection: close"));
  client.half_close();
  EXPECT_TRUE(client.at_end());
  EXPECT_TRUE(peer.at_end());
}

TEST(Proxy, HalfABodyIsNeverTakenForTheWhole) {
  RawServer upstream;
  TestServer server(to_port(upstream.port()));
  {
    auto client = server.client();
    client.send("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    auto peer = upstream.accept();
    peer.read_until("abc\r\n");
    client.close();
    EXPECT_EQ(peer.read_all(), "");
  }
  auto client = server.client();
  client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  {
    auto peer = upstream.accept();
    peer.read_until("\r\n\r\n");
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    client.read_until("abc\r\n");
  }
  EXPECT_EQ(client.read_all(), "");  // ended without the last chunk
}

TEST(Proxy, AnswersWithoutLengthBecomeChunksAsTheyCome) {
  RawServer upstream;
  TestServer server(to_port(upstream.port()));
  auto client = server.client();
  client.send(kGet);
  {
    auto peer = upstream.accept();
    peer.read_until("\r\n\r\n");
    peer.send("HTTP/1.1 200 OK\r\n\r\none");
    EXPECT_TRUE(client.read_until("\r\n\r\n").contains("Transfer-Encoding: chunked"));
    EXPECT_EQ(client.read_until("one\r\n"), "3\r\none\r\n");
    peer.send("two");
    EXPECT_EQ(client.read_until("two\r\n"), "3\r\ntwo\r\n");
  }
  EXPECT_EQ(client.read_until("0\r\n\r\n"), "0\r\n\r\n");
  client.send("GET /a HTTP/1.0\r\n\r\n");
  auto peer = upstream.accept();
  peer.read_until("\r\n\r\n");
  peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
  EXPECT_EQ(body_in(client.read_all()), "abc");
}

TEST(Proxy, ASlowReaderHoldsTheUpstreamBack) {
  RawServer upstream;
  TestServer server(to_port(upstream.port()));
  auto client = server.client(8192);
  client.send(kGet);
  auto peer = upstream.accept();
  peer.read_until("\r\n\r\n");
  constexpr std::size_t kTotal = 64'000'000;
  peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(kTotal) + "\r\n\r\n");
  // Nobody reads: what the proxy takes is what two sockets' buffers hold, far less than all.
  const std::string block(65'536, 'x');
  std::size_t sent = 0;
  for (int quiet = 0; quiet < 40 && sent < kTotal;) {
    const std::size_t now =
        peer.send_some(std::string_view(block).substr(0, std::min(block.size(), kTotal - sent)));
    sent += now;
    quiet = now == 0 ? quiet + 1 : 0;
    if (now == 0) std::this_thread::sleep_for(milliseconds(5));
  }
  EXPECT_LT(sent, kTotal / 2);
  std::jthread rest([&] {
    while (sent < kTotal) {
      const auto part = std::string_view(block).substr(0, std::min(block.size(), kTotal - sent));
      if (!peer.send(part)) break;
      sent += part.size();
    }
  });
  EXPECT_EQ(body_in(client.read_until("\r\n\r\n") + client.read_exactly(kTotal)).size(), kTotal);
}

TEST(Proxy, ASlowUpstreamHoldsTheClientBack) {
  RawServer upstream;
  TestServer server(to_port(upstream.port()));
  auto client = server.client();
  constexpr std::size_t kTotal = 64'000'000;
  client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(kTotal) + "\r\n\r\n");
  auto peer = upstream.accept();
  peer.read_until("\r\n\r\n");
  const std::string block(65'536, 'x');
  std::size_t sent = 0;
  for (int quiet = 0; quiet < 40 && sent < kTotal;) {
    const std::size_t now =
        client.send_some(std::string_view(block).substr(0, std::min(block.size(), kTotal - sent)));
    sent += now;
    quiet = now == 0 ? quiet + 1 : 0;
    if (now == 0) std::this_thread::sleep_for(milliseconds(5));
  }
  EXPECT_LT(sent, kTotal / 2);
  std::jthread rest([&] {
    while (sent < kTotal) {
      const auto part = std::string_view(block).substr(0, std::min(block.size(), kTotal - sent));
      if (!client.send(part)) break;
      sent += part.size();
    }
  });
  EXPECT_EQ(peer.read_exactly(kTotal).size(), kTotal);
  peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(status_in(client.read_answer()), 200);
}

TEST(Proxy, FailuresBecomeTheCallersAnswer) {
  std::uint16_t closed_port = 0;
  {
    closed_port = listen("127.0.0.1", 0)->port();
  }
  TestServer nobody(to_port(closed_port, [](Proxy& plan) {
    plan.on_failure = [](const base::Error& error) { return text_response(503, error.code); };
  }));
  auto client = nobody.client();
  for (int i = 0; i < 2; ++i) {
    client.send(kGet);
    const auto answer = client.read_answer();
    EXPECT_EQ(status_in(answer), 503);
    EXPECT_EQ(body_in(answer), "UpstreamUnreachable");
  }

  RawServer upstream;
  TestServer hasty(to_port(upstream.port(), [](Proxy& plan) { plan.upstream.response = milliseconds(200); }));
  auto waiting = hasty.client();
  waiting.send(kGet);
  EXPECT_EQ(status_in(waiting.read_answer()), 504);
}

TEST(Proxy, AnswersThatCannotBeTrustedAreA502) {
  for (const std::string& answer : {
           std::string("nonsense\r\n\r\n"),
           std::string("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
           std::string("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"),
           std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"),
           std::string("HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n"),
           std::string("HTTP/1.1 101 Switch\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
           "HTTP/1.1 200 OK\r\nA: " + std::string(100'000, 'x') + "\r\n\r\n",
           std::string(""),
       }) {
    RawServer upstream;
    TestServer server(to_port(upstream.port()));
    auto client = server.client();
    client.send(kGet);
    {
      auto peer = upstream.accept();
      peer.read_until("\r\n\r\n");
      peer.send(answer);
      if (!answer.empty()) EXPECT_EQ(status_in(client.read_answer()), 502) << answer.substr(0, 80);
    }
    if (answer.empty()) EXPECT_EQ(status_in(client.read_answer()), 502);
  }
}

}  // namespace
}  // namespace stipend::net
