// Form text of strangers: parse, classify, decode as the operation with the deepest parameters. What was read
// must survive being written and read again.
#include <cstdint>
#include <string_view>

#include "aws/client.hpp"
#include "aws/codec.hpp"
#include "aws/ec2/describe_instances.hpp"
#include "aws/ec2/run_instances.hpp"
#include "base/check.hpp"

namespace {

using namespace stipend;

template <class Op>
void decode_again(std::string_view body) {
  aws::Call call;
  call.protocol = aws::Protocol::kEc2;
  auto form = aws::Form::parse(body);
  if (!form) return;
  call.form = *std::move(form);
  const auto request = aws::decode<Op>(call);
  if (!request) return;
  const auto written = aws::request_of<Op>(call.protocol, *request).body;
  call.form = *aws::Form::parse(written);
  CHECK(aws::decode<Op>(call).has_value(), "what was read can be written and read again");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  (void)aws::classify({"POST", "/", {}, body});
  decode_again<aws::ec2::RunInstances>(body);
  decode_again<aws::ec2::DescribeInstances>(body);
  return 0;
}
