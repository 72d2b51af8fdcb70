// Commands on budgets: each one step, audited, on the actor's own account. Errors are those of AWS Budgets by its names:
// InvalidParameterException, DuplicateRecordException, NotFoundException, CreationLimitExceededException, ResourceLockedException.
// A change of a budget, a notification or an action's threshold makes it be told anew in the present period.
#pragma once

#include <string>
#include <vector>

#include "control/tx.hpp"

namespace stipend::control {

inline constexpr std::size_t kBudgetsMost = 50;        // of an account
inline constexpr std::size_t kNotificationsMost = 10;  // of a budget; AWS's
inline constexpr std::size_t kMailSubscribersMost = 10, kSnsSubscribersMost = 1;  // of a notification or action; AWS's
inline constexpr std::size_t kActionsMost = 10;        // of a budget
inline constexpr std::size_t kActionHistoryMost = 50;  // newest events that are kept
inline constexpr base::Money kBudgetLimitMost = base::Money::dollars(1'000'000);
inline constexpr std::int64_t kPercentMost = 100'000;

// To whom an account may have mail sent.
struct MailRule {
  std::vector<std::string> domains;  // a student: addresses of these, and the one of the roster
};

// The account's budget; NotFoundException.
base::Result<const domain::Budget*> find_budget(const domain::State& state, const base::AccountId& account, const std::string& name);
// All of an account, by name.
std::vector<domain::RowPtr<domain::Budget>> budgets_of(const domain::State& state, const base::AccountId& account);

// `budget` as asked for, without id, account and history, which are set here. Notifications are checked as those below.
base::Status create_budget(Tx& tx, domain::Budget budget, const MailRule& rule);
// What it is becomes what `budget` says; notifications, actions and tags stay.
base::Status update_budget(Tx& tx, domain::Budget budget);
base::Status delete_budget(Tx& tx, const std::string& name);

// Notifications are known by their triggers, all of whose fields count.
base::Status create_notification(Tx& tx, const std::string& budget, domain::BudgetNotification notification, const MailRule& rule);
base::Status update_notification(Tx& tx, const std::string& budget, const domain::BudgetTrigger& old, const domain::BudgetTrigger& wanted);
base::Status delete_notification(Tx& tx, const std::string& budget, const domain::BudgetTrigger& trigger);
base::Status create_subscriber(Tx& tx, const std::string& budget, const domain::BudgetTrigger& trigger, domain::BudgetSubscriber subscriber,
                               const MailRule& rule);
base::Status update_subscriber(Tx& tx, const std::string& budget, const domain::BudgetTrigger& trigger, const domain::BudgetSubscriber& old,
                               domain::BudgetSubscriber wanted, const MailRule& rule);
// With its last subscriber a notification is gone.
base::Status delete_subscriber(Tx& tx, const std::string& budget, const domain::BudgetTrigger& trigger, const domain::BudgetSubscriber& subscriber);

bool same(const domain::BudgetTrigger& a, const domain::BudgetTrigger& b);
bool same(const domain::BudgetSubscriber& a, const domain::BudgetSubscriber& b);
// The budget's notification with the trigger; NotFoundException.
base::Result<const domain::BudgetNotification*> find_notification(const domain::Budget& budget, const domain::BudgetTrigger& trigger);

// `remove`: keys that go; then `set` is put. ServiceQuotaExceededException over 50.
base::Status change_budget_tags(Tx& tx, const std::string& budget, const domain::Tags& set, const std::vector<std::string>& remove);

}  // namespace stipend::control
