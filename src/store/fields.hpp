// One description of the members of each row, for every generic use: SQL columns (sqlite/), the JSON of
// nested values and of the entry chain (json.hpp). A member missing here does not compile: the names are also
// counted.
//
//   using F = store::Fields<domain::Account>;
//   F::kTable, F::kNames ("id, course, ..."), F::each(row, [](std::string_view name, auto& member) {...});
#pragma once

#include <cstddef>
#include <string_view>
#include <tuple>

#include "domain/rows.hpp"

namespace stipend::store {

template <class Row>
struct Fields;

// The first field named is the key of a row's table.
#define STIPEND_PARENS ()
#define STIPEND_EXPAND(...) STIPEND_EXPAND3(STIPEND_EXPAND3(STIPEND_EXPAND3(STIPEND_EXPAND3(__VA_ARGS__))))
#define STIPEND_EXPAND3(...) STIPEND_EXPAND2(STIPEND_EXPAND2(STIPEND_EXPAND2(STIPEND_EXPAND2(__VA_ARGS__))))
#define STIPEND_EXPAND2(...) STIPEND_EXPAND1(STIPEND_EXPAND1(STIPEND_EXPAND1(STIPEND_EXPAND1(__VA_ARGS__))))
#define STIPEND_EXPAND1(...) __VA_ARGS__
#define STIPEND_VISIT(...) __VA_OPT__(STIPEND_EXPAND(STIPEND_VISIT_ONE(__VA_ARGS__)))
#define STIPEND_VISIT_ONE(name, ...)        \
  visit(std::string_view(#name), row.name); \
  __VA_OPT__(STIPEND_VISIT_AGAIN STIPEND_PARENS(__VA_ARGS__))
#define STIPEND_VISIT_AGAIN() STIPEND_VISIT_ONE

#define STIPEND_FIELDS(Row, table, ...)                                                  \
  template <>                                                                            \
  struct Fields<domain::Row> {                                                           \
    static constexpr std::string_view kTable = table;                                    \
    static constexpr std::string_view kNames = #__VA_ARGS__;                             \
    template <class R, class Visit>                                                      \
    static void each(R& row, Visit&& visit) {                                            \
      STIPEND_VISIT(__VA_ARGS__)                                                         \
    }                                                                                    \
    static void names_every_member(const domain::Row& row) {                             \
      [[maybe_unused]] const auto& [__VA_ARGS__] = row; /* else a member has no field */ \
    }                                                                                    \
  }

STIPEND_FIELDS(Course, "courses", id, name, plan, catalogue, grace_s, created, homes, home_gib,
               share_percent, class_hours, wallet, folder, policy, emergency_given, prices);
STIPEND_FIELDS(PriceStep, "", from, edition);
STIPEND_FIELDS(InstanceType, "", name, vcpus, memory_mib, price, provider, baseline_milli, gpus, gpu);
STIPEND_FIELDS(Catalogue, "catalogues", edition, source, types, gp2_gib_month, course, created, snapshot_gib_month, address);
STIPEND_FIELDS(Window, "", from, to);
STIPEND_FIELDS(Policy, "", types, machines_max, vcpus_max, disk_gib_max, day_max, week_max, open, free, free_end, ends,
               emergency, emergency_total, free_tier);
STIPEND_FIELDS(FreeTier, "", type, hours, months);
STIPEND_FIELDS(ClassHours, "", from, to, type, machines);
STIPEND_FIELDS(Person, "persons", id, name, mail, identifier);
STIPEND_FIELDS(Account, "accounts", id, course, person, role, created, section, status, seen, free_tier);
STIPEND_FIELDS(JoinCode, "join_codes", code, course, section, credit, uses, uses_max, created, expires, revoked);
STIPEND_FIELDS(CourseLink, "course_links", code, course, title, image, type, repository, branch, path, created);
STIPEND_FIELDS(QueuePlace, "queue", id, account, instance, image, type, name, since, refused, passed, token,
               key_name);
STIPEND_FIELDS(AccessKey, "access_keys", access_key_id, account, sealed_secret, created, active);
STIPEND_FIELDS(KeyPair, "key_pairs", id, account, name, type, fingerprint, public_key, tags, created);
STIPEND_FIELDS(Image, "images", id, name, description, architecture, min_disk_gib, jupyter, created, account, snapshot, base,
               shared, deregistered, tags);
STIPEND_FIELDS(Disk, "disks", id, account, kind, gib, attached, delete_on_termination, price, reserve_wanted,
               reserved, reserve_draws, posted, house, segment, created, posted_at, deleted, tags, purge_at, image, origin, catalogue,
               source, snapshot, stored_mib, description);
STIPEND_FIELDS(Address, "addresses", id, account, address, instance, association, price, catalogue, idle, posted_idle, idle_since, reserve_wanted,
               reserved, reserve_draws, posted, house, segment, created, posted_at, tags);
STIPEND_FIELDS(Run, "", generation, price, plan, vcpus, memory_mib, host, boot_id, lease_seq, acked_seq,
               lease_run_max, held_run_max, seen_ran, posted_ran, posted, segment, charge_until, posted_at,
               start_committed, running_since, seen_at, cpu_milli, free, limit, catalogue, host_address);
STIPEND_FIELDS(FreeTime, "", began_free, ran, hour_shift, from, to, until);
STIPEND_FIELDS(Notice, "", kind, at, figure, used_mib, size_mib, count);
STIPEND_FIELDS(Instance, "instances", id, account, reservation, launch_index, image, type, key_name,
               authorized_key, user_data, client_token, root_disk, zone, private_address, public_address,
               last_public_address, state, generation, run, jupyter_token, stop_cause, terminate_wanted,
               terminate_on_guest_shutdown, disable_api_termination, state_reason_code, state_reason_message,
               transition_reason, failed_starts, launched, created, stopped_at, terminated_at, tags, home_disk, notices);
STIPEND_FIELDS(Grant, "grants", id, account, amount, spent, taken_back, expired, source, created, expires,
               only_types, segment, note, code);
STIPEND_FIELDS(CreditCode, "credit_codes", code, course, amount, uses, uses_max, created, expires, grant_s, grant_expires,
               only_types, label, revoked);
STIPEND_FIELDS(Spend, "spends", account, day, week, today, this_week);
STIPEND_FIELDS(Draw, "", grant, amount, type);
STIPEND_FIELDS(Hold, "holds", account, amount, draws);
STIPEND_FIELDS(Entry, "entries", number, account, kind, debit, credit, amount, subject, generation, segment,
               from, to, price, catalogue, type, reason, at, chain);
STIPEND_FIELDS(UsageDay, "usage_days", account, day, kind, type, catalogue, price, house, amount, seconds);
STIPEND_FIELDS(Outage, "outages", id, account, instance, type, host, reason, from, until, given_back);
STIPEND_FIELDS(BudgetFilter, "", dimension, values);
STIPEND_FIELDS(BudgetSubscriber, "", sns, address);
STIPEND_FIELDS(BudgetTrigger, "", forecast, percent, comparison, threshold);
STIPEND_FIELDS(BudgetNotification, "", trigger, subscribers, alarm, told);
STIPEND_FIELDS(BudgetActionEvent, "", at, status, event, message);
STIPEND_FIELDS(BudgetAction, "", id, trigger, stop, region, role, automatic, subscribers, status, told, history);
STIPEND_FIELDS(Budget, "budgets", id, account, name, kind, time, limit, unit, from, until, filters, given, notifications, actions,
               tags, updated);
STIPEND_FIELDS(Mail, "mails", id, account, to, subject, text, about, state, tries, created, next_try, error);
STIPEND_FIELDS(Audit, "audits", number, at, actor, via, request_id, action, target, reason);
STIPEND_FIELDS(ClientToken, "client_tokens", token, request_hash, instances, created);
STIPEND_FIELDS(Pass, "passes", hash, kind, account, instance, parent, created, expires, seen);
STIPEND_FIELDS(Setting, "settings", name, value);

}  // namespace stipend::store
