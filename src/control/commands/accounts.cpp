#include "control/commands/accounts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "control/commands/common.hpp"
#include "control/commands/passes.hpp"
#include "control/commands/renewals.hpp"
#include "control/vault.hpp"

namespace stipend::control {
namespace {

using base::Fault;
using base::Money;

constexpr Money kMostAtOnce = Money::dollars(1'000'000);
constexpr std::int64_t kDay = 86400;

// Names appear in tables, mails and logs.
base::Status check_name(const std::string& what, const std::string& name, std::size_t most) {
  const bool printable = std::ranges::none_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (name.empty() || name.size() > most || !printable)
    return base::fail(Fault::kInvalid, "InvalidName",
                      fmt::format("the {}'s name must have 1 to {} bytes and no control characters", what, most));
  return {};
}

const domain::Course* find_course(const domain::State& state, const std::string& name_or_id) {
  for (const auto& [id, course] : state.courses)
    if (id.str() == name_or_id || course->name == name_or_id) return course.get();
  return nullptr;
}

base::AccountId new_account_id(Tx& tx) {
  for (;;) {
    std::uint64_t bits = 0;
    tx.random().fill(reinterpret_cast<unsigned char*>(&bits), sizeof bits);
    const auto id = *base::AccountId::parse(fmt::format("{:012}", 100'000'000'000 + bits % 900'000'000'000));
    if (!tx.state().find<domain::Account>(id)) return id;
  }
}

std::string random_text(base::Random& random, std::string_view alphabet, std::size_t length) {
  std::string text(length, '\0');
  for (auto& c : text) {
    unsigned char byte = 0;  // alphabets of 32 and 64: no bias
    random.fill(&byte, 1);
    c = alphabet[byte % alphabet.size()];
  }
  return text;
}

domain::Grant make_grant(Tx& tx, const base::AccountId& account, Money amount, std::string source, const std::string& note) {
  domain::Grant grant;
  grant.id = base::make_id<base::GrantId>(tx.random());
  grant.account = account;
  grant.amount = amount;
  grant.source = std::move(source);
  grant.note = note.substr(0, 400);
  grant.created = tx.now();
  return grant;
}

}  // namespace

base::Result<domain::RowPtr<domain::Course>> create_course(Tx& tx, const NewCourse& request) {
  TRY(check_name("course", request.name, 100));
  if (find_course(tx.state(), request.name))
    return base::fail(Fault::kConflict, "CourseExists", fmt::format("there is a course '{}' already", request.name));
  if (!domain::find_catalogue(request.catalogue))
    return base::fail(Fault::kInvalid, "InvalidCatalogue",
                      fmt::format("there is no price catalogue '{}'; use 2017 or 2026", request.catalogue));
  if (request.grace_s < 0 || request.grace_s > 366 * kDay)
    return base::fail(Fault::kInvalid, "InvalidGrace", "the grace period must be between 0 and 366 days");
  domain::Course course;
  course.id = base::make_id<base::CourseId>(tx.random());
  course.name = request.name;
  course.plan = request.plan;
  course.catalogue = request.catalogue;
  course.grace_s = request.grace_s;
  course.created = tx.now();
  const auto id = course.id;
  tx.save(std::move(course));
  tx.audit("create-course", id.str(), {});
  return tx.state().courses.at(id);
}

base::Result<MadeAccount> create_account(Tx& tx, const Vault& vault, const NewAccount& request) {
  TRY(check_name("person", request.name, 200));
  const auto* course = find_course(tx.state(), request.course);
  if (!course)
    return base::fail(Fault::kNotFound, "NoSuchCourse",
                      fmt::format("there is no course '{}'; make it with: stipend course create NAME", request.course));
  if (request.credit < Money{} || request.credit > kMostAtOnce)
    return base::fail(Fault::kInvalid, "InvalidAmount", "the credit must be between 0 and 1000000 dollars");

  domain::Person person;
  person.id = base::make_id<base::PersonId>(tx.random());
  person.name = request.name;
  domain::Account account;
  account.id = new_account_id(tx);
  account.course = course->id;
  account.person = person.id;
  account.role = request.role;
  account.created = tx.now();
  MadeAccount made;
  made.account = account.id;
  made.access_key_id = "AKIA" + random_text(tx.random(), "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16);
  made.secret_access_key =
      random_text(tx.random(), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 40);
  tx.save(std::move(person));
  tx.save(std::move(account));
  tx.save(domain::AccessKey{made.access_key_id, made.account, vault.seal(made.secret_access_key, tx.random()), tx.now(), true});
  if (request.credit > Money{}) {
    domain::Wallet wallet(tx.state(), made.account, tx.now());
    wallet.give(make_grant(tx, made.account, request.credit, "course", {}), "course");
    save_wallet(tx, wallet);
  }
  tx.audit("create-account", made.account.str(), {});
  TRY_ASSIGN(made.sign_in_token, new_sign_in_token(tx, made.account));
  return made;
}

base::Result<domain::RowPtr<domain::Grant>> grant(Tx& tx, const base::AccountId& account, Money amount,
                                                  const std::string& reason) {
  if (!tx.state().find<domain::Account>(account) || !may_act_for(tx.state(), tx.actor(), account))
    return base::fail(Fault::kNotFound, "NoSuchAccount", fmt::format("there is no account {}", account.str()));
  if (!is_operator(tx.actor()) && tx.actor().role == domain::Role::kStudent)
    return base::fail(Fault::kDenied, "UnauthorizedOperation", "only the staff of the course gives credit");
  if (amount == Money{} || amount > kMostAtOnce || -amount > kMostAtOnce)
    return base::fail(Fault::kInvalid, "InvalidAmount", "give an amount other than 0, at most 1000000 dollars");

  domain::Wallet wallet(tx.state(), account, tx.now());
  wallet.post_storage_if_short();  // new money does not pay what reserves have covered
  base::GrantId touched;
  if (amount > Money{}) {
    auto given = make_grant(tx, account, amount, "top-up", reason);
    touched = given.id;
    wallet.give(std::move(given), "top-up");
    wallet.refill_reserves();
  } else {
    if (-amount > wallet.available()) {
      const auto f = domain::figures_without_runway(tx.state(), account, tx.now());
      return base::fail(Fault::kNoCredit, "InsufficientCredit",
                        fmt::format("account {} has {} available, so {} cannot be taken back ({} balance, {} set aside for "
                                    "running machines, {} kept for disks). Take back less, or stop its machines first.",
                                    account.str(), dollars(f.available, base::Rounding::kFloor),
                                    base::to_display(-amount, base::Rounding::kCeil),
                                    base::to_display(f.balance, base::Rounding::kFloor),
                                    base::to_display(f.held, base::Rounding::kCeil),
                                    base::to_display(f.reserved, base::Rounding::kCeil)));
    }
    touched = wallet.take_back(-amount, "take-back");
  }
  save_wallet(tx, wallet);
  tx.audit(amount > Money{} ? "grant" : "take-back", account.str(), base::to_decimal(amount));
  TRY(renew_account(tx, account));
  return tx.state().grants.at(touched);
}

base::Status register_image(Tx& tx, domain::Image image) {
  TRY(check_name("image", image.name, 128));
  if (const auto* known = tx.state().find<domain::Image>(image.id)) {
    image.created = known->created;
    if (known->name == image.name && known->description == image.description && known->min_disk_gib == image.min_disk_gib &&
        known->jupyter == image.jupyter && known->architecture == image.architecture)
      return {};
  } else {
    image.created = tx.now();
  }
  tx.audit("register-image", image.id.str(), {});
  tx.save(std::move(image));
  return {};
}

}  // namespace stipend::control
