// /api/v1/statement?month=&after=&csv=1&account= and, for staff, /api/v1/statements?month=&after=: requests with a session.
#pragma once

#include <string>
#include <string_view>

#include "gateway/console_api.hpp"
#include "gateway/statement_ports.hpp"

namespace stipend::gateway {

bool is_statement_path(std::string_view path);  // below /api/v1

struct StatementCall {
  StatementPorts& ports;
  base::AccountId account;
  std::string path, query;  // path below /api/v1
  bool post = false;
  std::string request_id;
};
awaitable<net::Response> statement_api(StatementCall call);

Json to_json(const StatementView& statement);
Json to_json(const ClassStatements& statements);

}  // namespace stipend::gateway
