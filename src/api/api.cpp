#include "api/api.hpp"

#include <fmt/format.h>

#include <vector>

#include "api/ec2/instance_texts.hpp"
#include "api/operation.hpp"
#include "api/request_hash.hpp"
#include "aws/sigv4.hpp"
#include "base/log.hpp"

namespace stipend::api {
namespace {

// A request on its way through the stages; they live in handle()'s frame, so views into it stay good.
struct Stages {
  explicit Stages(net::Request r) : request(std::move(r)) {
    for (const auto& [name, value] : request.headers) headers.push_back({name, value});
    view = {request.method, request.target, headers, request.body};
  }
  net::Request request;
  std::vector<aws::Header> headers;
  aws::HttpView view;
  std::string request_id;
  aws::Call call;
};

std::string make_request_id(base::Random& random) {
  auto hex = base::random_hex(random, 32);
  hex[12] = '4';  // a random UUID
  hex[16] = "89ab"[hex[16] % 4];
  return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4),
                     hex.substr(16, 4), hex.substr(20));
}

base::Status check_limits(const Stages& stages) {
  if (stages.view.method != "POST" && stages.view.method != "GET")
    return fail(Fault::kInvalid, "UnsupportedProtocol",
                "Requests are made with POST, presigned ones with GET.");
  if (stages.view.body.size() > Api::kBodyBytesMax)
    return fail(Fault::kInvalid, "MalformedQueryString",
                fmt::format("The request is larger than {} bytes.", Api::kBodyBytesMax));
  return {};
}

// What is billed is served in one region for the whole world: clients sign for it, or for the one they are set to.
constexpr std::string_view kGlobalRegion = "us-east-1";
bool is_global(std::string_view service) {
  return service == "budgets" || service == "ce" || service == "freetier" || service == "pricing";
}

// Who signed the request: the key, and with it the account it belongs to.
base::Result<std::shared_ptr<const domain::AccessKey>> check_signature(const Stages& stages, const Parts& parts) {
  const auto& call = stages.call;
  TRY_ASSIGN(const auto signed_by, aws::parse_authorization(stages.view, call.protocol));
  const auto key = parts.engine.access_key(signed_by.access_key_id);
  // No temporary keys are handed out, so no session token belongs to a key.
  if (!key || !key->active || !signed_by.session_token.empty())
    return std::unexpected(aws::unknown_access_key(call.protocol));
  TRY_ASSIGN(const std::string secret, parts.open_secret(*key));
  const auto service = call.service != nullptr ? call.service->signing_name : signed_by.service;
  const aws::Expected expected{is_global(service) && signed_by.region == kGlobalRegion ? kGlobalRegion : parts.settings.region, service};
  TRY(aws::verify_signature(signed_by, stages.view, secret, expected, parts.clock.wall(), call.protocol));
  return key;
}

base::Result<const Entry*> find_operation(const aws::Call& call) {
  if (call.problem) return std::unexpected(*call.problem);
  const Entry* entry = find_entry(call.operation);
  if (entry != nullptr) return entry;
  const bool json = call.protocol == aws::Protocol::kJson10 || call.protocol == aws::Protocol::kJson11;
  return fail(Fault::kInvalid, json ? "UnknownOperationException" : "InvalidAction",
              fmt::format("The action {} is not valid for this web service.", call.action));
}

net::Response to_response(aws::HttpAnswer answer) {
  net::Response response;
  response.status = answer.status;
  response.headers.set("Content-Type", answer.content_type);
  for (const auto& [name, value] : answer.headers) response.headers.add(name, value);
  // A presigned GET shows what students wrote on the console's host name: never as a page.
  response.headers.set("X-Content-Type-Options", "nosniff");
  response.headers.set("Content-Security-Policy", "default-src 'none'; sandbox");
  response.headers.set("Cache-Control", "no-store");
  response.body = std::move(answer.body);
  return response;
}

// Neither parameters nor the target: both may hold secrets.
void log_request(const Stages& stages, std::string_view account, int status, std::string_view code,
                 std::int64_t started_ms, std::int64_t ended_ms) {
  base::log::info("aws request", {{"request", stages.request_id},
                                  {"action", std::string(stages.call.action.substr(0, 64))},
                                  {"account", std::string(account)},
                                  {"peer", stages.request.peer.address},
                                  {"status", status},
                                  {"error", std::string(code)},
                                  {"ms", ended_ms - started_ms}});
}

}  // namespace

Api::Api(Parts parts)
    : parts_(std::move(parts)), cursors_(parts_.cursor_key, parts_.random), key_workers_(parts_.random),
      instance_texts_(std::make_unique<InstanceTexts>()) {}

Api::~Api() = default;

net::HeadHandler Api::handler() {
  return net::read_all([this](net::Request request) { return handle(std::move(request)); }, kBodyBytesMax);
}

net::awaitable<net::Response> Api::handle(net::Request received) {
  const auto started_ms = parts_.clock.monotonic_ms();
  Stages stages(std::move(received));
  stages.request_id = make_request_id(parts_.random);
  base::AccountId account;

  auto through = [&]() -> base::Result<const Entry*> {
    TRY(check_limits(stages));
    stages.call = aws::classify(stages.view);
    TRY_ASSIGN(const auto key, check_signature(stages, parts_));
    account = key->account;
    if (told_of_key_) told_of_key_(key->access_key_id);
    return find_operation(stages.call);
  }();

  base::Result<aws::HttpAnswer> answer = std::unexpected(base::Error{});
  if (through) {
    Context context;
    context.parts = &parts_;
    context.cursors = &cursors_;
    context.key_workers = &key_workers_;
    context.instance_texts = instance_texts_.get();
    context.actor = {account.str(), "aws", stages.request_id, account, domain::Role::kStudent};
    context.call = &stages.call;
    context.host = stages.request.host();
    context.operation = stages.call.action;
    context.request_hash = request_hash(stages.call);
    try {
      answer = co_await (*through)->serve(std::move(context), stages.call);
    } catch (const std::exception& e) {
      base::log::error("aws request failed", {{"request", stages.request_id}, {"what", e.what()}});
      answer = fail(Fault::kInternal, "InternalError", "An internal error has occurred");
    }
  } else {
    answer = std::unexpected(through.error());
  }

  const std::string code = answer ? "" : answer.error().code;
  if (!answer) answer = aws::encode_error(stages.call, answer.error(), stages.request_id);
  log_request(stages, account.str(), answer->status, code, started_ms, parts_.clock.monotonic_ms());
  co_return to_response(*std::move(answer));
}

}  // namespace stipend::api
