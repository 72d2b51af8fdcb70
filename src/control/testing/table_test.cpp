#include "control/testing/table.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <sstream>

#include "control/commands/accounts.hpp"
#include "control/commands/addresses.hpp"
#include "control/commands/renewals.hpp"
#include "control/commands/reports.hpp"
#include "control/commands/room.hpp"
#include "control/commands/trash.hpp"
#include "control/vault.hpp"
#include "domain/instance_state.hpp"
#include "domain/lease.hpp"

namespace stipend::control {
namespace {

const Vault& vault() {
  static const Vault vault({});
  return vault;
}

Actor operator_of_it() { return {"uid:0", "admin", "test", {}, domain::Role::kAdministrator}; }
Actor host() { return {"host", "host", "test", {}, domain::Role::kAdministrator}; }

compute::Cause cause_of(const std::string& word) {
  for (int i = 0; i <= static_cast<int>(domain::StopCause::kHostDisk); ++i)
    if (domain::cause_name(static_cast<domain::StopCause>(i)) == word) return static_cast<compute::Cause>(i);
  return compute::Cause::kNone;
}

bool has(const std::vector<std::string>& words, const std::string& word) {
  return std::ranges::find(words, word) != words.end();
}

}  // namespace

Table::Table() : head_(domain::State{}, random_), image_(*base::ImageId::parse("ami-00000000000000001")) {
  command(operator_of_it(), [&](Tx& tx) -> base::Status {
    TRY(set_addresses(tx, {"10.97.16.0/24", "127.97.0.0/24"}));
    TRY(set_trash(tx, {.keep_s = 0}));
    domain::Image image;
    image.id = image_;
    image.name = "minimal";
    image.min_disk_gib = 8;
    return register_image(tx, image);
  });
}

const domain::Instance& Table::instance(const std::string& name) const {
  return *head_.state().find<domain::Instance>(machines_.at(name));
}

Actor Table::actor(const std::string& account) const {
  const auto& id = accounts_.at(account);
  return {id.str(), "aws", "test", id, head_.state().find<domain::Account>(id)->role};
}

std::string Table::command(const Actor& actor, Engine::Plan plan) {
  const auto status = head_.run(actor, plan, now_, {});
  auto batch = head_.take();
  for (auto& change : batch.changes) {
    const auto* put = std::get_if<store::Put<domain::Entry>>(&change);
    if (!put) continue;
    entries_.push_back(*put->row);
    if (auto wrong = balance_.add(*put->row); wrong && broken_.empty()) broken_ = *wrong;
  }
  effects_.insert(effects_.end(), batch.effects.begin(), batch.effects.end());
  if (auto wrong = domain::broken_invariant(head_.state(), now_); wrong && broken_.empty()) broken_ = *wrong;
  if (auto wrong = balance_(head_.state()); wrong && broken_.empty()) broken_ = *wrong;
  last_message_ = status ? std::string{} : status.error().message;
  return status ? "ok" : status.error().code;
}

std::string Table::run(const std::string& text) {
  std::istringstream lines(text);
  std::string line, wrong;
  for (int number = 1; std::getline(lines, line); ++number) {
    line = line.substr(0, line.find('#'));
    std::istringstream parts(line);
    Words words;
    for (std::string word; parts >> word;) words.push_back(word);
    if (words.empty()) continue;
    auto said = row(words);
    if (said.empty() && !broken_.empty()) said = broken_;
    if (!said.empty()) {
      wrong += fmt::format("row {}: {}\n  {}\n", number, line, said);
      if (!broken_.empty()) return wrong;
    }
  }
  return wrong;
}

std::string Table::row(const Words& given) {
  Words words = given;
  std::string wanted = "ok";
  if (words.size() > 2 && words[words.size() - 2] == "->") {
    wanted = words.back();
    words.resize(words.size() - 2);
  }
  std::string answer;
  auto said = setup(words, answer);
  if (answer.empty() && said.empty()) said = machine(words, answer);
  if (answer.empty() && said.empty()) said = elastic(words, answer);
  if (!said.empty()) return said;
  if (answer.empty()) return look(words);
  return answer == wanted ? "" : fmt::format("answered {}: {}", answer, last_message_);
}

std::string Table::setup(const Words& words, std::string& answer) {
  const auto& verb = words[0];
  if (verb == "course") {  // course PLAN grace SECONDS [PRICE LIST]
    NewCourse course{"course", words.at(1) == "per-hour" ? domain::RatePlan::kPerHour : domain::RatePlan::kPerSecond, "2026", 0};
    if (words.size() > 3) course.grace_s = std::stoll(words[3]);
    if (words.size() > 4) course.catalogue = words[4];
    answer = command(operator_of_it(), [&](Tx& tx) -> base::Status {
      TRY(create_course(tx, course));
      return {};
    });
  } else if (verb == "account") {
    const bool staff = has(words, "teacher");
    answer = command(operator_of_it(), [&](Tx& tx) -> base::Status {
      TRY_ASSIGN(const auto credit, base::parse_decimal(words.at(2)));
      TRY_ASSIGN(const auto made, create_account(tx, vault(), {"course", words.at(1),
                                                               staff ? domain::Role::kTeacher : domain::Role::kStudent, credit}));
      accounts_[words.at(1)] = made.account;
      return {};
    });
  } else if (verb == "grant") {
    answer = command(operator_of_it(), [&](Tx& tx) -> base::Status {
      TRY_ASSIGN(const auto amount, base::parse_decimal(words.at(2)));
      TRY(grant(tx, accounts_.at(words.at(1)), amount, "test"));
      return {};
    });
  } else if (verb == "grant-for") {  // grant-for ada 0.10 expires=SECONDS only=TYPE
    answer = command(operator_of_it(), [&](Tx& tx) -> base::Status {
      TRY_ASSIGN(const auto amount, base::parse_decimal(words.at(2)));
      domain::Grant row;
      row.id = base::make_id<base::GrantId>(tx.random());
      row.account = accounts_.at(words.at(1));
      row.amount = amount;
      row.created = now_;
      for (const auto& word : words) {
        if (word.starts_with("expires=")) row.expires = now_.plus_seconds(std::stoll(word.substr(8)));
        if (word.starts_with("only=")) row.only_types = {word.substr(5)};
      }
      domain::Wallet wallet(tx.state(), row.account, now_);
      wallet.give(row, "test");
      auto changes = wallet.take_changes();
      for (auto& one : changes.grants) tx.save(one);
      for (auto& entry : changes.entries) tx.save(entry);
      return {};
    });
  } else if (verb == "room") {  // room CPUS MEMORY_MIB
    answer = command(host(), [&](Tx& tx) -> base::Status {
      compute::HostRoom room;
      room.host = *base::HostId::parse("h-00000000000000001");
      room.cpus = std::stoll(words.at(1));
      room.memory_mib = std::stoll(words.at(2));
      room.disk_free_mib = 100'000;
      return set_room(tx, room, {});
    });
  } else if (verb == "tick") {
    now_ = now_.plus_seconds(std::stoll(words.at(1)));
    answer = "ok";
    if (auto wrong = domain::broken_invariant(head_.state(), now_); wrong && broken_.empty()) broken_ = *wrong;
  } else if (verb == "renew") {
    answer = command(host(), [&](Tx& tx) { return renew_account(tx, accounts_.at(words.at(1))); });
  } else if (verb == "forget") {
    answer = command(host(), [&](Tx& tx) -> base::Status {
      TRY(forget_old(tx));
      return {};
    });
  }
  return {};
}

std::string Table::machine(const Words& words, std::string& answer) {
  const auto& verb = words[0];
  if (verb == "launch") {  // launch ada web m4.large [terminate] [protect] [COUNT]
    LaunchRequest request;
    request.image = image_;
    request.type = words.at(3);
    request.terminate_on_guest_shutdown = has(words, "terminate");
    request.disable_api_termination = has(words, "protect");
    answer = command(actor(words.at(1)), [&](Tx& tx) -> base::Status {
      TRY_ASSIGN(const auto launched, launch(tx, request));
      machines_[words.at(2)] = launched.instances.at(0)->id;
      return {};
    });
    return {};
  }
  const bool known = verb == "start" || verb == "stop" || verb == "terminate" || verb == "reboot";
  if (known) {  // stop web [by grace]
    const auto& id = machines_.at(words.at(1));
    Actor who = words.size() > 3 ? actor(words.at(3)) : actor([&] {
      for (const auto& [name, account] : accounts_)
        if (account == instance(words.at(1)).account) return name;
      return std::string{};
    }());
    answer = command(who, [&](Tx& tx) -> base::Status {
      if (verb == "start") {
        TRY(start(tx, {id}, false));
      } else if (verb == "stop") {
        TRY(stop(tx, {{id}, false, false}));
      } else if (verb == "terminate") {
        TRY(terminate(tx, {id}, false));
      } else {
        TRY(reboot(tx, {id}, false));
      }
      return {};
    });
  } else if (verb == "report") {
    answer = report(words);
  }
  return {};
}

// allocate ada ip | associate ip web [strict] [by grace] | disassociate ip | release ip | unpaid
std::string Table::elastic(const Words& words, std::string& answer) {
  const auto& verb = words[0];
  const auto owner = [&] {
    if (words.size() > 2 && words[words.size() - 2] == "by") return actor(words.back());
    for (const auto& [name, account] : accounts_)
      if (const auto* row = address(words.at(1)); row && account == row->account) return actor(name);
    return actor(accounts_.begin()->first);
  };
  if (verb == "allocate") {
    answer = command(actor(words.at(1)), [&](Tx& tx) -> base::Status {
      TRY_ASSIGN(const auto row, allocate_address(tx, {}));
      addresses_[words.at(2)] = row->id;
      return {};
    });
  } else if (verb == "associate") {
    answer = command(owner(), [&](Tx& tx) -> base::Status {
      TRY(associate_address(tx, {addresses_.at(words.at(1)), machines_.at(words.at(2)), !has(words, "strict"), false}));
      return {};
    });
  } else if (verb == "disassociate") {
    answer = command(owner(), [&](Tx& tx) {
      const auto* row = address(words.at(1));
      return disassociate_address(tx, row ? row->association : "", false);
    });
  } else if (verb == "release") {
    answer = command(owner(), [&](Tx& tx) { return release_address(tx, addresses_.at(words.at(1)), false); });
  } else if (verb == "unpaid") {
    answer = command(host(), [](Tx& tx) { return release_unpaid_addresses(tx); });
  }
  return {};
}

// report NAME running RAN [SEQ] | stopping RAN CAUSE | ended RAN CAUSE [ours] | vanished RAN | absent
std::string Table::report(const Words& words) {
  const auto& row = instance(words.at(1));
  compute::Report report;
  report.key = {row.id, row.generation};
  report.lease_seq = row.run ? row.run->lease_seq : 0;
  if (words.size() > 3) report.ran = {std::stoll(words.at(3))};
  const auto& what = words.at(2);
  if (what == "running") {
    report.phase = compute::Phase::kRunning;
    if (words.size() > 4) report.lease_seq = std::stoll(words.at(4));
  } else if (what == "stopping" || what == "ended") {
    report.phase = what == "ended" ? compute::Phase::kEnded : compute::Phase::kStopping;
    report.cause = cause_of(words.at(4));
    report.halted_by_us = has(words, "ours");
  } else if (what == "vanished") {
    report.phase = compute::Phase::kEnded;
    report.cause = compute::Cause::kFault;
    report.known_to_end = false;
  } else if (what != "absent") {
    return "no such report";
  }
  return command(host(), [&](Tx& tx) -> base::Status {
    TRY(handle_report(tx, report));
    return {};
  });
}

std::string Table::check_money(const Words& words) const {
  const auto f = domain::figures(head_.state(), accounts_.at(words.at(1)), now_);
  const std::map<std::string, base::Money> figures{{"granted", f.granted}, {"charged", f.charged}, {"balance", f.balance},
                                                   {"held", f.held}, {"reserved", f.reserved}, {"available", f.available}};
  for (std::size_t i = 2; i < words.size(); ++i) {
    const auto equal = words[i].find('=');
    const auto name = words[i].substr(0, equal), value = words[i].substr(equal + 1);
    if (base::to_decimal(figures.at(name)) != base::to_decimal(*base::parse_decimal(value)))
      return fmt::format("{} is {}", name, base::to_decimal(figures.at(name)));
  }
  return {};
}

std::string Table::look(const Words& words) {
  const auto& verb = words[0];
  const auto differs = [&](const auto& is, const auto& wanted) {
    return is == wanted ? std::string{} : fmt::format("it is {}", is);
  };
  if (verb == "money") return check_money(words);
  if (verb == "lasts") {
    const auto f = domain::figures(head_.state(), accounts_.at(words.at(1)), now_);
    return differs(f.lasts_until ? fmt::format("{}", now_.ms_until(*f.lasts_until) / 1000) : "none", words.at(2));
  }
  if (verb == "entries") return differs(fmt::format("{}", entries_.size()), words.at(1));
  if (verb == "state") {
    const auto& row = instance(words.at(1));
    if (words.size() > 3 && domain::cause_name(row.stop_cause) != words[3])
      return fmt::format("the cause is {}", domain::cause_name(row.stop_cause));
    return differs(domain::state_name(row.state), words.at(2));
  }
  if (verb == "address") {  // address ip idle | used | gone
    const auto* row = address(words.at(1));
    return differs(std::string(!row ? "gone" : row->idle_since ? "idle" : "used"), words.at(2));
  }
  if (verb == "reached") {  // reached web ip | own | nowhere
    const auto& at = instance(words.at(1)).public_address;
    std::string is = at.empty() ? "nowhere" : "own";
    for (const auto& [name, id] : addresses_)
      if (const auto* row = address(name); row && row->address == at) is = name;
    return differs(is, words.at(2));
  }
  if (verb == "lease") return differs(fmt::format("{}", instance(words.at(1)).run->lease_run_max.count), words.at(2));
  return "no such row";
}

}  // namespace stipend::control
