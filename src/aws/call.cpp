#include "aws/call.hpp"

#include <algorithm>

#include "aws/sigv4.hpp"
#include "base/check.hpp"

namespace stipend::aws {
namespace {

using Services = std::span<const Service* const>;
using base::Error;
using base::Fault;

constexpr std::string_view kEc2Version = "2016-11-15";

const Service* by_signing_name(Services services, std::string_view name) {
  const auto found = std::ranges::find(services, name, [](const Service* s) { return s->signing_name; });
  return found == services.end() ? nullptr : *found;
}

const Service* by_version(Services services, std::string_view version) {
  const auto found = std::ranges::find(services, version, [](const Service* s) { return s->api_version; });
  return found == services.end() ? nullptr : *found;
}

const Service* by_target(Services services, std::string_view prefix) {
  const auto found = std::ranges::find_if(
      services, [&](const Service* s) { return !s->target_prefix.empty() && s->target_prefix == prefix; });
  return found == services.end() ? nullptr : *found;
}

bool is_date(std::string_view v) {
  return v.size() == 10 && v[4] == '-' && v[7] == '-' &&
         std::ranges::count_if(v, [](char c) { return c >= '0' && c <= '9'; }) == 8;
}

void classify_json(Call& call, const HttpView& request, std::string_view target, Services services) {
  const auto dot = target.rfind('.');
  call.service = by_target(services, target.substr(0, dot));
  call.action = dot == target.npos ? target : target.substr(dot + 1);
  call.payload = request.body;
  const auto type = request.header("content-type");
  const bool version_1_0 = type.starts_with("application/x-amz-json-1.0");
  call.protocol = version_1_0 ? Protocol::kJson10 : Protocol::kJson11;
  const bool one_protocol = request.header("smithy-protocol").empty();
  if (call.service != nullptr && one_protocol) call.operation = find_operation(*call.service, call.action);
  if (!one_protocol)
    call.problem =
        Error{Fault::kInvalid, "UnsupportedProtocol", "Send either X-Amz-Target or smithy-protocol."};
  else if (call.operation == nullptr)
    call.problem = Error{Fault::kInvalid, "UnknownOperationException",
                         "The operation " + call.action + " is not served here."};
}

Error unknown_action(const Call& call, std::string_view version) {
  if (call.protocol == Protocol::kEc2)
    return {Fault::kInvalid, "InvalidAction",
            "The action " + call.action + " is not valid for this web service."};
  return {Fault::kInvalid, "InvalidAction",
          "Could not find operation " + call.action + " for version " + std::string(version)};
}

void classify_form(Call& call, const HttpView& request, Services services) {
  const auto signed_service = signed_service_of(request);
  const bool in_query = request.body.empty();
  auto form = Form::parse(in_query ? request.query() : request.body);
  call.service = by_signing_name(services, signed_service);
  if (!form) {
    if (call.service != nullptr) call.protocol = call.service->form_protocol;
    call.problem = std::move(form).error();
    return;
  }
  call.form = *std::move(form);
  call.action = call.form.get("Action");
  const auto version = call.form.get("Version");
  if (call.service == nullptr && signed_service.empty()) call.service = by_version(services, version);
  if (call.service != nullptr)
    call.protocol = call.service->form_protocol;
  else
    call.protocol = version == kEc2Version || version.empty() ? Protocol::kEc2 : Protocol::kQuery;

  const bool ec2 = call.protocol == Protocol::kEc2;
  if (call.action.empty()) {
    call.problem = Error{Fault::kInvalid, "MissingAction", "The request must contain the parameter Action"};
  } else if (call.service == nullptr) {
    call.problem = unknown_action(call, version);
  } else if (ec2 ? !is_date(version) : version != call.service->api_version) {
    call.problem = version.empty() ? Error{Fault::kInvalid, "MissingParameter",
                                           "The request must contain the parameter Version"}
                                   : unknown_action(call, version);
  } else {
    call.operation = find_operation(*call.service, call.action);
    if (call.operation == nullptr) call.problem = unknown_action(call, version);
  }
}

}  // namespace

const Operation* find_operation(const Service& service, std::string_view name) {
  const auto found = std::ranges::find(service.operations, name, [](const Operation* o) { return o->name; });
  return found == service.operations.end() ? nullptr : *found;
}

Call classify(const HttpView& request, Services services) {
  Call call;
  const auto target = request.header("x-amz-target");
  if (!target.empty()) {
    classify_json(call, request, target, services);
  } else if (!request.header("smithy-protocol").empty()) {
    call.protocol = Protocol::kJson10;
    call.problem =
        Error{Fault::kInvalid, "UnknownOperationException", "The CBOR protocol is not served here."};
  } else {
    classify_form(call, request, services);
  }
  CHECK((call.operation == nullptr) == call.problem.has_value(), "a call is served or has a problem");
  return call;
}

}  // namespace stipend::aws
