#include "aws/issue.hpp"

#include <utility>

namespace stipend::aws {
namespace {

const char* code(Protocol protocol, Issue issue) {
  const bool form = protocol == Protocol::kEc2 || protocol == Protocol::kQuery;
  switch (issue) {
    case Issue::kUnknown: return form ? "UnknownParameter" : "ValidationException";
    case Issue::kMissing: return form ? "MissingParameter" : "ValidationException";
    case Issue::kBadValue:
      return protocol == Protocol::kEc2     ? "InvalidParameterValue"
             : protocol == Protocol::kQuery ? "ValidationError"
                                            : "ValidationException";
    case Issue::kMalformed: return form ? "MalformedQueryString" : "SerializationException";
  }
  std::unreachable();
}

}  // namespace

std::unexpected<base::Error> parameter_issue(Protocol protocol, Issue issue, std::string_view path,
                                             std::string_view detail) {
  std::string text;
  switch (issue) {
    case Issue::kUnknown: text = "The parameter " + std::string(path) + " is not recognized"; break;
    case Issue::kMissing: text = "The request must contain the parameter " + std::string(path); break;
    case Issue::kBadValue:
      text = "Value for parameter " + std::string(path) + " is invalid. " + std::string(detail);
      break;
    case Issue::kMalformed: text = detail; break;
  }
  return base::fail(base::Fault::kInvalid, code(protocol, issue), std::move(text));
}

}  // namespace stipend::aws
