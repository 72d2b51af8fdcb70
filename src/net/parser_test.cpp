#include "net/parser.hpp"

#include <gtest/gtest.h>

#include <string>

namespace stipend::net {
namespace {

// "" when the request's head is accepted, else the error's code.
std::string verdict(std::string text) {
  std::size_t checked = 0;
  auto size = head_size(text, checked);
  if (!size) return size.error().code;
  if (*size == 0) return "Incomplete";
  Parser parser(Parser::Kind::kRequest);
  auto status = parser.head(std::string_view(text).substr(0, *size));
  return status ? "" : status.error().code;
}

// The decoded body, or "!code"; bytes are given `step` at a time.
std::string body_of(const std::string& text, std::size_t step) {
  std::size_t checked = 0;
  auto size = head_size(text, checked);
  Parser parser(Parser::Kind::kRequest);
  if (!size || !parser.head(std::string_view(text).substr(0, *size))) return "!head";
  std::string window, body;
  for (std::size_t at = *size; at < text.size() && !parser.done(); at += step) {
    window += text.substr(at, step);
    while (!parser.done()) {
      auto piece = parser.body(window);
      if (!piece) return "!" + piece.error().code;
      if (piece->used == 0) break;
      body += piece->bytes;
      window.erase(0, piece->used);
    }
  }
  return parser.done() ? body : "!cut";
}

TEST(Parser, RefusesWhatTwoServersWouldFrameDifferently) {
  const std::string host = "Host: a\r\n";
  const struct {
    std::string text, code;
  } rows[] = {
      {"GET / HTTP/1.1\r\n" + host + "\r\n", ""},
      {"GET / HTTP/1.1\r\n\r\n", "BadRequest"},
      {"GET / HTTP/1.0\r\n\r\n", ""},
      {"GET / HTTP/1.1\r\n" + host + host + "\r\n", "BadRequest"},
      {"GET / HTTP/1.1\r\n" + host + "A: b\r\n c\r\n\r\n", "BadRequest"},
      {"GET / HTTP/1.1\nHost: a\n\n", "BadRequest"},
      {"GET / HTTP/1.1\r\n" + host + "A: b\nContent-Length: 3\r\n\r\n", "BadRequest"},
      {"GET / HTTP/1.1\r\n" + host + "A : b\r\n\r\n", "BadRequest"},
      {"GET / HTTP/1.1\r\n" + host + "A: b\rc\r\n\r\n", "BadRequest"},
      {"GET / HTTP/1.1\r\n" + host + ": b\r\n\r\n", "BadRequest"},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
       "BadRequest"},
      {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
       "BadRequest"},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: 3\r\nContent-Length: 4\r\n\r\n", "BadRequest"},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: 3, 3\r\n\r\n", "BadRequest"},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: +3\r\n\r\n", "BadRequest"},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: -3\r\n\r\n", "BadRequest"},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: 99999999999999999999999\r\n\r\n", "BadRequest"},
      {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip, chunked\r\n\r\n", "NotImplemented"},
      {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: xchunked\r\n\r\n", "NotImplemented"},
      {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n",
       "BadRequest"},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "BadRequest"},
      {"GET / HTTP/2.0\r\n" + host + "\r\n", "VersionNotSupported"},
      {"GET  / HTTP/1.1\r\n" + host + "\r\n", "BadRequest"},
      {"GET a HTTP/1.1\r\n" + host + "\r\n", "BadRequest"},
      {"CONNECT a:1 HTTP/1.1\r\n" + host + "\r\n", "NotImplemented"},
  };
  for (const auto& row : rows) EXPECT_EQ(verdict(row.text), row.code) << row.text;
}

TEST(Parser, TooManyFieldsAreTooLarge) {
  std::string text = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (std::size_t i = 0; i < kFieldsMax; ++i) text += "A: b\r\n";
  EXPECT_EQ(verdict(text + "\r\n"), "HeadTooLarge");
}

TEST(Parser, HeadSizeResumesWhereItStopped) {
  const std::string text = "GET / HTTP/1.1\r\nHost: a\r\n\r\nrest";
  std::size_t checked = 0;
  for (std::size_t n = 0; n < text.size() - 4; ++n)
    EXPECT_EQ(head_size(text.substr(0, n), checked).value(), 0U);
  EXPECT_EQ(head_size(text, checked).value(), text.size() - 4);
}

