#include "net/server.hpp"

#include <gtest/gtest.h>

#include <future>

#include "net/client.hpp"
#include "net/lane.hpp"
#include "net/test_support.hpp"

namespace stipend::net {
namespace {

using namespace testing;
using std::chrono::milliseconds;

awaitable<Response> echo(Request request) {
  Response response = text_response(200, request.method + " " + request.target + " " + request.body);
  response.headers.add("X-Peer", request.peer.address);
  co_return response;
}

TEST(Server, AnswersAndKeepsTheConnection) {
  TestServer server(read_all(echo));
  auto client = server.client();
  for (int i = 0; i < 3; ++i) {
    client.send("POST /a?b HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
    const std::string answer = client.read_answer();
    EXPECT_EQ(status_in(answer), 200);
    EXPECT_TRUE(answer.contains("\r\nDate: ")) << answer;
    EXPECT_TRUE(answer.contains("\r\nX-Peer: 127.0.0.1\r\n")) << answer;
    EXPECT_FALSE(answer.contains("Connection:")) << answer;
    EXPECT_EQ(body_in(answer), "POST /a?b abc");
  }
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
  TestServer server(read_all(echo));
  auto client = server.client();
  std::string all;
  for (int i = 0; i < 20; ++i) all += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n\r\n";
  client.send(all);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(body_in(client.read_answer()), "GET /" + std::to_string(i) + " ");
}

TEST(Server, HeadHasTheLengthAndNoBody) {
  TestServer server(read_all(echo));
  const auto answer = server.talk("HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(answer.contains("Content-Length: 7\r\n")) << answer;
  EXPECT_TRUE(answer.contains("Connection: close\r\n")) << answer;
  EXPECT_EQ(body_in(answer), "");
}

TEST(Server, OldClientsGetACloseAndCanAskForMore) {
  TestServer server(read_all(echo));
  EXPECT_EQ(status_in(server.talk("GET / HTTP/1.0\r\n\r\n")), 200);
  auto client = server.client();
  for (int i = 0; i < 2; ++i) {
    client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_TRUE(client.read_answer().contains("Connection: keep-alive\r\n"));
  }
}

TEST(Server, ReadsChunkedBodies) {
  TestServer server(read_all(echo));
  const auto answer = server.talk(
      "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  EXPECT_EQ(body_in(answer), "POST / abcde");
}

TEST(Server, RefusesMalformedRequestsAndCloses) {
  TestServer server(read_all(echo));
  const struct {
    std::string text;
    int status;
  } rows[] = {
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
      {"POST / HTTP/1.1\r\nHost: h\r\nExpect: wonders\r\nContent-Length: 1\r\n\r\na", 417},
      {"GET / HTTP/3.0\r\nHost: h\r\n\r\n", 505},
      {"\x16\x03\x01\x02", 400},
      {"GET / HTTP/1.1\r\nHost: h\r\nA: " + std::string(40'000, 'x'), 431},
  };
  for (const auto& row : rows)
    EXPECT_EQ(status_in(server.talk(row.text)), row.status) << row.text.substr(0, 80);
}

TEST(Server, RefusesTooLargeBodiesWithoutReadingThem) {
  TestServer server(read_all(echo, 1000));
  EXPECT_EQ(status_in(server.talk("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n")), 413);
  EXPECT_EQ(status_in(server.talk("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n400\r\n" +
                                  std::string(1024, 'x'))),
            413);
  EXPECT_EQ(status_in(server.talk(
                "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 1000\r\n\r\n" +
                std::string(1000, 'x'))),
            200);
}

TEST(Server, AsksForAnExpectedBodyOnlyWhenItIsWanted) {
  TestServer server([](Request head) -> awaitable<Decision> {
    if (head.path() == "/no") co_return text_response(403, "no");
    co_return WithBody{std::move(head), 100, echo};
  });
  auto client = server.client();
  client.send("POST /yes HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc");
  EXPECT_EQ(body_in(client.read_answer()), "POST /yes abc");
  client.send("POST /no HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(status_in(client.read_answer()), 403);
}

TEST(Server, AnUnwantedShortBodyIsReadAwayAndALongOneEndsTheConnection) {
  TestServer server([](Request) -> awaitable<Decision> { co_return text_response(404, "none"); });
  auto client = server.client();
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5000\r\n\r\n" + std::string(5000, 'x'));
  EXPECT_EQ(status_in(client.read_answer()), 404);
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9000000\r\n\r\nsome");
  EXPECT_TRUE(client.read_answer().contains("Connection: close"));
  client.half_close();
  EXPECT_TRUE(client.at_end());
}

TEST(Server, ASilentConnectionIsClosed) {
  Limits limits;
  limits.first_byte = milliseconds(200);
  TestServer server(read_all(echo), limits);
  EXPECT_EQ(server.talk(""), "");
}

TEST(Server, SlowHeadsAndBodiesTimeOut) {
  Limits limits;
  limits.head = limits.body = milliseconds(200);
  TestServer server(read_all(echo), limits);
  EXPECT_EQ(status_in(server.talk("GET / HTTP/1.1\r\nHo")), 408);
  EXPECT_EQ(status_in(server.talk("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\na")), 408);
  // A trickle does not extend the time.
  auto client = server.client();
  std::jthread trickle([&](std::stop_token stop) {
    client.send("GET / HTTP/1.1\r\n");
    while (!stop.stop_requested() && client.send("A: b\r\n")) std::this_thread::sleep_for(milliseconds(20));
  });
  EXPECT_EQ(status_in(client.read_until("\r\n\r\n")), 408);
}

TEST(Server, IdleConnectionsAreClosedWithoutAnAnswer) {
  Limits limits;
  limits.idle = milliseconds(200);
  TestServer server(read_all(echo), limits);
  const auto answer = server.talk("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(status_in(answer), 200);
  EXPECT_FALSE(answer.contains("408"));
}

TEST(Server, BeyondItsConnectionsItSays503) {
  Limits limits;
  limits.connections = 2;
  TestServer server(read_all(echo), limits);
  auto a = server.client(), b = server.client();
  for (auto* each : {&a, &b}) {
    each->send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(status_in(each->read_answer()), 200);
  }
  EXPECT_EQ(status_in(server.client().read_all()), 503);
  EXPECT_EQ(server.server().stats().refused_connections, 1U);
  a.close();
  EXPECT_TRUE(eventually([&] { return server.server().stats().connections == 1; }));
  auto c = server.client();
  c.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(status_in(c.read_answer()), 200);
}

TEST(Server, OneAddressGetsItsShareAndLoopbackAll) {
  Limits limits;
  limits.connections = 10;
  limits.connections_per_address = 2;
  const auto state = std::make_shared<ServerState>(limits, HeadHandler{});
  Peer far, other, near;
  far.address = "203.0.113.5";
  other.address = "203.0.113.6";
  near.loopback = true;
  auto first = Place::take(state, far);
  const auto second = Place::take(state, far);
  EXPECT_TRUE(first && second);
  EXPECT_FALSE(Place::take(state, far));
  EXPECT_TRUE(Place::take(state, other));
  first.reset();
  first = Place::take(state, far);
  EXPECT_TRUE(first);
  std::vector<std::unique_ptr<Place>> local;
  for (int i = 0; i < 8; ++i) local.push_back(Place::take(state, near));
  EXPECT_TRUE(local.back());
  EXPECT_FALSE(Place::take(state, near));
}

TEST(Server, AHandlersExceptionIsA500AndAForbiddenHeaderToo) {
  TestServer server([](Request head) -> awaitable<Decision> {
    if (head.path() == "/throw") throw std::runtime_error("broken");
    Response response = text_response(200, "x");
    response.headers.add("X", "a\r\nSet-Cookie: evil");
    co_return response;
  });
  EXPECT_EQ(status_in(server.talk("GET /throw HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")), 500);
  const auto split = server.talk("GET /split HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(status_in(split), 500);
  EXPECT_FALSE(split.contains("evil"));
}

TEST(Server, LargeSharedBodiesGoOutWhole) {
  const auto large = std::make_shared<const std::string>(5'000'000, 'x');
  TestServer server([large](Request) -> awaitable<Decision> {
    Response response;
    response.shared_body = large;
    co_return response;
  });
  auto client = server.client(4096);
  for (int i = 0; i < 2; ++i) {
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(body_in(client.read_answer()), *large);
  }
}

TEST(Server, ManyConnectionsOnTwoLoops) {
  TestServer server(read_all(echo), {}, 2);
  std::vector<RawClient> clients;
  for (int i = 0; i < 50; ++i) clients.push_back(server.client());
  for (int round = 0; round < 3; ++round) {
    for (auto& client : clients) client.send("GET /r HTTP/1.1\r\nHost: h\r\n\r\n");
    for (auto& client : clients) EXPECT_EQ(body_in(client.read_answer()), "GET /r ");
  }
  EXPECT_EQ(server.server().stats().requests, 150U);
}

TEST(Server, StopsAfterWhatIsInFlight) {
  std::promise<void> entered;
  auto release = std::make_shared<std::atomic<bool>>(false);
  TestServer server([&entered, release](Request) -> awaitable<Decision> {
    entered.set_value();
    while (!*release) co_await sleep_for(milliseconds(1));
    co_return text_response(200, "done");
  });
  auto idle = server.client();
  auto busy = server.client();
  busy.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  entered.get_future().wait();
  auto stopped =
      boost::asio::co_spawn(server.loop().runtime().executor(),
                            server.server().stop(std::chrono::seconds(20)), boost::asio::use_future);
  EXPECT_TRUE(idle.at_end());
  *release = true;
  const std::string answer = busy.read_answer();
  EXPECT_EQ(body_in(answer), "done");
  EXPECT_TRUE(answer.contains("Connection: close"));
  stopped.get();
  EXPECT_EQ(server.server().stats().connections, 0U);
}

TEST(Server, APortInUseNamesTheCure) {
  const Listener first = *listen("127.0.0.1", 0);
  const auto second = listen("127.0.0.1", first.port());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, "AddressInUse");
  EXPECT_TRUE(second.error().message.contains("choose another port")) << second.error().message;
  EXPECT_EQ(listen("203.0.113.7", 0).error().code, "AddressNotAvailable");
  EXPECT_EQ(listen("localhost", 0).error().code, "InvalidAddress");
}

TEST(Listener, HostAndPortAreParsedStrictly) {
  EXPECT_EQ(parse_host_port("[::1]:80")->host, "::1");
  EXPECT_EQ(parse_host_port("127.0.0.1:8080")->port, 8080);
  EXPECT_EQ(parse_host_port(":1")->host, "0.0.0.0");
  for (const char* wrong : {"", "80", "a:", "a:b", "a:70000", "::1:80", "a:80x"})
    EXPECT_FALSE(parse_host_port(wrong)) << wrong;
  EXPECT_TRUE(is_loopback_address("127.8.9.1"));
  EXPECT_TRUE(is_loopback_address("::1"));
  EXPECT_TRUE(is_loopback_address("::ffff:127.0.0.1"));
  EXPECT_FALSE(is_loopback_address("128.0.0.1"));
  EXPECT_FALSE(is_loopback_address("localhost"));
}

}  // namespace
}  // namespace stipend::net
