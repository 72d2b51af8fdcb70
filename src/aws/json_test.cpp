#include "aws/json_codec.hpp"

#include <gtest/gtest.h>

#include "aws/sample/echo.hpp"

namespace stipend::aws {
namespace {

base::Result<sample::EchoRequest> read(std::string_view text) {
  sample::EchoRequest request;
  TRY(read_json(text, *sample::Echo::kOperation.request, Protocol::kJson11, &request));
  return request;
}

std::string code(std::string_view text) {
  const auto result = read(text);
  return result ? "ok" : result.error().code;
}

TEST(JsonRead, TimesAreSecondsWithFractions) {
  EXPECT_EQ(read(R"({"Name":"a","When":1767225600})")->when, base::WallTime{1'767'225'600'000});
  EXPECT_EQ(read(R"({"Name":"a","When":1700000000.123})")->when, base::WallTime{1'700'000'000'123});
  EXPECT_EQ(read(R"({"Name":"a","When":1.5e9})")->when, base::WallTime{1'500'000'000'000});
  EXPECT_EQ(code(R"({"Name":"a","When":1e300})"), "ValidationException");
  EXPECT_EQ(code(R"({"Name":"a","When":true})"), "ValidationException");
}

TEST(JsonRead, ANullIsAbsent) {
  const auto request = read(R"({"Name":"a","Count":null,"Nested":null,"Names":null})");
  ASSERT_TRUE(request);
  EXPECT_FALSE(request->count);
  EXPECT_FALSE(request->nested);
}

TEST(JsonRead, MistakesHaveAwsCodes) {
  EXPECT_EQ(code(""), "ValidationException");  // an empty body is {}, which lacks Name
  EXPECT_EQ(code(R"({"Name":null})"), "ValidationException");
  EXPECT_EQ(code("{"), "SerializationException");
  EXPECT_EQ(code("[]"), "ValidationException");
  EXPECT_EQ(code(R"({"Name":"a","Foo":1})"), "ValidationException");
  EXPECT_EQ(code(R"({"Name":1})"), "ValidationException");
  EXPECT_EQ(code(R"({"Name":"123456789"})"), "ValidationException");
  EXPECT_EQ(code(R"({"Name":"a","Count":4})"), "ValidationException");
  EXPECT_EQ(code(R"({"Name":"a","Count":5.5})"), "ValidationException");
  EXPECT_EQ(code(R"({"Name":"a","Count":6.0})"), "ok");
  EXPECT_EQ(code(R"({"Name":"a","Big":9223372036854775808})"), "ValidationException");
  EXPECT_EQ(code(R"({"Name":"a","Enabled":"true"})"), "ValidationException");
  EXPECT_EQ(code(R"({"Name":"a","Names":["a",null]})"), "ValidationException");
  EXPECT_EQ(code(R"({"Name":"a","Points":[{"Label":"x"}]})"), "ValidationException");
  EXPECT_EQ(code(R"({"Name":"\u0000"})"), "ValidationException");
  EXPECT_EQ(code(std::string(100'000, '[')), "SerializationException");
}

TEST(JsonRead, TheMessageNamesThePlace) {
  EXPECT_EQ(read(R"({"Name":"a","Points":[{"X":1},{"X":"b"}]})").error().message,
            "Value for parameter Points[1].X is invalid. Expected an integer.");
}

TEST(JsonWrite, TimesAndTexts) {
  sample::EchoRequest request;
  request.name = "\"\x01\xff/";
  request.when = base::WallTime{-1'500};
  request.ratio = 0.1;
  std::string out;
  write_json(out, *sample::Echo::kOperation.request, &request);
  EXPECT_EQ(out, "{\"Name\":\"\\\"\\u0001\xEF\xBF\xBD/\",\"Ratio\":0.1,\"When\":-1.500}");
}

}  // namespace
}  // namespace stipend::aws
