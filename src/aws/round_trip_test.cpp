// read(write(x)) == x for random values of real shapes, in each protocol.
#include <gtest/gtest.h>

#include <algorithm>

#include "aws/client.hpp"
#include "aws/codec.hpp"
#include "aws/ec2/describe_images.hpp"
#include "aws/ec2/describe_instance_types.hpp"
#include "aws/ec2/describe_instances.hpp"
#include "aws/ec2/import_key_pair.hpp"
#include "aws/ec2/modify_instance_attribute.hpp"
#include "aws/ec2/run_instances.hpp"
#include "aws/sample/echo.hpp"
#include "base/random.hpp"
#include "base/time.hpp"

namespace stipend::aws {
namespace {

using base::SeededRandom;

// Fills a structure through its tables. Never empty texts or structures: a form cannot tell them from absent.
class Filler {
 public:
  explicit Filler(std::uint64_t seed) : random_(seed) {}

  void structure(const Structure& shape, void* object, int depth = 0) {
    bool any = false;
    for (const auto& member : shape.members) {
      const bool last_chance = !any && &member == &shape.members.back();
      if (!member.required && !last_chance && random_.below(depth < 2 ? 2 : 6) != 0) continue;
      value(*member.value, emplace(member, object), depth);
      any = true;
    }
  }

 private:
  template <class T>
  void set(void* at, T value) {
    *static_cast<T*>(at) = std::move(value);
  }

  void value(const Value& v, void* at, int depth) {
    switch (v.kind) {
      case Kind::kStructure: return structure(*v.structure, at, depth + 1);
      case Kind::kString:
        return set(at, v.enumeration.empty() ? text(v.max) : std::string(pick(v.enumeration)));
      case Kind::kBlob: return set(at, bytes());
      case Kind::kBoolean: return set(at, random_.below(2) == 0);
      case Kind::kInteger: return set(at, number(v));
      case Kind::kDouble:
        return set(
            at, static_cast<double>(random_.below(1'000'000)) / 7.0 * (random_.below(2) == 0 ? -1e9 : 1e-9));
      case Kind::kTimestamp:
        return set(at, base::WallTime{static_cast<std::int64_t>(random_.below(4'000'000'000'000))});
      case Kind::kList:
        for (auto n = random_.below(3) + 1; n > 0; --n) value(*v.element, v.list->append(at), depth);
    }
  }

  std::string_view pick(std::span<const std::string_view> words) {
    return words[random_.below(words.size())];
  }

  std::string text(std::int64_t longest) {
    static constexpr std::string_view kPieces[] = {"a", "Z",   "0",  " ",     "&",  "<",  ">",  "\"",
                                                   "'", "%41", "+",  "=",     "\n", "\r", "\t", "]]>",
                                                   "é", "€",   "😀", "&amp;", "\\", "/",  ".",  ";"};
    std::string out;
    std::int64_t characters = 0;
    for (auto n = random_.below(6) + 1; n > 0; --n) {
      const auto piece = pick(kPieces);
      characters += static_cast<std::int64_t>(piece.size());
      if (characters <= longest) out += piece;
    }
    return out.empty() ? "x" : out;
  }

  std::string bytes() {
    std::string out(random_.below(9) + 1, '\0');
    random_.fill(reinterpret_cast<unsigned char*>(out.data()), out.size());
    return out;
  }

  std::int64_t number(const Value& v) {
    const auto low = std::max<std::int64_t>(v.min, -1'000'000'000'000);
    const auto high = std::min<std::int64_t>(v.max, 1'000'000'000'000);
    return low + static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(high - low) + 1));
  }

  SeededRandom random_;
};

constexpr std::uint64_t kSeeds = 100;

template <class Op>
void requests(Protocol protocol) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    typename Op::Request request;
    Filler(seed).structure(*Op::kOperation.request, &request);
    const auto bytes = request_of<Op>(protocol, request);
    Call call;
    call.protocol = protocol;
    call.payload = bytes.body;
    if (protocol == Protocol::kEc2 || protocol == Protocol::kQuery) {
      auto form = Form::parse(bytes.body);
      ASSERT_TRUE(form) << form.error().message << "\n" << bytes.body;
      call.form = *std::move(form);
    }
    const auto read = decode<Op>(call);
    ASSERT_TRUE(read) << read.error().message << "\n" << bytes.body;
    ASSERT_EQ(*read == request, true) << "seed " << seed << "\n" << bytes.body;
  }
}

template <class Op>
void answers(Protocol protocol) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    typename Op::Response response;
    Filler(seed).structure(*Op::kOperation.response, &response);
    Call call;
    call.protocol = protocol;
    const auto answer = encode<Op>(call, response, "id");
    const auto read = response_of<Op>(protocol, answer.status, answer.body);
    ASSERT_TRUE(read) << read.error().message << "\n" << answer.body;
    ASSERT_EQ(*read == response, true) << "seed " << seed << "\n" << answer.body;
  }
}

TEST(RoundTrip, FormRequests) {
  requests<ec2::RunInstances>(Protocol::kEc2);
  requests<ec2::DescribeInstances>(Protocol::kEc2);
  requests<ec2::ModifyInstanceAttribute>(Protocol::kEc2);
  requests<ec2::ImportKeyPair>(Protocol::kEc2);
  requests<sample::Echo>(Protocol::kQuery);
}

TEST(RoundTrip, JsonRequests) {
  requests<sample::Echo>(Protocol::kJson11);
  requests<ec2::RunInstances>(Protocol::kJson10);
}

TEST(RoundTrip, XmlAnswers) {
  answers<ec2::DescribeInstances>(Protocol::kEc2);
  answers<ec2::DescribeInstanceTypes>(Protocol::kEc2);
  answers<ec2::DescribeImages>(Protocol::kEc2);
  answers<sample::Echo>(Protocol::kQuery);
}

TEST(RoundTrip, JsonAnswers) {
  answers<sample::Echo>(Protocol::kJson11);
  answers<ec2::DescribeInstances>(Protocol::kJson10);
}

TEST(RoundTrip, Errors) {
  const base::Error error{base::Fault::kInvalid, "Some.Code", "it <is> \"so\" & thus"};
  for (const auto protocol : {Protocol::kEc2, Protocol::kQuery, Protocol::kJson10, Protocol::kJson11}) {
    Call call;
    call.protocol = protocol;
    const auto answer = encode_error(call, error, "id");
    const auto read = response_of<ec2::RunInstances>(protocol, answer.status, answer.body);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, error.code);
    EXPECT_EQ(read.error().message, error.message);
  }
}

}  // namespace
}  // namespace stipend::aws
