// Authorization headers and presigned queries of strangers: the first line is the header, the rest the
// target.
#include <cstdint>
#include <string_view>

#include "aws/call.hpp"
#include "aws/sigv4.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stipend;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto line = text.substr(0, text.find('\n'));
  const auto target = line.size() < text.size() ? text.substr(line.size() + 1) : std::string_view("/");
  const aws::Header with[] = {{"Authorization", line}, {"Host", "h"}, {"X-Amz-Date", "20260102T030405Z"}};
  const auto all = std::span<const aws::Header>(with);
  for (const auto headers : {all, all.subspan(1)}) {
    const aws::HttpView request{"GET", target, headers, ""};
    const auto call = aws::classify(request);
    const auto who = aws::parse_authorization(request, call.protocol);
    if (!who) continue;
    const auto status = aws::verify_signature(*who, request, "secret", {who->region, who->service},
                                              who->signed_at, call.protocol);
    (void)status.has_value();
  }
  return 0;
}
