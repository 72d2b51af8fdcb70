#include "gateway/console_keys.hpp"

#include <fmt/format.h>

#include "gateway/console_api.hpp"

namespace stipend::gateway {
namespace {

constexpr std::string_view kKeys = "/access-keys";
constexpr std::string_view kProfile = "stipend";

Json to_json(const AccessKeyView& key) {
  return {{"id", key.id},
          {"created", base::to_iso8601(key.created)},
          {"active", key.active},
          {"used", key.used ? Json(base::to_iso8601(*key.used)) : Json(nullptr)}};
}

awaitable<net::Response> list(KeysCall call) {
  const auto view = co_await call.ports.keys(call.account);
  if (!view) co_return problem(view.error(), call.request_id);
  Json keys = Json::array();
  for (const auto& key : view->keys) keys.push_back(to_json(key));
  co_return ok({{"keys", keys}, {"most", view->most}});
}

awaitable<net::Response> create(KeysCall call) {
  const auto made = co_await call.ports.create(call.account, call.request_id);
  if (!made) co_return problem(made.error(), call.request_id);
  co_return ok({{"id", made->id},
                {"secret", made->secret},
                {"profile", kProfile},
                {"endpoint", call.origin},
                {"region", made->region},
                {"lines", profile_lines(*made, call.origin)},
                {"commands", profile_commands(*made, call.origin)}},
               201);
}

net::Response answer(const KeysCall& call, const base::Status& done) {
  return done ? ok(Json::object()) : problem(done.error(), call.request_id);
}

}  // namespace

bool is_keys_path(std::string_view path) {
  return path.starts_with(kKeys) && (path.size() == kKeys.size() || path[kKeys.size()] == '/');
}

std::string profile_lines(const NewAccessKey& key, std::string_view endpoint) {
  return fmt::format("[profile {}]\naws_access_key_id = {}\naws_secret_access_key = {}\nregion = {}\nendpoint_url = {}\n", kProfile, key.id, key.secret,
                     key.region, endpoint);
}

std::string profile_commands(const NewAccessKey& key, std::string_view endpoint) {
  std::string out;
  for (const auto& [name, value] : {std::pair<std::string_view, std::string_view>{"aws_access_key_id", key.id}, {"aws_secret_access_key", key.secret},
                                    {"region", key.region}, {"endpoint_url", endpoint}})
    out += fmt::format("aws configure set {} {} --profile {}\n", name, value, kProfile);
  return out;
}

awaitable<net::Response> keys_api(KeysCall call) {
  if (call.path == kKeys) co_return call.post ? co_await create(std::move(call)) : co_await list(std::move(call));
  const auto slash = call.path.rfind('/');
  if (call.post && slash > kKeys.size()) {
    const auto key = call.path.substr(kKeys.size() + 1, slash - kKeys.size() - 1);
    const auto verb = call.path.substr(slash + 1);
    if (verb == "activate" || verb == "deactivate")
      co_return answer(call, co_await call.ports.set_active(call.account, key, verb == "activate", call.request_id));
    if (verb == "delete") co_return answer(call, co_await call.ports.remove(call.account, key, call.request_id));
  }
  co_return problem({base::Fault::kNotFound, "NotFound", "There is nothing at this address."}, call.request_id);
}

}  // namespace stipend::gateway
