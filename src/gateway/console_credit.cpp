#include "gateway/console_credit.hpp"

#include <chrono>

namespace stipend::gateway {
namespace {

constexpr std::string_view kCredit = "/credit";

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

awaitable<net::Response> show(CreditCall call) {
  const auto view = co_await call.ways.ports.credit(call.account);
  if (!view) co_return problem(view.error(), call.request_id);
  co_return ok({{"grants", to_json(view->grants)},
                {"emergency_shown", view->emergency ? Json(base::to_display(*view->emergency, base::Rounding::kFloor)) : Json(nullptr)}});
}

awaitable<net::Response> redeem(CreditCall call) {
  const auto body = Json::parse(call.body, nullptr, false);
  const auto code = body.is_object() ? body.find("code") : body.end();
  if (!body.is_object() || code == body.end() || !code->is_string())
    co_return problem({base::Fault::kInvalid, "MissingCode", "Enter the code."}, call.request_id);
  auto& [ports, accounts, addresses] = call.ways;
  const auto who = call.account.str();
  const bool own = accounts.begin(who, now_ms());
  const bool may = own && addresses.begin(call.address, now_ms());
  if (own && !may) accounts.forgive(who);
  if (!may)
    co_return problem({base::Fault::kThrottled, "TooManyGuesses", "Too many wrong codes were tried. Wait ten minutes, then look at the code again."},
                      call.request_id);
  const auto given = co_await ports.redeem(call.account, code->get<std::string>(), call.request_id);
  if (given || given.error().code != "CreditCodeUnknown") {
    accounts.forgive(who);
    addresses.forgive(call.address);
  }
  co_return given ? ok(to_json(*given), 201) : problem(given.error(), call.request_id);
}

awaitable<net::Response> emergency(CreditCall call) {
  const auto given = co_await call.ways.ports.take_emergency(call.account, call.request_id);
  co_return given ? ok(to_json(*given), 201) : problem(given.error(), call.request_id);
}

}  // namespace

bool is_credit_path(std::string_view path) {
  return path.starts_with(kCredit) && (path.size() == kCredit.size() || path[kCredit.size()] == '/');
}

Json to_json(const GrantView& grant) {
  return {{"amount_shown", base::to_display(grant.amount, base::Rounding::kFloor)},
          {"left_shown", base::to_display(grant.left, base::Rounding::kFloor)},
          {"source", grant.source},
          {"reason", grant.reason},
          {"given", base::to_iso8601(grant.given)},
          {"expires", grant.expires ? Json(base::to_iso8601(*grant.expires)) : Json(nullptr)},
          {"types", grant.types}};
}

awaitable<net::Response> credit_api(CreditCall call) {
  if (call.path == kCredit && !call.post) co_return co_await show(std::move(call));
  if (call.path == "/credit/redeem" && call.post) co_return co_await redeem(std::move(call));
  if (call.path == "/credit/emergency" && call.post) co_return co_await emergency(std::move(call));
  co_return problem({base::Fault::kNotFound, "NotFound", "There is nothing at this address."}, call.request_id);
}

}  // namespace stipend::gateway
