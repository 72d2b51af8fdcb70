#include "control/commands/budget_rules.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "control/commands/common.hpp"
#include "control/commands/mails.hpp"
#include "control/commands/tag_rules.hpp"

namespace stipend::control {
namespace {

using base::Fault;
using base::Status;
using domain::BudgetSubscriber;

Status check_recipient(const domain::State& state, const base::AccountId& id, const std::string& address, const MailRule& rule) {
  if (!is_mail_address(address)) return invalid_budget(fmt::format("'{}' is not a mail address.", address.substr(0, 254)));
  const auto* account = state.find<domain::Account>(id);
  if (account->role != domain::Role::kStudent) return {};
  const auto* person = state.find<domain::Person>(account->person);
  const auto lower = mail_key(address);
  if (person && !person->mail.empty() && mail_key(person->mail) == lower) return {};
  const auto domain = std::string_view(lower).substr(lower.find('@') + 1);
  if (std::ranges::any_of(rule.domains, [&](const std::string& allowed) { return mail_key(allowed) == domain; })) return {};
  std::string cure = person && !person->mail.empty() ? "your own address as your course knows it" : "";
  for (const auto& allowed : rule.domains) cure += (cure.empty() ? "an address at " : " or an address at ") + allowed;
  if (cure.empty()) cure = "none: your course knows no mail address of yours. Ask your teacher to add it";
  return invalid_budget(fmt::format("Mail to '{}' is not allowed here. Allowed is {}.", address, cure));
}

}  // namespace

std::unexpected<base::Error> invalid_budget(std::string why) { return base::fail(Fault::kInvalid, "InvalidParameterException", std::move(why)); }

Status check_trigger(const domain::BudgetTrigger& trigger) {
  if (trigger.threshold < 0) return invalid_budget("A threshold is not negative.");
  if (trigger.percent && trigger.threshold > kPercentMost * 1'000'000'000)
    return invalid_budget(fmt::format("A threshold is {} percent at most.", kPercentMost));
  if (!trigger.percent && trigger.threshold > kBudgetLimitMost.nano)
    return invalid_budget(fmt::format("A threshold is {} at most.", kBudgetLimitMost.nano / 1'000'000'000));
  return {};
}

Status check_subscribers(const domain::State& state, const base::AccountId& account, const std::vector<BudgetSubscriber>& subscribers,
                         const MailRule& rule) {
  if (subscribers.empty()) return invalid_budget("There must be at least one subscriber.");
  std::size_t mails = 0;
  for (auto at = subscribers.begin(); at != subscribers.end(); ++at) {
    if (at->sns)
      return invalid_budget("SNS subscribers are not served yet: this server has no SNS topics that a notification could go to. Subscribe with "
                            "SubscriptionType EMAIL.");
    if (std::any_of(subscribers.begin(), at, [&](const auto& before) { return same(before, *at); }))
      return base::fail(Fault::kConflict, "DuplicateRecordException", fmt::format("The subscriber {} is there already.", at->address));
    if (++mails > kMailSubscribersMost)
      return base::fail(Fault::kNoRoom, "CreationLimitExceededException",
                        fmt::format("A notification has at most {} e-mail subscribers.", kMailSubscribersMost));
    TRY(check_recipient(state, account, at->address, rule));
  }
  return {};
}

Status check_budget_tags(const domain::Tags& tags) {
  auto checked = check_tags(tags);
  if (checked) return {};
  const bool too_many = checked.error().code == "TagLimitExceeded";
  return base::fail(Fault::kInvalid, too_many ? "ServiceQuotaExceededException" : "InvalidParameterException", checked.error().message);
}

Status change_budget(Tx& tx, const std::string& name, std::string action, const std::function<Status(domain::Budget&)>& change) {
  TRY(check_not_suspended(tx));
  TRY_ASSIGN(const auto* account, own_account(tx));
  TRY_ASSIGN(const auto* found, find_budget(tx.state(), account->id, name));
  domain::Budget budget = *found;
  TRY(change(budget));
  tx.audit(std::move(action), account->id.str(), {});
  tx.save(std::move(budget));
  return {};
}

}  // namespace stipend::control
