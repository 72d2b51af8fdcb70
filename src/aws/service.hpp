// The services and operations that models/*.json name, as constant data (safe from any thread).
#pragma once

#include <span>
#include <string_view>

#include "aws/shape.hpp"

namespace stipend::aws {

enum class Protocol : std::uint8_t { kEc2, kQuery, kJson10, kJson11 };

struct Service;

struct Operation {
  std::string_view name;
  const Service* service;
  const Structure* request;
  const Structure* response;  // null: the operation has no output
  std::string_view result_wrapper;
};

struct Service {
  std::string_view name;          // models/NAME.json
  std::string_view signing_name;  // in the credential scope
  std::string_view api_version;
  Protocol form_protocol;  // kEc2 or kQuery, for requests with Action=
  Protocol json_protocol;  // kJson10 or kJson11, for requests with X-Amz-Target
  std::string_view xml_namespace;
  std::string_view target_prefix;  // empty: no JSON protocol
  bool query_compatible;           // JSON errors also carry the query protocol's code
  std::span<const Operation* const> operations;
};

// Every service of models/.
std::span<const Service* const> all_services();

// Null when there is none.
const Operation* find_operation(const Service& service, std::string_view name);

}  // namespace stipend::aws
