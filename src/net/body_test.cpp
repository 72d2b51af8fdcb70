#include "net/body.hpp"

#include <gtest/gtest.h>

#include "net/test_support.hpp"

namespace stipend::net {
namespace {

using namespace testing;

// Answers how many bytes came and in how many pieces of what was asked, or why not.
HeadHandler counting(std::uint64_t limit) {
  return [limit](Request head) -> awaitable<Decision> {
    co_return WithStream{std::move(head), limit, [](Request, std::shared_ptr<BodyReader> body) -> awaitable<Response> {
                           std::size_t total = 0;
                           while (true) {
                             const auto some = co_await body->next(1000);
                             if (!some) co_return text_response(400, some.error().code);
                             if (some->empty()) co_return text_response(200, std::to_string(total));
                             total += some->size();
                           }
                         }};
  };
}

TEST(BodyStream, AWholeBodyComesWithALengthAndInChunksAndTheConnectionGoesOn) {
  TestServer server(counting(1 << 20));
  auto client = server.client();
  client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 300000\r\n\r\n" + std::string(300'000, 'x'));
  EXPECT_EQ(body_in(client.read_answer()), "300000");
  client.send("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  EXPECT_EQ(body_in(client.read_answer()), "5");
  client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(body_in(client.read_answer()), "0");
}

TEST(BodyStream, AClientThatWaitsForContinueIsToldTo) {
  TestServer server(counting(1 << 20));
  auto client = server.client();
  client.send("PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ab");
  EXPECT_EQ(body_in(client.read_answer()), "2");
}

TEST(BodyStream, WhatIsTooLongIsRefusedBeforeOrWhileItComes) {
  TestServer server(counting(10));
  EXPECT_EQ(status_in(server.talk("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n")), 413);
  EXPECT_TRUE(server.talk("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n12345678901\r\n0\r\n\r\n").contains("BodyTooLong"));
}

TEST(BodyStream, AClientThatLeavesIsSeen) {
  TestServer server(counting(1 << 20));
  auto client = server.client();
  client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
  client.half_close();
  EXPECT_TRUE(client.read_all().contains("ConnectionClosed"));
}

HeadHandler downloads(std::uint64_t length, std::string bytes) {
  return [=](Request) -> awaitable<Decision> {
    Events plan;
    plan.length = length;
    plan.run = [=](std::shared_ptr<EventWriter> to) -> awaitable<void> { (void)co_await to->send(bytes); };
    co_return plan;
  };
}

TEST(Download, HasItsLengthAndIsNeverLongerOrShorterWithoutAWord) {
  TestServer whole(downloads(3, "abc"));
  const auto answer = whole.talk("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(answer.contains("Content-Length: 3\r\n")) << answer;
  EXPECT_FALSE(answer.contains("Transfer-Encoding")) << answer;
  EXPECT_EQ(body_in(answer), "abc");
  EXPECT_EQ(body_in(whole.talk("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")), "");
  TestServer longer(downloads(3, "abcd"));
  EXPECT_EQ(body_in(longer.talk("GET / HTTP/1.1\r\nHost: h\r\n\r\n")), "");
}

}  // namespace
}  // namespace stipend::net
