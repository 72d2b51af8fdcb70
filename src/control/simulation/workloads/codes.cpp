// A course that hands out credit by codes: single ones, one for fewer than want it, one that expires, one that is ended, one
// for some types that lasts days. When each is told everybody enters it at once, some twice, some minutes late. And the
// teacher gives credit that ends, for some types or all, so that accounts have several grants at a time. No code may be used
// beyond its uses, twice by one account, or after its end; nobody may be told that one is used up which is not.
#include <fmt/format.h>

#include <map>
#include <set>

#include "control/commands/credit_codes.hpp"
#include "control/simulation/people.hpp"

namespace stipend::control {
namespace {

const std::vector<std::vector<std::string>> kNarrow{{}, {"t2.micro"}, {"t2.small", "m1.small"}, {"t2.medium", "t2.micro", "t2.nano"}};

class Codes final : public Workload {
 public:
  explicit Codes(Size size) : size_(size) {}

  void set_up(World& world) override {
    class_ = make_class(world, "codes", size_.students, 5'000'000, 250'000'000);
    const auto students = size_.students;
    make(world, "single", [&](NewCreditCodes& codes) { codes.count = students / 2 + 1; });
    make(world, "scarce", [&](NewCreditCodes& codes) { codes.uses = std::max<std::int64_t>(1, students * 2 / 3); });
    expires_ms_ = world.between(kHourMs, size_.weeks * kWeekMs - kHourMs);
    make(world, "brief", [&](NewCreditCodes& codes) {
      codes.uses = students;
      codes.expires = {world.wall().ms + expires_ms_};
    });
    make(world, "ended", [&](NewCreditCodes& codes) { codes.uses = students; });
    make(world, "narrow", [&](NewCreditCodes& codes) {
      codes.uses = students;
      codes.terms.only_types = kNarrow[static_cast<std::size_t>(world.between(1, 3))];
      codes.grant_days = world.between(1, 5);
    });
    begun_ms_ = world.now_ms();
  }

  void start(World& world) override {
    const auto end_at = any_time(world);
    world.at(end_at, [&world, this] { end(world, 50); });
    for (const auto& [label, codes] : codes_) {
      const auto told = label == "ended" ? end_at : label == "brief" ? begun_ms_ + expires_ms_ : any_time(world);
      // Around an end some come before it, some after.
      const auto early = label == "ended" || label == "brief" ? 10 * kMinuteMs : 0;
      const auto storm_ms = world.one_in(2) ? 2'000 : 20 * kMinuteMs;
      for (const auto& student : class_.students)
        for (auto press = world.between(0, 2); press > 0; --press) {
          const auto& code = codes[world.random().below(codes.size())];
          world.at(told + world.between(-early, storm_ms), [&world, this, student, code] { enter(world, student, code, 30); });
        }
    }
    for (std::int64_t week = 0; week < size_.weeks; ++week)
      for (const auto& student : class_.students) {
        for (auto more = world.between(0, 2); more > 0; --more) world.at(any_time(world, week), [&world, student] { give_some(world, student); });
        for (auto more = world.between(1, 3); more > 0; --more) {
          const auto comes = any_time(world, week);
          Wish wish{.type = any_type(world, true), .count = world.between(1, 2)};
          world.at(comes, [&world, student, wish] { begin_work(world, student, wish); });
          if (!world.one_in(4)) world.at(comes + world.between(10 * kMinuteMs, 8 * kHourMs), [&world, student] { end_work(world, student, world.one_in(6)); });
        }
      }
  }

  void check(World& world) override {
    const auto& state = world.durable();
    std::map<std::string, std::int64_t> given;
    std::set<std::pair<base::AccountId, std::string>> had;
    for (const auto& [id, grant] : state.grants) {
      if (grant->code.empty()) continue;
      const auto* code = state.find<domain::CreditCode>(grant->code);
      world.must(code != nullptr, id.str() + ": of a code that nobody made");
      ++given[grant->code];
      world.must(had.insert({grant->account, grant->code}).second, fmt::format("{} had the credit of {} twice", grant->account.view(), grant->code));
      world.must(grant->amount == code->amount && grant->only_types == code->only_types, id.str() + ": is not what its code gives");
      const auto expires = code->grant_s > 0 ? grant->created.plus_seconds(code->grant_s) : code->grant_expires;
      world.must(grant->expires == expires, id.str() + ": does not last as long as its code says");
      world.must(grant->created < code->expires, id.str() + ": its code had expired");
      if (code->revoked) world.must(grant->created <= ended_.value_or(base::WallTime::never()), id.str() + ": its code had been ended");
    }
    for (const auto& [label, codes] : codes_)
      for (const auto& name : codes) {
        const auto& code = *state.find<domain::CreditCode>(name);
        world.must(code.uses == given[name] && code.uses <= code.uses_max, fmt::format("{}: counts {} uses of {}, {} had it", name, code.uses, code.uses_max, given[name]));
        world.must(!used_up_.contains(name) || code.uses == code.uses_max, name + ": was told to be used up");
      }
    for (const auto& one : answered_) world.must(had.contains(one), fmt::format("{} entered {}, and it was lost", one.first.view(), one.second));
  }

