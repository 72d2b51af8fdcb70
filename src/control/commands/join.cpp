#include "control/commands/join.hpp"

#include <fmt/format.h>

#include "control/commands/accounts.hpp"
#include "control/commands/common.hpp"
#include "control/commands/passes.hpp"
#include "control/commands/roster.hpp"
#include "control/roster/clean_text.hpp"

namespace stipend::control {
namespace {

using base::Fault;

// No I, L, O, U, 0, 1: 30 signs; nine of them are 44 bits.
constexpr std::string_view kSigns = "ABCDEFGHJKMNPQRSTVWXYZ23456789";
constexpr std::size_t kCodeLength = 9;
constexpr std::int64_t kMostUses = 10'000, kYear = 366LL * 86400;
constexpr std::size_t kMostCodes = 200;

base::Result<const domain::JoinCode*> usable(const domain::State& state, base::WallTime now, const std::string& typed) {
  const auto* code = state.find<domain::JoinCode>(plain_code(typed));
  if (!code)
    return base::fail(Fault::kNotFound, "JoinCodeUnknown", "There is no such code. Look at each letter again; a code has no O, I, L, U, 0 or 1.");
  if (code->revoked) return base::fail(Fault::kConflict, "JoinCodeRevoked", "Your teacher has ended this code. Ask for a new one.");
  if (code->expires <= now) return base::fail(Fault::kConflict, "JoinCodeExpired", "This code has expired. Ask your teacher for a new one.");
  if (code->uses >= code->uses_max)
    return base::fail(Fault::kConflict, "JoinCodeUsedUp", "This code has been used as often as it may be. Ask your teacher for a new one.");
  return code;
}

}  // namespace

std::string plain_code(std::string_view typed) {
  std::string out;
  for (const char c : typed.substr(0, 64)) {
    const char upper = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    if (kSigns.contains(upper)) out += upper;
    else if (c != ' ' && c != '-') return "";
  }
  return out;
}

base::Result<domain::RowPtr<domain::JoinCode>> make_join_code(Tx& tx, const NewJoinCode& request) {
  TRY_ASSIGN(const auto* course, managed_course(tx.state(), tx.actor(), request.course));
  const auto section = clean_text(request.section, kSectionMost, false);
  if (!section) return base::fail(Fault::kInvalid, "InvalidName", "the section " + section.error().message);
  if (request.uses < 1 || request.uses > kMostUses)
    return base::fail(Fault::kInvalid, "InvalidUses", fmt::format("a code can be used 1 to {} times", kMostUses));
  if (request.credit < base::Money{} || request.credit > base::Money::dollars(100'000))
    return base::fail(Fault::kInvalid, "InvalidAmount", "the credit of a code must be between 0 and 100000 dollars");
  if (request.expires <= tx.now() || request.expires > tx.now().plus_seconds(kYear))
    return base::fail(Fault::kInvalid, "InvalidExpiry", "a code must expire in the future, within a year");
  std::size_t codes = 0;
  for (const auto& [key, row] : tx.state().join_codes) codes += row->course == course->id && !row->revoked;
  if (codes >= kMostCodes)
    return base::fail(Fault::kNoRoom, "TooManyCodes", fmt::format("the course has {} codes; end some first", codes));
  domain::JoinCode code;
  do code.code = random_word(tx.random(), kSigns, kCodeLength);
  while (tx.state().find<domain::JoinCode>(code.code));
  code.course = course->id;
  code.section = *section;
  code.credit = request.credit;
  code.uses_max = request.uses;
  code.created = tx.now();
  code.expires = request.expires;
  const auto key = code.code;
  tx.save(std::move(code));
  tx.audit("make-join-code", course->id.str(), fmt::format("{} uses of {}", request.uses, base::to_decimal(request.credit)));
  return tx.state().join_codes.at(key);
}

base::Status revoke_join_code(Tx& tx, const std::string& typed) {
  const auto* code = tx.state().find<domain::JoinCode>(plain_code(typed));
  const auto* course = code ? tx.state().find<domain::Course>(code->course) : nullptr;
  if (course) {
    TRY_ASSIGN(const auto* managed, managed_course(tx.state(), tx.actor(), course->id.str()));
    if (managed->id != course->id) course = nullptr;
  }
  if (!course) return base::fail(Fault::kNotFound, "JoinCodeUnknown", "there is no such code in this course");
  domain::JoinCode ended = *code;
  ended.revoked = true;
  tx.save(std::move(ended));
  tx.audit("revoke-join-code", course->id.str(), {});
  return {};
}

base::Result<JoinOffer> look_at_join_code(const domain::State& state, base::WallTime now, const std::string& typed) {
  TRY_ASSIGN(const auto* code, usable(state, now, typed));
  JoinOffer offer;
  offer.credit = code->credit;
  if (const auto* course = state.find<domain::Course>(code->course)) offer.course = course->name;
  for (const auto& [id, account] : state.accounts) {
    if (account->course != code->course || account->role != domain::Role::kTeacher || offer.teachers.size() == 3) continue;
    if (const auto* person = state.find<domain::Person>(account->person)) offer.teachers.push_back(person->name);
  }
  return offer;
}

base::Result<Joined> join(Tx& tx, const std::string& typed, const std::string& identifier) {
  TRY_ASSIGN(const auto* code, usable(tx.state(), tx.now(), typed));
  const auto clean = clean_identifier(identifier);
  if (!clean) return base::fail(Fault::kInvalid, "InvalidIdentifier", "The identifier " + clean.error().message + ".");
  const auto* course = tx.state().find<domain::Course>(code->course);
  NewMember member;
  member.name = member.identifier = *clean;
  member.section = code->section;
  member.credit = code->credit;
  member.source = "code";
  member.status = domain::AccountStatus::kJoined;
  if (!check_free(tx.state(), *course, member))
    return base::fail(Fault::kConflict, "IdentifierTaken",
                      fmt::format("Somebody in {} is '{}' already. If that is you, ask your teacher for a new sign-in link; "
                                  "else choose another identifier.",
                                  course->name, *clean));
  domain::JoinCode used = *code;
  ++used.uses;
  tx.save(std::move(used));
  const auto account = add_member(tx, *course, member);
  tx.audit("join", account.str(), {});
  Joined joined{account, make_session(tx, account).secret, {}};
  joined.sign_in_token = make_sign_in_link(tx, account);
  return joined;
}

}  // namespace stipend::control
