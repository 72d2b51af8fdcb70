#include <gtest/gtest.h>

#include "net/server.hpp"
#include "net/test_support.hpp"
#include "net/websocket.hpp"

namespace stipend::net {
namespace {

using namespace testing;
using std::chrono::milliseconds;

constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";
const std::string kUpgrade =
    "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: "
    "websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: " +
    std::string(kKey) + "\r\n\r\n";

std::string switched(std::string_view accept) {
  return "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
         std::string(accept) + "\r\n\r\n";
}

HeadHandler to_port(std::uint16_t port, milliseconds idle = std::chrono::hours(1)) {
  return [port, idle](Request head) -> awaitable<Decision> {
    Proxy plan;
    plan.upstream.pool_key = "m";
    plan.upstream.address = "127.0.0.1";
    plan.upstream.port = port;
    plan.upstream.tunnel_idle = idle;
    plan.request = std::move(head);
    plan.edit_response = [](Response& answer) { answer.headers.remove("x-secret"); };
    co_return plan;
  };
}

struct Joined {
  RawClient client, peer;
};
Joined join(TestServer& server, RawServer& upstream) {
  Joined both{server.client(), RawClient(-1, nullptr)};
  both.client.send(kUpgrade);
  auto peer = upstream.accept();
  const auto head = peer.read_until("\r\n\r\n");
  EXPECT_TRUE(head.contains("Connection: Upgrade\r\nUpgrade: websocket\r\n")) << head;
  peer.send(switched(websocket_accept(kKey)));
  const auto answer = both.client.read_until("\r\n\r\n");
  EXPECT_EQ(status_in(answer), 101) << answer;
  return {std::move(both.client), std::move(peer)};
}

TEST(WebSocket, TheAcceptOfTheStandardsExample) {
  EXPECT_EQ(websocket_accept(kKey), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(WebSocket, IsRelayedBothWaysAfterAValidHandshake) {
  RawServer upstream;
  TestServer server(to_port(upstream.port()));
  auto [client, peer] = join(server, upstream);
  for (int i = 0; i < 3; ++i) {
    client.send("\x01ping");
    EXPECT_EQ(peer.read_exactly(5), "\x01ping");
    peer.send("pong");
    EXPECT_EQ(client.read_exactly(4), "pong");
  }
  EXPECT_EQ(server.server().stats().tunnels, 1U);
  const std::string large(10'000'000, 'x');
  std::jthread up([&to = client, &large] { to.send(large); });
  std::jthread down([&to = peer, &large] { to.send(large); });
  std::jthread take([&from = peer, &large] { EXPECT_EQ(from.read_exactly(large.size()), large); });
  EXPECT_EQ(client.read_exactly(large.size()), large);
}

TEST(WebSocket, WhatCameWithTheHandshakeIsNotLost) {
  RawServer upstream;
  TestServer server(to_port(upstream.port()));
  auto client = server.client();
  client.send(kUpgrade + "early");
  auto peer = upstream.accept();
  peer.read_until("\r\n\r\n");
  peer.send(switched(websocket_accept(kKey)) + "soon");
  client.read_until("\r\n\r\n");
  EXPECT_EQ(client.read_exactly(4), "soon");
  EXPECT_EQ(peer.read_exactly(5), "early");
}

TEST(WebSocket, EitherSidesEndIsTheOthers) {
  RawServer upstream;
  TestServer server(to_port(upstream.port()));
  {
    auto [client, peer] = join(server, upstream);
    peer.send("last");
    peer.close();
    EXPECT_EQ(client.read_all(), "last");
  }
  {
    auto [client, peer] = join(server, upstream);
    client.close();
    EXPECT_EQ(peer.read_all(), "");
  }
  EXPECT_TRUE(eventually([&] { return server.server().stats().connections == 0; }));
  EXPECT_EQ(server.server().stats().tunnels, 0U);
}

TEST(WebSocket, ABadHandshakeIsRefusedAndNothingIsRelayed) {
  const std::string bad[] = {
      switched("AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
      "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
      "HTTP/1.1 101 X\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + websocket_accept(kKey) + "\r\n\r\n",
      "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: " + websocket_accept(kKey) + "\r\n\r\n",
  };
  for (const auto& answer : bad) {
    RawServer upstream;
    TestServer server(to_port(upstream.port()));
    auto client = server.client();
    client.send(kUpgrade);
    auto peer = upstream.accept();
    peer.read_until("\r\n\r\n");
    peer.send(answer + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
    const auto got = client.read_answer();
    EXPECT_EQ(status_in(got), 502) << answer;
    EXPECT_FALSE(got.contains("evil"));
    EXPECT_TRUE(peer.at_end());
    EXPECT_EQ(server.server().stats().tunnels, 0U);
  }
}

TEST(WebSocket, ARefusalIsPassedOnAndTheConnectionGoesOn) {
  RawServer upstream;
  TestServer server(to_port(upstream.port()));
  auto client = server.client();
  client.send(kUpgrade);
  auto peer = upstream.accept();
  peer.read_until("\r\n\r\n");
  peer.send("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno");
  EXPECT_EQ(status_in(client.read_answer()), 403);
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  peer.read_until("\r\n\r\n");
  peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  EXPECT_EQ(body_in(client.read_answer()), "ok");
}

TEST(WebSocket, AMalformedRequestForOneIsA400) {
  RawServer upstream;
  TestServer server(to_port(upstream.port()));
  for (const std::string_view missing :
       {"Sec-WebSocket-Version: 13\r\n", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"}) {
    std::string text = kUpgrade;
    text.erase(text.find(missing), missing.size());
    EXPECT_EQ(status_in(server.talk(text)), 400) << text;
  }
  EXPECT_FALSE(upstream.anyone());
}

TEST(WebSocket, AnIdleOneEnds) {
  RawServer upstream;
  TestServer server(to_port(upstream.port(), milliseconds(200)));
  auto [client, peer] = join(server, upstream);
  EXPECT_TRUE(client.at_end());
  EXPECT_TRUE(peer.at_end());
}

TEST(WebSocket, OneMachinesTunnelsCanBeEnded) {
  RawServer upstream;
  TestServer server(to_port(upstream.port()));
  auto [client, peer] = join(server, upstream);
  server.server().end_tunnels("another");
  client.send("still");
  EXPECT_EQ(peer.read_exactly(5), "still");
  server.server().end_tunnels("m");
  EXPECT_TRUE(client.at_end());
  EXPECT_TRUE(peer.at_end());
}

TEST(WebSocket, StoppingEndsTunnelsAtOnce) {
  RawServer upstream;
  TestServer server(to_port(upstream.port()));
  auto [client, peer] = join(server, upstream);
  server.loop().wait(server.server().stop(std::chrono::seconds(20)));
  EXPECT_TRUE(client.at_end());
  EXPECT_EQ(server.server().stats().connections, 0U);
}

}  // namespace
}  // namespace stipend::net
