// What is wrong with a request's parameters, in the spelling of the service's protocol.
#pragma once

#include <string>
#include <string_view>

#include "aws/service.hpp"
#include "base/result.hpp"

namespace stipend::aws {

enum class Issue : std::uint8_t {
  kUnknown,    // no such parameter
  kMissing,    // required, and absent
  kBadValue,   // wrong type, outside the limits, not one of the enumeration
  kMalformed,  // the body as a whole cannot be read
};

// `path` as the client wrote it ("BlockDeviceMapping.1.Ebs.VolumeSize"); `detail` a sentence with the cure.
std::unexpected<base::Error> parameter_issue(Protocol protocol, Issue issue, std::string_view path,
                                             std::string_view detail = {});

}  // namespace stipend::aws