 private:
  std::int64_t any_time(World& world) const { return begun_ms_ + world.between(kHourMs, std::max<std::int64_t>(2 * kHourMs, size_.weeks * kWeekMs - kDayMs)); }
  std::int64_t any_time(World& world, std::int64_t week) const { return begun_ms_ + week * kWeekMs + world.between(0, kWeekMs - kHourMs); }

  void make(World& world, const std::string& label, const std::function<void(NewCreditCodes&)>& change) {
    NewCreditCodes wanted;
    wanted.course = class_.name;
    wanted.amount = {world.between(3'000'000, 120'000'000)};
    wanted.expires = world.wall().plus_seconds(300 * 86'400);
    wanted.label = label;
    change(wanted);
    world.now([&](Tx& tx) -> base::Status {
      TRY_ASSIGN(const auto made, make_credit_codes(tx, wanted));
      for (const auto& code : made) codes_[label].push_back(code->code);
      return {};
    });
  }

  void end(World& world, int patience) {
    auto at = std::make_shared<base::WallTime>();
    world.submit(
        World::admin(),
        [this, at](Tx& tx) -> base::Status {
          *at = tx.now();
          TRY(end_credit_code(tx, class_.name, codes_.at("ended").front()));
          return {};
        },
        [&world, this, at, patience](base::Status status) {
          if (status) ended_ = *at;
          else if (patience > 0 && !world.is_ending()) world.in(world.between(1'000, kHourMs), [&world, this, patience] { end(world, patience - 1); });
        });
  }

  void enter(World& world, const base::AccountId& student, const std::string& code, int patience) {
    world.submit(
        world.as(student, "console"),
        [code](Tx& tx) -> base::Status {
          TRY(redeem_credit_code(tx, code));
          return {};
        },
        [&world, this, student, code, patience](base::Status status) {
          if (status) {
            answered_.insert({student, code});
            return;
          }
          const auto& why = status.error().code;
          if (why == "CreditCodeUsedUp") used_up_.insert(code);
          if ((why == "ServerDown" || why == "ServiceUnavailable") && patience > 0 && !world.is_ending())
            world.in(world.between(1'000, 5 * kMinuteMs), [&world, this, student, code, patience] { enter(world, student, code, patience - 1); });
        });
  }

  // Credit with terms, often shorter than a machine runs.
  static void give_some(World& world, const base::AccountId& student) {
    const base::Money amount{world.between(1'000'000, 60'000'000)};
    GrantTerms terms{.only_types = kNarrow[world.random().below(kNarrow.size())]};
    const auto lasts_s = world.one_in(2) ? world.between(600, 7'200) : world.between(3'600, 10 * 86'400);
    const bool ends = !world.one_in(4);
    world.submit(
        World::admin(),
        [=](Tx& tx) -> base::Status {
          auto wanted = terms;
          if (ends) wanted.expires = tx.now().plus_seconds(lasts_s);
          TRY(grant(tx, student, amount, "with terms", wanted));
          return {};
        },
        [&world, student, amount](base::Status status) {
          if (status) world.promised(student, amount);
        });
  }

  Size size_;
  Class class_;
  std::map<std::string, std::vector<std::string>> codes_;  // by label
  std::int64_t expires_ms_ = 0, begun_ms_ = 0;
  std::set<std::pair<base::AccountId, std::string>> answered_;
  std::set<std::string> used_up_;
  std::optional<base::WallTime> ended_;  // answered
};

}  // namespace

WorkloadPtr make_codes(Size size) { return std::make_unique<Codes>(size); }

}  // namespace stipend::control
