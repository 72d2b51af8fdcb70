// A WebSocket of binary frames joined to a port.
#include <gtest/gtest.h>

#include "net/frames.hpp"
#include "net/server.hpp"
#include "net/test_support.hpp"
#include "net/websocket.hpp"

namespace stipend::net {
namespace {

using namespace testing;

const std::string kUpgrade =
    "GET /ssh HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

std::string masked(unsigned char first, const std::string& payload) {
  std::string frame(1, static_cast<char>(first));
  if (payload.size() < 126) {
    frame += static_cast<char>(0x80 | payload.size());
  } else {
    frame += '\xff';
    for (int i = 7; i >= 0; --i) frame += static_cast<char>(payload.size() >> (8 * i) & 0xff);
  }
  frame += "mask";
  for (std::size_t i = 0; i < payload.size(); ++i) frame += static_cast<char>(payload[i] ^ "mask"[i % 4]);
  return frame;
}

HeadHandler to_port(std::uint16_t port, std::shared_ptr<void> held = nullptr) {
  return [port, held](Request head) -> awaitable<Decision> {
    Bridge plan;
    plan.upstream.pool_key = "m";
    plan.upstream.address = "127.0.0.1";
    plan.upstream.port = port;
    plan.request = std::move(head);
    plan.on_failure = [](const base::Error&) { return text_response(503, "no ssh\n"); };
    plan.while_open = held;
    co_return plan;
  };
}

struct Joined {
  RawClient client, machine;
};
Joined join(TestServer& server, RawServer& machine, const std::string& early = "") {
  auto client = server.client();
  client.send(kUpgrade + early);
  auto peer = machine.accept();
  const auto answer = client.read_until("\r\n\r\n");
  EXPECT_EQ(status_in(answer), 101) << answer;
  EXPECT_TRUE(answer.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n")) << answer;
  return {std::move(client), std::move(peer)};
}

// The payload of the next frame, which must be of this first byte.
std::string frame(RawClient& from, char first) {
  const auto head = from.read_exactly(2);
  EXPECT_EQ(head.substr(0, 1), std::string(1, first));
  if (head.size() < 2) return "";
  std::size_t size = static_cast<unsigned char>(head[1]);
  if (size == 126) {
    const auto more = from.read_exactly(2);
    size = static_cast<unsigned char>(more[0]) * 256U + static_cast<unsigned char>(more[1]);
  }
  return from.read_exactly(size);
}

TEST(Bridge, CarriesBytesBothWays) {
  RawServer port;
  TestServer server(to_port(port.port()));
  auto [client, machine] = join(server, port, masked(0x82, "early"));
  EXPECT_EQ(machine.read_exactly(5), "early");
  machine.send("SSH-2.0-x\r\n");
  EXPECT_EQ(frame(client, '\x82'), "SSH-2.0-x\r\n");
  client.send(masked(0x02, "in ") + masked(0x89, "still there?") + masked(0x80, "parts"));
  EXPECT_EQ(machine.read_exactly(8), "in parts");
  EXPECT_EQ(frame(client, '\x8a'), "still there?");
  EXPECT_EQ(server.server().stats().tunnels, 1U);
}

TEST(Bridge, MuchAtOnceBothWaysComesWholeAndInOrder) {
  RawServer port;
  TestServer server(to_port(port.port()));
  auto [client, machine] = join(server, port);
  std::string large(4'000'000, '\0');
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 31 >> 3);
  std::jthread up([&to = client, &large] {
    for (std::size_t at = 0; at < large.size(); at += 100'000) to.send(masked(0x82, large.substr(at, 100'000)) + masked(0x89, "ping"));
  });
  std::jthread down([&to = machine, &large] { to.send(large); });
  std::jthread take([&from = machine, &large] { EXPECT_EQ(from.read_exactly(large.size()), large); });
  std::string got;
  int pongs = 0;
  while (got.size() < large.size() || pongs < 40) {
    const auto head = client.read_exactly(2);
    ASSERT_EQ(head.size(), 2U);
    std::size_t size = static_cast<unsigned char>(head[1]);
    if (size == 126) {
      const auto more = client.read_exactly(2);
      size = static_cast<unsigned char>(more[0]) * 256U + static_cast<unsigned char>(more[1]);
    }
    const auto payload = client.read_exactly(size);
    if (head[0] == '\x82') got += payload;
    else ++pongs;
  }
  EXPECT_EQ(got, large);
  EXPECT_EQ(pongs, 40);
}

TEST(Bridge, EitherEndEndsItAndWhatItHeldIsLetGo) {
  for (const bool by_client : {true, false}) {
    RawServer port;
    auto held = std::make_shared<int>(1);
    const std::weak_ptr<int> watched = held;
    TestServer server([inner = to_port(port.port()), &held](Request head) -> awaitable<Decision> {
      auto decision = co_await inner(std::move(head));
      std::get<Bridge>(decision).while_open = std::move(held);
      co_return decision;
    });
    auto [client, machine] = join(server, port);
    if (by_client) {
      client.send(masked(0x88, "\x03\xe8"));
      EXPECT_EQ(frame(client, '\x88'), "\x03\xe8");
      EXPECT_TRUE(machine.at_end());
    } else {
      machine.close();
      EXPECT_EQ(frame(client, '\x88'), "\x03\xe8");
      client.send(masked(0x88, "\x03\xe8"));
    }
    EXPECT_TRUE(client.read_all().size() <= 4);
    EXPECT_TRUE(eventually([&] { return watched.expired() && server.server().stats().tunnels == 0; }));
  }
}

TEST(Bridge, WhatIsNoFrameEndsIt) {
  RawServer port;
  TestServer server(to_port(port.port()));
  auto [client, machine] = join(server, port);
  client.send("\x82\x03" "abc");
  EXPECT_EQ(frame(client, '\x88'), "\x03\xea");
  EXPECT_TRUE(machine.at_end());
}

TEST(Bridge, AStoppedMachinesIsCut) {
  RawServer port;
  TestServer server(to_port(port.port()));
  auto [client, machine] = join(server, port);
  server.server().end_tunnels("other");
  client.send(masked(0x82, "x"));
  EXPECT_EQ(machine.read_exactly(1), "x");
  server.server().end_tunnels("m");
  EXPECT_TRUE(machine.at_end());
  EXPECT_TRUE(client.at_end());
}

TEST(Bridge, APortThatRefusesIsAPlainAnswer) {
  const auto unused = std::make_unique<RawServer>()->port();
  TestServer server(to_port(unused));
  auto client = server.client();
  client.send(kUpgrade);
  const auto answer = client.read_answer();
  EXPECT_EQ(status_in(answer), 503);
  EXPECT_EQ(body_in(answer), "no ssh\n");
}

TEST(Bridge, ARequestThatIsNoHandshakeIsRefused) {
  RawServer port;
  TestServer server(to_port(port.port()));
  EXPECT_EQ(status_in(server.talk("GET /ssh HTTP/1.1\r\nHost: h\r\n\r\n")), 400);
  EXPECT_FALSE(port.anyone());
}

}  // namespace
}  // namespace stipend::net
