#include "app/ports_credit.hpp"

#include <algorithm>

#include "app/console_actor.hpp"
#include "control/await.hpp"
#include "control/commands/common.hpp"
#include "control/commands/credit_codes.hpp"
#include "control/commands/emergency.hpp"

namespace stipend::app {

using base::Result;
using gateway::awaitable;
using gateway::GrantView;

namespace {

GrantView view(const domain::Grant& grant) {
  GrantView out{grant.amount, grant.remaining(), grant.source, grant.note, grant.created, {}, grant.only_types};
  if (grant.expires != base::WallTime::never()) out.expires = grant.expires;
  return out;
}

}  // namespace

std::vector<GrantView> grants_view(const domain::State& state, const base::AccountId& account) {
  std::vector<GrantView> out;
  if (const auto of = state.grants_of.find(account); of != state.grants_of.end())
    for (const auto& id : of->second) out.push_back(view(*state.find<domain::Grant>(id)));
  std::ranges::sort(out, std::greater(), &GrantView::given);
  return out;
}

awaitable<Result<gateway::CreditView>> EngineCredit::credit(base::AccountId account) {
  return control::read<gateway::CreditView>(engine_, console_actor(account), [account](const domain::State& state, base::WallTime now) -> Result<gateway::CreditView> {
    gateway::CreditView out{grants_view(state, account), {}};
    if (const auto offer = control::emergency_offer(state, now, account); offer && !control::is_suspended(state, account)) out.emergency = *offer;
    return out;
  });
}

awaitable<Result<GrantView>> EngineCredit::redeem(base::AccountId account, std::string code, std::string request_id) {
  return control::run<GrantView>(engine_, console_actor(account, std::move(request_id)), [code = std::move(code)](control::Tx& tx) -> Result<GrantView> {
    TRY_ASSIGN(const auto given, control::redeem_credit_code(tx, code));
    return view(*given);
  });
}

awaitable<Result<GrantView>> EngineCredit::take_emergency(base::AccountId account, std::string request_id) {
  return control::run<GrantView>(engine_, console_actor(account, std::move(request_id)), [](control::Tx& tx) -> Result<GrantView> {
    TRY_ASSIGN(const auto given, control::take_emergency(tx));
    return view(*given);
  });
}

}  // namespace stipend::app
