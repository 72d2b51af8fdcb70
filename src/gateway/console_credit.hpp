// /api/v1/credit: a request with its session, its body read, its CSRF token checked.
//   GET  /credit             what was given, and the emergency credit that can be taken now
//   POST /credit/redeem      {code}
//   POST /credit/emergency
#pragma once

#include <string>
#include <string_view>

#include "gateway/console_api.hpp"
#include "gateway/credit_ports.hpp"
#include "net/http.hpp"

namespace stipend::gateway {

bool is_credit_path(std::string_view path);  // below /api/v1
Json to_json(const GrantView& grant);

struct CreditCall {
  CreditWays& ways;
  base::AccountId account;
  std::string path;  // below /api/v1
  bool post = false;
  std::string body, address;
  std::string request_id;
};
awaitable<net::Response> credit_api(CreditCall call);

}  // namespace stipend::gateway
