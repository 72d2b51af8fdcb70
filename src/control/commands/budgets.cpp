#include "control/commands/budgets.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "control/commands/budget_rules.hpp"
#include "control/commands/common.hpp"
#include "control/commands/mails.hpp"
#include "domain/budgets.hpp"

namespace stipend::control {
namespace {

using base::Fault;
using base::Status;
using domain::Budget;
using domain::BudgetNotification;
using domain::BudgetSubscriber;
using domain::BudgetTrigger;

constexpr std::string_view kFiltersServed[] = {"Service", "UsageType", "InstanceType", "Operation", "LinkedAccount", "Region"};
constexpr std::size_t kFilterValuesMost = 100, kFilterValueLongest = 1024, kGivenLongest = 4096;

std::unexpected<base::Error> duplicate(std::string what) { return base::fail(Fault::kConflict, "DuplicateRecordException", std::move(what)); }
std::unexpected<base::Error> not_found(std::string what) { return base::fail(Fault::kNotFound, "NotFoundException", std::move(what)); }
std::unexpected<base::Error> too_many(std::string what) { return base::fail(Fault::kNoRoom, "CreationLimitExceededException", std::move(what)); }

std::string id_of(const base::AccountId& account, const std::string& name) { return account.str() + "/" + name; }

Status check_name(const std::string& name) {
  const bool good = !name.empty() && name.find_first_of(":\\") == std::string::npos && name.find("/action/") == std::string::npos &&
                    std::ranges::none_of(name, [](unsigned char c) { return c < 0x20 || c == 0x7F; });
  return good ? Status{} : invalid_budget("A budget's name is 1 to 100 characters, without ':', '\\', '/action/' and control characters.");
}

Status check_filters(const Budget& budget) {
  std::size_t values = 0;
  for (const auto& filter : budget.filters) {
    if (std::ranges::find(kFiltersServed, filter.dimension) == std::end(kFiltersServed))
      return invalid_budget(fmt::format("CostFilters by {} are not served: what was charged is summed by day, kind and instance type. Served are "
                                        "Service, UsageType, InstanceType, Operation, LinkedAccount and Region.",
                                        filter.dimension.substr(0, 100)));
    if (filter.values.empty()) return invalid_budget(fmt::format("CostFilters: {} names no value.", filter.dimension));
    values += filter.values.size();
    for (const auto& value : filter.values) {
      if (value.size() > kFilterValueLongest) return invalid_budget("CostFilters: a value is too long.");
      if (filter.dimension == "LinkedAccount" && value != budget.account.str())
        return invalid_budget("CostFilters: LinkedAccount can only be the account itself; accounts here are not linked.");
    }
  }
  if (values > kFilterValuesMost) return invalid_budget(fmt::format("CostFilters name at most {} values.", kFilterValuesMost));
  return {};
}

// What makes it one that can be evaluated.
Status check(const Budget& budget) {
  TRY(check_name(budget.name));
  if (budget.limit <= base::Money{}) return invalid_budget("BudgetLimit must be more than zero.");
  if (budget.limit > kBudgetLimitMost)
    return invalid_budget(fmt::format("BudgetLimit is {} at most.", kBudgetLimitMost.nano / 1'000'000'000));
  if (budget.until <= budget.from) return invalid_budget("TimePeriod must end after it starts.");
  if (budget.given.size() > kGivenLongest) return invalid_budget("CostTypes are too long.");
  return check_filters(budget);
}

Status check_notifications(const Tx& tx, const Budget& budget, const MailRule& rule) {
  if (budget.notifications.size() > kNotificationsMost) return too_many(fmt::format("A budget has at most {} notifications.", kNotificationsMost));
  for (auto at = budget.notifications.begin(); at != budget.notifications.end(); ++at) {
    TRY(check_trigger(at->trigger));
    if (std::any_of(budget.notifications.begin(), at, [&](const auto& before) { return same(before.trigger, at->trigger); }))
      return duplicate("The budget has this notification already.");
    TRY(check_subscribers(tx.state(), budget.account, at->subscribers, rule));
  }
  return {};
}

base::Result<BudgetNotification*> own_notification(Budget& budget, const BudgetTrigger& trigger) {
  const auto at = std::ranges::find_if(budget.notifications, [&](const auto& n) { return same(n.trigger, trigger); });
  if (at == budget.notifications.end()) return not_found(fmt::format("The budget {} has no such notification.", budget.name));
  return &*at;
}

base::Result<std::vector<BudgetSubscriber>::iterator> own_subscriber(BudgetNotification& notification, const BudgetSubscriber& subscriber) {
  const auto at = std::ranges::find_if(notification.subscribers, [&](const auto& s) { return same(s, subscriber); });
  if (at == notification.subscribers.end()) return not_found("The notification has no such subscriber.");
  return at;
}

Status change_notification(Tx& tx, const std::string& name, const char* action, const BudgetTrigger& trigger,
                           const std::function<Status(Budget&, BudgetNotification&)>& change) {
  return change_budget(tx, name, action, [&](Budget& budget) -> Status {
    TRY_ASSIGN(auto* notification, own_notification(budget, trigger));
    return change(budget, *notification);
  });
}

}  // namespace

bool same(const BudgetTrigger& a, const BudgetTrigger& b) {
  return a.forecast == b.forecast && a.percent == b.percent && a.comparison == b.comparison && a.threshold == b.threshold;
}

bool same(const BudgetSubscriber& a, const BudgetSubscriber& b) {
  return a.sns == b.sns && (a.sns ? a.address == b.address : mail_key(a.address) == mail_key(b.address));
}

base::Result<const BudgetNotification*> find_notification(const Budget& budget, const BudgetTrigger& trigger) {
  const auto at = std::ranges::find_if(budget.notifications, [&](const auto& n) { return same(n.trigger, trigger); });
  if (at == budget.notifications.end()) return not_found(fmt::format("The budget {} has no such notification.", budget.name));
  return &*at;
}

base::Result<const Budget*> find_budget(const domain::State& state, const base::AccountId& account, const std::string& name) {
  if (const auto* budget = state.find<Budget>(id_of(account, name))) return budget;
  return not_found(fmt::format("Unable to get budget: {} - the budget doesn't exist.", name));
}

std::vector<domain::RowPtr<Budget>> budgets_of(const domain::State& state, const base::AccountId& account) {
  std::vector<domain::RowPtr<Budget>> out;
  const auto prefix = id_of(account, "");
  for (auto at = state.budgets.lower_bound(prefix); at != state.budgets.end() && at->first.starts_with(prefix); ++at) out.push_back(at->second);
  return out;
}

Status create_budget(Tx& tx, Budget budget, const MailRule& rule) {
  TRY(check_not_suspended(tx));
  TRY_ASSIGN(const auto* account, own_account(tx));
  budget.account = account->id;
  budget.id = id_of(account->id, budget.name);
  budget.updated = tx.now();
  TRY(check(budget));
  if (tx.state().find<Budget>(budget.id))
    return duplicate(fmt::format("Error creating budget: {} - the budget already exists.", budget.name));
  if (budgets_of(tx.state(), account->id).size() >= kBudgetsMost) return too_many(fmt::format("An account has at most {} budgets.", kBudgetsMost));
  TRY(check_notifications(tx, budget, rule));
  TRY(check_budget_tags(budget.tags));
  tx.audit("budget-create", account->id.str(), {});
  tx.save(std::move(budget));
  return {};
}

Status update_budget(Tx& tx, Budget wanted) {
  return change_budget(tx, wanted.name, "budget-update", [&](Budget& budget) -> Status {
    wanted.id = budget.id;
    wanted.account = budget.account;
    TRY(check(wanted));
    wanted.notifications = budget.notifications;
    wanted.actions = budget.actions;
    wanted.tags = budget.tags;
    wanted.updated = tx.now();
    budget = std::move(wanted);
    domain::forget_told(budget);
    return {};
  });
}

Status delete_budget(Tx& tx, const std::string& name) {
  TRY(check_not_suspended(tx));
  TRY_ASSIGN(const auto* account, own_account(tx));
  TRY_ASSIGN(const auto* budget, find_budget(tx.state(), account->id, name));
  const auto id = budget->id;
  tx.audit("budget-delete", account->id.str(), {});
  tx.erase<Budget>(id);
  return {};
}

Status create_notification(Tx& tx, const std::string& name, BudgetNotification notification, const MailRule& rule) {
  return change_budget(tx, name, "budget-notification-create", [&](Budget& budget) -> Status {
    budget.notifications.push_back(std::move(notification));
    return check_notifications(tx, budget, rule);
  });
}

Status update_notification(Tx& tx, const std::string& name, const BudgetTrigger& old, const BudgetTrigger& wanted) {
  TRY(check_trigger(wanted));
  return change_notification(tx, name, "budget-notification-update", old, [&](Budget& budget, BudgetNotification& notification) -> Status {
    if (!same(old, wanted) && find_notification(budget, wanted)) return duplicate("The budget has this notification already.");
    notification.trigger = wanted;
    notification.alarm = false;
    notification.told = {};
    return {};
  });
}

Status delete_notification(Tx& tx, const std::string& name, const BudgetTrigger& trigger) {
  return change_notification(tx, name, "budget-notification-delete", trigger, [](Budget& budget, BudgetNotification& notification) -> Status {
    budget.notifications.erase(budget.notifications.begin() + (&notification - budget.notifications.data()));
    return {};
  });
}

Status create_subscriber(Tx& tx, const std::string& name, const BudgetTrigger& trigger, BudgetSubscriber subscriber, const MailRule& rule) {
  return change_notification(tx, name, "budget-subscriber-create", trigger, [&](Budget& budget, BudgetNotification& notification) -> Status {
    notification.subscribers.push_back(std::move(subscriber));
    return check_subscribers(tx.state(), budget.account, notification.subscribers, rule);
  });
}

Status update_subscriber(Tx& tx, const std::string& name, const BudgetTrigger& trigger, const BudgetSubscriber& old, BudgetSubscriber wanted,
                         const MailRule& rule) {
  return change_notification(tx, name, "budget-subscriber-update", trigger, [&](Budget& budget, BudgetNotification& notification) -> Status {
    TRY_ASSIGN(const auto at, own_subscriber(notification, old));
    *at = std::move(wanted);
    return check_subscribers(tx.state(), budget.account, notification.subscribers, rule);
  });
}

Status delete_subscriber(Tx& tx, const std::string& name, const BudgetTrigger& trigger, const BudgetSubscriber& subscriber) {
  return change_notification(tx, name, "budget-subscriber-delete", trigger, [&](Budget& budget, BudgetNotification& notification) -> Status {
    TRY_ASSIGN(const auto at, own_subscriber(notification, subscriber));
    notification.subscribers.erase(at);
    if (notification.subscribers.empty())
      budget.notifications.erase(budget.notifications.begin() + (&notification - budget.notifications.data()));
    return {};
  });
}

Status change_budget_tags(Tx& tx, const std::string& name, const domain::Tags& set, const std::vector<std::string>& remove) {
  return change_budget(tx, name, "budget-tags", [&](Budget& budget) -> Status {
    for (const auto& key : remove) budget.tags.erase(key);
    for (const auto& [key, value] : set) budget.tags.insert_or_assign(key, value);
    return check_budget_tags(budget.tags);
  });
}

}  // namespace stipend::control
