#include "control/commands/accounts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "control/commands/access_keys.hpp"
#include "control/commands/common.hpp"
#include "control/commands/course_folder.hpp"
#include "control/commands/grants.hpp"
#include "control/commands/passes.hpp"
#include "control/commands/people.hpp"
#include "control/commands/roster.hpp"
#include "control/roster/clean_text.hpp"

namespace stipend::control {
namespace {

using base::Fault;
using base::Money;

constexpr std::int64_t kDay = 86400;

base::Status check_name(const std::string& what, const std::string& name, std::size_t most) {
  const bool printable = std::ranges::none_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (name.empty() || name.size() > most || !printable)
    return base::fail(Fault::kInvalid, "InvalidName",
                      fmt::format("the {}'s name must have 1 to {} bytes and no control characters", what, most));
  return {};
}

base::Status clean(const char* what, base::Result<std::string> text, std::string& into) {
  if (!text) return base::fail(Fault::kInvalid, "InvalidName", fmt::format("the {} {}", what, text.error().message));
  into = *std::move(text);
  return {};
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
  TRY(check_home_gib(request.home_gib));
  domain::Course course;
  course.homes = request.homes;
  course.home_gib = request.home_gib;
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
  NewMember member;
  TRY(clean("name", clean_name(request.name), member.name));
  if (!request.mail.empty()) TRY(clean("mail", clean_mail(request.mail), member.mail));
  if (!request.identifier.empty()) TRY(clean("identifier", clean_identifier(request.identifier), member.identifier));
  TRY(clean("section", clean_text(request.section, kSectionMost, false), member.section));
  if (member.name.empty()) return base::fail(Fault::kInvalid, "InvalidName", "the name is empty");
  const auto* course = find_course(tx.state(), request.course);
  if (!course)
    return base::fail(Fault::kNotFound, "NoSuchCourse",
                      fmt::format("there is no course '{}'; make it with: stipend course create NAME", request.course));
  if (request.credit < Money{} || request.credit > kMostGiven)
    return base::fail(Fault::kInvalid, "InvalidAmount", "the credit must be between 0 and 1000000 dollars");

  TRY(check_free(tx.state(), *course, member));
  member.role = request.role;
  member.credit = request.credit;
  member.known = known_person(tx.state(), member);
  MadeAccount made;
  made.account = add_member(tx, *course, member);
  const auto key = add_access_key(tx, vault, made.account);
  made.access_key_id = key.id;
  made.secret_access_key = key.secret;
  made.sign_in_token = make_sign_in_link(tx, made.account);  // it has no earlier one that must end
  return made;
}

base::Result<domain::RowPtr<domain::Grant>> grant(Tx& tx, const base::AccountId& account, Money amount,
                                                  const std::string& reason) {
  return grant(tx, account, amount, reason, {});
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