TEST(Parser, KeepsHeaderBytesAndOrder) {
  Parser parser(Parser::Kind::kRequest);
  ASSERT_TRUE(
      parser.head("GET /a%20b?x=%C3%A4 HTTP/1.1\r\nhOST: h:1\r\nX-A:  two  words \r\nx-a: y\r\n\r\n"));
  const Request& request = parser.request();
  EXPECT_EQ(request.path(), "/a%20b");
  EXPECT_EQ(request.query(), "x=%C3%A4");
  EXPECT_EQ(request.headers[0].first, "hOST");
  EXPECT_EQ(request.headers[1].second, "two  words");
  EXPECT_EQ(request.headers.all("x-A").size(), 2U);
  EXPECT_TRUE(parser.done());
}

TEST(Parser, AbsoluteFormBecomesHostAndTarget) {
  Parser parser(Parser::Kind::kRequest);
  ASSERT_TRUE(parser.head("GET http://b:2?q HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_EQ(parser.request().target, "/?q");
  EXPECT_EQ(parser.request().host(), "b:2");
}

TEST(Parser, DecodesChunksHoweverTheyArrive) {
  const std::string text =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "4\r\nwiki\r\n5;x=y\r\npedia\r\n0\r\nT: v\r\n\r\n";
  for (std::size_t step : {1UL, 2UL, 3UL, 7UL, 1000UL}) EXPECT_EQ(body_of(text, step), "wikipedia") << step;
}

TEST(Parser, AnEmptyChunkedBodyMayArriveByteByByte) {
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string& body : {"0\r\n\r\n", "0\r\nT: v\r\n\r\n", "00\r\n\r\n"})
    for (const std::size_t step : {1UL, 2UL, 3UL, 4UL, 5UL})
      EXPECT_EQ(body_of(head + body, step), "") << body << step;
  EXPECT_EQ(body_of(head + "1\r\n0\r\n1\r\n0\r\n0\r\n\r\n", 1), "00");
}

TEST(Parser, RefusesBrokenChunks) {
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string body : {"x\r\n", "4\r\nwikipedia\r\n0\r\n\r\n", "-1\r\n\r\n", "4\nwiki\r\n0\r\n\r\n",
                                 "0x4\r\nwiki\r\n0\r\n\r\n", "11111111111111111\r\na\r\n0\r\n\r\n"}) {
    EXPECT_EQ(body_of(head + body, 1000), "!BadRequest") << body;
    EXPECT_EQ(body_of(head + body, 1), "!BadRequest") << body;
  }
  EXPECT_EQ(body_of(head + "4\r\nwi", 1000), "!cut");
  EXPECT_EQ(body_of(head + std::string(2 * kChunkLineMax, '1'), 512), "!BadRequest");
  EXPECT_EQ(body_of(head + "0\r\n" + std::string(2 * kChunkLineMax, 'T'), 512), "!BadRequest");
}

TEST(Parser, ResponsesWithoutLengthEndWithTheConnection) {
  Parser parser(Parser::Kind::kResponse);
  ASSERT_TRUE(parser.head("HTTP/1.1 200 OK\r\nA: b\r\n\r\n"));
  EXPECT_TRUE(parser.framing().until_close);
  EXPECT_FALSE(parser.framing().keep_alive);
  EXPECT_EQ(parser.body("abc").value().bytes, "abc");
  EXPECT_FALSE(parser.done());
  EXPECT_TRUE(parser.end_of_input());
}

TEST(Parser, ResponsesToHeadAndWithoutContentHaveNoBody) {
  Parser to_head(Parser::Kind::kResponseToHead);
  ASSERT_TRUE(to_head.head("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"));
  EXPECT_TRUE(to_head.done());
  EXPECT_EQ(to_head.framing().length, 9U);
  Parser none(Parser::Kind::kResponse);
  ASSERT_TRUE(none.head("HTTP/1.1 204 No\r\n\r\n"));
  EXPECT_TRUE(none.done());
  EXPECT_TRUE(none.framing().keep_alive);
}

TEST(Parser, CutOffResponseIsAnError) {
  Parser parser(Parser::Kind::kResponse);
  ASSERT_TRUE(parser.head("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"));
  EXPECT_EQ(parser.body("abc").value().used, 3U);
  EXPECT_FALSE(parser.end_of_input());
}

}  // namespace
}  // namespace stipend::net
