// What stands around an answer: ec2 and query XML documents, JSON bodies, headers and statuses.
#include <fmt/format.h>

#include "aws/codec.hpp"
#include "aws/form_codec.hpp"
#include "aws/json_codec.hpp"
#include "aws/xml_codec.hpp"
#include "base/check.hpp"

namespace stipend::aws {
namespace {

constexpr std::string_view kXmlStart = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
constexpr std::size_t kXmlReserve = 4096;

bool is_json(Protocol protocol) {
  return protocol == Protocol::kJson10 || protocol == Protocol::kJson11;
}

HttpAnswer start(Protocol protocol, std::string_view request_id) {
  HttpAnswer answer;
  answer.content_type = protocol == Protocol::kJson10   ? "application/x-amz-json-1.0"
                        : protocol == Protocol::kJson11 ? "application/x-amz-json-1.1"
                                                        : "text/xml;charset=UTF-8";
  answer.headers.emplace_back("x-amzn-RequestId", request_id);
  return answer;
}

void open(std::string& out, std::string_view name, std::string_view xml_namespace) {
  out.append(kXmlStart).append("<").append(name).append(" xmlns=\"").append(xml_namespace).append("\">");
}

void element(std::string& out, std::string_view name, std::string_view text) {
  out.append("<").append(name).append(">");
  append_xml_escaped(out, text);
  out.append("</").append(name).append(">");
}

void ec2_body(std::string& out, const Operation& operation, const void* response,
              std::string_view request_id) {
  const auto root = std::string(operation.name) + "Response";
  open(out, root, operation.service->xml_namespace);
  element(out, "requestId", request_id);
  if (operation.response == nullptr)
    out += "<return>true</return>";
  else
    write_xml(out, *operation.response, response);
  out.append("</").append(root).append(">");
}

void query_body(std::string& out, const Operation& operation, const void* response,
                std::string_view request_id) {
  const auto root = std::string(operation.name) + "Response";
  open(out, root, operation.service->xml_namespace);
  if (operation.response != nullptr) {
    out.append("<").append(operation.result_wrapper).append(">");
    write_xml(out, *operation.response, response);
    out.append("</").append(operation.result_wrapper).append(">");
  }
  out += "<ResponseMetadata>";
  element(out, "RequestId", request_id);
  out.append("</ResponseMetadata></").append(root).append(">");
}

void ec2_error(std::string& out, const base::Error& error, std::string_view request_id) {
  out.append(kXmlStart).append("<Response><Errors><Error>");
  element(out, "Code", error.code);
  element(out, "Message", error.message);
  out += "</Error></Errors>";
  element(out, "RequestID", request_id);
  out += "</Response>";
}

void query_error(std::string& out, const Service* service, const base::Error& error, bool sender,
                 std::string_view request_id) {
  open(out, "ErrorResponse", service != nullptr ? service->xml_namespace : "http://webservices.amazon.com/");
  out += "<Error>";
  element(out, "Type", sender ? "Sender" : "Receiver");
  element(out, "Code", error.code);
  element(out, "Message", error.message);
  out += "</Error>";
  element(out, "RequestId", request_id);
  out += "</ErrorResponse>";
}

}  // namespace

base::Status decode_into(const Call& call, const Structure& shape, void* request) {
  if (is_json(call.protocol)) return read_json(call.payload, shape, call.protocol, request);
  return read_form(call.form, shape, call.protocol, request);
}

HttpAnswer encode_response(const Call& call, const Operation& operation, const void* response,
                           std::string_view request_id) {
  auto answer = start(call.protocol, request_id);
  if (!is_json(call.protocol)) answer.body.reserve(kXmlReserve);
  switch (call.protocol) {
    case Protocol::kEc2: ec2_body(answer.body, operation, response, request_id); break;
    case Protocol::kQuery: query_body(answer.body, operation, response, request_id); break;
    case Protocol::kJson10:
    case Protocol::kJson11:
      if (operation.response != nullptr) write_json(answer.body, *operation.response, response);
      break;
  }
  return answer;
}

HttpAnswer encode_error(const Call& call, const base::Error& error, std::string_view request_id) {
  auto answer = start(call.protocol, request_id);
  answer.status = http_status(call.protocol, error);
  const bool sender = answer.status < 500;
  switch (call.protocol) {
    case Protocol::kEc2: ec2_error(answer.body, error, request_id); break;
    case Protocol::kQuery: query_error(answer.body, call.service, error, sender, request_id); break;
    case Protocol::kJson10:
    case Protocol::kJson11:
      write_json_error(answer.body, error.code, error.message);
      answer.headers.emplace_back("x-amzn-ErrorType", error.code);
      if (call.service != nullptr && call.service->query_compatible)
        answer.headers.emplace_back("x-amzn-query-error", error.code + (sender ? ";Sender" : ";Receiver"));
      break;
  }
  return answer;
}

}  // namespace stipend::aws
