#include "control/commands/credit_codes.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "control/commands/common.hpp"
#include "control/commands/join.hpp"
#include "control/commands/passes.hpp"
#include "control/roster/clean_text.hpp"

namespace stipend::control {
namespace {

using base::Fault;
using base::Money;
using domain::CreditCode;

// As join codes: no I, L, O, U, 0, 1.
constexpr std::string_view kSigns = "ABCDEFGHJKMNPQRSTVWXYZ23456789";
constexpr std::size_t kCodeLength = 12, kLabelMost = 60;
constexpr std::int64_t kMostUses = 10'000, kDay = 86400, kYear = 366 * kDay;

bool is_live(const CreditCode& code, base::WallTime now) { return std::string_view(state_of(code, now)) == "usable"; }

base::Status check(const NewCreditCodes& request, base::WallTime now) {
  if (request.amount <= Money{} || request.amount > Money::dollars(100'000))
    return base::fail(Fault::kInvalid, "InvalidAmount", "a code gives more than 0 and at most 100000 dollars");
  if (request.count < 1 || request.count > static_cast<std::int64_t>(kCreditCodesAtOnce))
    return base::fail(Fault::kInvalid, "InvalidCount", fmt::format("1 to {} codes are made at once", kCreditCodesAtOnce));
  if (request.uses < 1 || request.uses > kMostUses)
    return base::fail(Fault::kInvalid, "InvalidUses", fmt::format("a code can be used 1 to {} times", kMostUses));
  if (request.expires <= now || request.expires > now.plus_seconds(kYear))
    return base::fail(Fault::kInvalid, "InvalidExpiry", "a code must expire in the future, within a year");
  if (request.grant_days < 0 || request.grant_days > kLongestTermS / kDay)
    return base::fail(Fault::kInvalid, "InvalidExpiry", fmt::format("the credit lasts 1 to {} days", kLongestTermS / kDay));
  if (request.grant_days > 0 && request.terms.expires != base::WallTime::never())
    return base::fail(Fault::kInvalid, "InvalidExpiry", "the credit ends at an instant or after some days; choose one of the two");
  if (request.expires > request.terms.expires)
    return base::fail(Fault::kInvalid, "InvalidExpiry", "the credit would end before the codes do; let the codes expire no later");
  return {};
}

void end(Tx& tx, CreditCode code) {
  code.revoked = true;
  tx.save(std::move(code));
}

std::unexpected<base::Error> unknown() {
  return base::fail(Fault::kNotFound, "CreditCodeUnknown",
                    "Your course has no such code. Look at each letter again; a code has twelve, and no O, I, L, U, 0 or 1.");
}

}  // namespace

const char* state_of(const CreditCode& code, base::WallTime now) {
  return code.revoked ? "ended" : code.uses >= code.uses_max ? "used-up" : code.expires <= now ? "expired" : "usable";
}

std::string printed_code(const std::string& code) {
  std::string out;
  for (std::size_t at = 0; at < code.size(); at += 4) out += (at == 0 ? "" : "-") + code.substr(at, 4);
  return out;
}

base::Result<std::vector<domain::RowPtr<CreditCode>>> make_credit_codes(Tx& tx, const NewCreditCodes& request) {
  TRY_ASSIGN(const auto* course, managed_course(tx.state(), tx.actor(), request.course));
  TRY(check(request, tx.now()));
  TRY_ASSIGN(const auto terms, check_terms(tx.state(), *course, tx.now(), request.terms));
  const auto label = clean_text(request.label, kLabelMost, true);
  if (!label) return base::fail(Fault::kInvalid, "InvalidName", "the label " + label.error().message);
  const auto live = std::ranges::count_if(tx.state().credit_codes, [&](const auto& at) { return at.second->course == course->id && is_live(*at.second, tx.now()); });
  if (static_cast<std::size_t>(live + request.count) > kCreditCodesMost)
    return base::fail(Fault::kNoRoom, "TooManyCodes",
                      fmt::format("the course has {} codes that can be used, of at most {}; end some first", live, kCreditCodesMost));
  std::vector<domain::RowPtr<CreditCode>> made;
  for (std::int64_t i = 0; i < request.count; ++i) {
    CreditCode code;
    do code.code = random_word(tx.random(), kSigns, kCodeLength);
    while (tx.state().find<CreditCode>(code.code));
    code.course = course->id;
    code.amount = request.amount;
    code.uses_max = request.uses;
    code.created = tx.now();
    code.expires = request.expires;
    code.grant_s = request.grant_days * kDay;
    code.grant_expires = terms.expires;
    code.only_types = terms.only_types;
    code.label = *label;
    const auto key = code.code;
    tx.save(std::move(code));
    made.push_back(tx.state().credit_codes.at(key));
  }
  tx.audit("make-credit-codes", course->id.str(), fmt::format("{} codes of {}, {} uses each", request.count, base::to_decimal(request.amount), request.uses));
  return made;
}

base::Result<std::int64_t> end_credit_code(Tx& tx, const std::string& name, const std::string& typed) {
  TRY_ASSIGN(const auto* course, managed_course(tx.state(), tx.actor(), name));
  const auto* code = tx.state().find<CreditCode>(plain_code(typed));
  if (!code || code->course != course->id)
    return base::fail(Fault::kNotFound, "CreditCodeUnknown", fmt::format("the course '{}' has no such credit code", course->name));
  end(tx, *code);
  tx.audit("end-credit-codes", course->id.str(), "1 code");
  return 1;
}

base::Result<std::int64_t> end_credit_codes(Tx& tx, const std::string& name, const std::string& label) {
  TRY_ASSIGN(const auto* course, managed_course(tx.state(), tx.actor(), name));
  const auto id = course->id;
  std::vector<domain::RowPtr<CreditCode>> meant;
  for (const auto& [key, code] : tx.state().credit_codes)
    if (code->course == id && code->label == label && is_live(*code, tx.now())) meant.push_back(code);
  if (meant.empty())
    return base::fail(Fault::kNotFound, "CreditCodeUnknown", fmt::format("the course '{}' has no credit code of the label '{}' that can be used", course->name, label));
  for (const auto& code : meant) end(tx, *code);
  tx.audit("end-credit-codes", id.str(), fmt::format("{} codes", meant.size()));
  return static_cast<std::int64_t>(meant.size());
}

base::Result<domain::RowPtr<domain::Grant>> redeem_credit_code(Tx& tx, const std::string& typed) {
  TRY_ASSIGN(const auto* account, own_account(tx));
  const auto id = account->id;
  const auto* code = tx.state().find<CreditCode>(plain_code(typed));
  if (!code || code->course != account->course) return unknown();
  if (const auto of = tx.state().grants_of.find(id); of != tx.state().grants_of.end())
    for (const auto& grant : of->second)
      if (tx.state().find<domain::Grant>(grant)->code == code->code)
        return base::fail(Fault::kConflict, "CreditCodeTaken", "You have had the credit of this code already; each member has it once.");
  if (code->revoked) return base::fail(Fault::kConflict, "CreditCodeRevoked", "Your teacher has ended this code. Ask for another.");
  if (code->uses >= code->uses_max)
    return base::fail(Fault::kConflict, "CreditCodeUsedUp", "This code has been used as often as it may be. Ask your teacher for another.");
  if (code->expires <= tx.now()) return base::fail(Fault::kConflict, "CreditCodeExpired", "This code has expired. Ask your teacher for another.");
  CreditCode used = *code;
  ++used.uses;
  Gift gift{id, used.amount, "code", used.label, used.code, {used.grant_expires, used.only_types}};
  if (used.grant_s > 0) gift.terms.expires = tx.now().plus_seconds(used.grant_s);
  tx.save(std::move(used));
  tx.audit("redeem-credit-code", id.str(), base::to_decimal(gift.amount));
  return give(tx, std::move(gift));
}

}  // namespace stipend::control
