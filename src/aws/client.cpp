#include "aws/client.hpp"

#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include "aws/form_codec.hpp"
#include "aws/json_codec.hpp"
#include "aws/xml_codec.hpp"

namespace stipend::aws {
namespace {

using base::Error;
using base::Fault;

bool is_json(Protocol protocol) {
  return protocol == Protocol::kJson10 || protocol == Protocol::kJson11;
}

std::unexpected<Error> unreadable(int status) {
  return base::fail(Fault::kUnavailable, "MalformedAnswer",
                    "The service's answer with status " + std::to_string(status) + " cannot be read.");
}

std::unexpected<Error> refusal(int status, std::string code, std::string message) {
  return base::fail(status >= 500 ? Fault::kUnavailable : Fault::kInvalid, std::move(code),
                    std::move(message));
}

base::Status json_answer(const Operation& operation, Protocol protocol, int status, std::string_view body,
                         void* response) {
  if (status < 300)
    return operation.response == nullptr ? base::Status{}
                                         : read_json(body, *operation.response, protocol, response);
  const auto parsed = nlohmann::json::parse(body, nullptr, false);
  if (!parsed.is_object() || !parsed.contains("__type") || !parsed["__type"].is_string())
    return unreadable(status);
  auto type =
      parsed["__type"].get<std::string>();  // "com.amazonaws.x#Code:more": the code is what is between
  type = type.substr(type.find('#') + 1);
  const auto message = parsed.contains("message") ? "message" : "Message";
  const bool has_message = parsed.contains(message) && parsed[message].is_string();
  return refusal(status, type.substr(0, type.find(':')),
                 has_message ? parsed[message].get<std::string>() : "");
}

base::Status xml_answer(const Operation& operation, int status, std::string_view body, void* response) {
  pugi::xml_document document;
  constexpr unsigned kParse =
      pugi::parse_default | pugi::parse_ws_pcdata_single;  // a value may be white space
  if (!document.load_buffer(body.data(), body.size(), kParse)) return unreadable(status);
  const auto root = document.document_element();
  if (status >= 300) {
    auto error = root.child("Error");
    if (!error) error = root.child("Errors").child("Error");
    if (!error) return unreadable(status);
    return refusal(status, error.child_value("Code"), error.child_value("Message"));
  }
  if (operation.response == nullptr) return {};
  const auto wrapper = std::string(operation.result_wrapper);
  return read_xml(wrapper.empty() ? root : root.child(wrapper.c_str()), *operation.response, response);
}

}  // namespace

ClientRequest request_bytes(const Operation& operation, Protocol protocol, const void* request) {
  ClientRequest out;
  const auto& service = *operation.service;
  if (is_json(protocol)) {
    out.headers.emplace_back("Content-Type", protocol == Protocol::kJson10 ? "application/x-amz-json-1.0"
                                                                           : "application/x-amz-json-1.1");
    out.headers.emplace_back("X-Amz-Target",
                             std::string(service.target_prefix) + "." + std::string(operation.name));
    write_json(out.body, *operation.request, request);
  } else {
    out.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    out.body.append("Action=").append(operation.name).append("&Version=").append(service.api_version);
    write_form(out.body, *operation.request, request);
  }
  return out;
}

base::Status read_answer(const Operation& operation, Protocol protocol, int status, std::string_view body,
                         void* response) {
  return is_json(protocol) ? json_answer(operation, protocol, status, body, response)
                           : xml_answer(operation, status, body, response);
}

}  // namespace stipend::aws
