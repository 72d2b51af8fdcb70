// /api/v1: the console's JSON. Money travels as decimal dollars with every nano-dollar, time as RFC 3339 UTC; the
// browser computes no money. Errors are application/problem+json with a code, a sentence and a request id.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/result.hpp"
#include "gateway/ports.hpp"
#include "net/http.hpp"

namespace stipend::gateway {

using Json = nlohmann::ordered_json;

Json to_json(const Who& who);
Json to_json(const Wallet& wallet);
Json to_json(const InstanceView& instance);
Json to_json(const ImageView& image);
Json to_json(const TypeView& type);
Json to_json(const PlaceView& place);
Json to_json(const Begun& begun);
template <class T>
Json to_json(const std::vector<T>& items) {
  Json out = Json::array();
  for (const auto& item : items) out.push_back(to_json(item));
  return out;
}

net::Response ok(const Json& body, int status = 200);
net::Response problem(const base::Error& error, const std::string& request_id);

// The token that a session's commands carry in X-Stipend-Csrf: derived from the session, useless for anything else.
std::string csrf_token(const std::string& session);

}  // namespace stipend::gateway
