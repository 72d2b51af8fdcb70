// JSON bodies of strangers.
#include <cstdint>
#include <string>
#include <string_view>

#include "aws/ec2/run_instances.hpp"
#include "aws/json_codec.hpp"
#include "base/check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stipend;
  const auto& shape = *aws::ec2::RunInstances::kOperation.request;
  aws::ec2::RunInstancesRequest request;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (!aws::read_json(text, shape, aws::Protocol::kJson11, &request)) return 0;
  std::string written;
  aws::write_json(written, shape, &request);
  aws::ec2::RunInstancesRequest again;
  CHECK(aws::read_json(written, shape, aws::Protocol::kJson11, &again).has_value(),
        "what was read can be read again");
  return 0;
}
