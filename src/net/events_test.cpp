#include "net/events.hpp"

#include <gtest/gtest.h>

#include "net/test_support.hpp"

namespace stipend::net {
namespace {

using namespace testing;
using std::chrono::milliseconds;

// Sends numbered events until the client goes, and then adds one to `ended`.
HeadHandler counting(std::shared_ptr<std::atomic<int>> ended, int count_max) {
  return [ended, count_max](Request) -> awaitable<Decision> {
    Events plan;
    plan.run = [ended, count_max](std::shared_ptr<EventWriter> to) -> awaitable<void> {
      for (int i = 0; i < count_max; ++i) {
        if (!co_await to->send(sse_event("tick", std::to_string(i)))) break;
        co_await sleep_for(milliseconds(1));
      }
      ++*ended;
    };
    co_return plan;
  };
}

TEST(Events, AreWrittenInTheirFormat) {
  EXPECT_EQ(sse_event("tick", "a\nb\r\nc", "7"), "id: 7\nevent: tick\ndata: a\ndata: b\ndata: c\n\n");
  EXPECT_EQ(sse_event("", ""), "data: \n\n");
  EXPECT_EQ(sse_event("a\ndata: evil", "x"), "event: a\ndata: x\n\n");
}

TEST(Events, ArriveOneByOneAndEndWithTheHandler) {
  const auto ended = std::make_shared<std::atomic<int>>(0);
  TestServer server(counting(ended, 2));
  auto client = server.client();
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto head = client.read_until("\r\n\r\n");
  EXPECT_TRUE(head.contains("Content-Type: text/event-stream\r\n")) << head;
  EXPECT_TRUE(head.contains("Cache-Control: no-store\r\n")) << head;
  EXPECT_EQ(client.read_until("\n\n\r\n"), "15\r\nevent: tick\ndata: 0\n\n\r\n");
  EXPECT_EQ(client.read_all(), "15\r\nevent: tick\ndata: 1\n\n\r\n0\r\n\r\n");
  EXPECT_EQ(*ended, 1);
  EXPECT_EQ(body_in(server.talk("GET / HTTP/1.0\r\n\r\n")),
            "event: tick\ndata: 0\n\nevent: tick\ndata: 1\n\n");
}

TEST(Events, EndWhenTheClientGoes) {
  const auto ended = std::make_shared<std::atomic<int>>(0);
  TestServer server(counting(ended, 1'000'000));
  {
    auto client = server.client();
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    client.read_until("data: 3\n");
  }
  EXPECT_TRUE(eventually([&] { return *ended == 1 && server.server().stats().connections == 0; }));
}

TEST(Events, EndWhenTheServerStops) {
  const auto ended = std::make_shared<std::atomic<int>>(0);
  TestServer server(counting(ended, 1'000'000));
  auto client = server.client();
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  client.read_until("data: 3\n");
  server.loop().wait(server.server().stop(std::chrono::seconds(20)));
  client.read_all();
  EXPECT_EQ(*ended, 1);
}

TEST(Events, AClientThatDoesNotReadEndsTheStream) {
  const auto ended = std::make_shared<std::atomic<int>>(0);
  Limits limits;
  limits.stall = milliseconds(200);
  TestServer server(
      [ended](Request) -> awaitable<Decision> {
        Events plan;
        plan.run = [ended](std::shared_ptr<EventWriter> to) -> awaitable<void> {
          while (co_await to->send(std::string(100'000, 'x'))) {
          }
          ++*ended;
        };
        co_return plan;
      },
      limits);
  auto client = server.client(4096);
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return *ended == 1; }));
}

}  // namespace
}  // namespace stipend::net
