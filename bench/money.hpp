// What the programs that measure the ledger share: a class in a store on the disk of TMPDIR, clocks, and figures of many
// measurements. Each prints one JSON object.
#pragma once

#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "control/commands/accounts.hpp"
#include "control/commands/room.hpp"
#include "control/engine.hpp"
#include "control/vault.hpp"

namespace stipend::bench {

inline double wall_s() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }
inline double seconds(const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; }
// User and system time of the whole process.
inline double cpu_s() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}
inline double thread_cpu_s() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

// Sorts them.
inline double percentile(std::vector<double>& values, double part) {
  std::ranges::sort(values);
  return values.at(std::min(values.size() - 1, static_cast<std::size_t>(part * static_cast<double>(values.size()))));
}

[[noreturn]] inline void die(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}
inline void must(const base::Status& status, const char* what) {
  if (!status) die(std::string(what) + ": " + status.error().message);
}

inline const control::Actor kAdmin{.who = "uid:0", .via = "admin", .request_id = {}, .account = {}};

// One course on a host that has room for everything; `run` answers when the command is durable.
struct School {
  using Run = std::function<void(const control::Actor&, control::Engine::Plan)>;

  base::SeededRandom random{5};
  control::Vault vault{{}};
  base::ImageId image = base::make_id<base::ImageId>(random);
  std::vector<base::AccountId> accounts;

  void open(const Run& run) {
    run(kAdmin, [this](control::Tx& tx) -> base::Status {
      domain::Image row;
      row.id = image;
      row.name = "minimal";
      row.min_disk_gib = 1;
      TRY(control::register_image(tx, row));
      TRY(control::set_addresses(tx, {"10.96.0.0/12", "127.96.0.0/12"}));
      TRY(control::set_room(tx, {base::make_id<base::HostId>(tx.random()), "b", 10'000'000, 1LL << 50, 1LL << 50}, {}));
      TRY(control::create_course(tx, {.name = "c"}));
      return {};
    });
  }
  void add(const Run& run, std::int64_t count, base::Money credit) {
    for (std::int64_t i = 0; i < count; ++i)
      run(kAdmin, [this, credit](control::Tx& tx) -> base::Status {
        TRY_ASSIGN(auto made, control::create_account(tx, vault, {.course = "c", .name = "s", .credit = credit}));
        accounts.push_back(made.account);
        return {};
      });
  }
  static control::Actor as(const base::AccountId& account) { return {.who = account.str(), .via = "aws", .request_id = "bench", .account = account}; }
};

// A charge of an account's first grant, as a posting makes it: the entry and the grant that paid. Segments differ.
inline void transfer(control::Tx& tx, const base::AccountId& account, const std::string& machine, std::int64_t segment, base::WallTime at) {
  auto grant = *tx.state().find<domain::Grant>(*tx.state().grants_of.at(account).begin());
  domain::Entry entry;
  entry.account = account;
  entry.kind = domain::EntryKind::kCharge;
  entry.debit = "grant:" + grant.id.str();
  entry.credit = "usage:" + account.str();
  entry.amount = {11'600'000};
  entry.subject = machine;
  entry.generation = 1;
  entry.segment = segment;
  entry.from = {segment * 3600};
  entry.to = {(segment + 1) * 3600};
  entry.price = {11'600'000};
  entry.catalogue = "2026";
  entry.type = "t2.micro";
  entry.reason = "usage";
  entry.at = at;
  grant.spent += entry.amount;
  tx.save(std::move(grant));
  tx.save(std::move(entry));
}

}  // namespace stipend::bench
