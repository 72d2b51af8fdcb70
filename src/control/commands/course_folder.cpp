#include "control/commands/course_folder.hpp"

#include <fmt/format.h>

#include "control/commands/accounts.hpp"
#include "control/commands/people.hpp"
#include "control/commands/trash.hpp"
#include "domain/storage.hpp"

namespace stipend::control {
namespace {

using base::Fault;
using domain::Course;
using domain::Disk;

constexpr std::int64_t kFolderGibMax = 4096;

// The course's own account: nobody signs in to it, it has no keys.
void make_wallet(Tx& tx, Course& course) {
  domain::Account account;
  account.id = new_account_id(tx);
  account.course = course.id;
  account.role = domain::Role::kCourse;
  account.status = domain::AccountStatus::kJoined;
  account.created = tx.now();
  course.wallet = account.id;
  tx.audit("create-course-account", account.id.str(), course.id.str());
  tx.save(std::move(account));
  tx.save(course);
}

base::Status make_folder(Tx& tx, Course& course, std::int64_t gib) {
  Disk disk;
  disk.id = base::make_id<base::DiskId>(tx.random());
  disk.account = course.wallet;
  disk.kind = domain::DiskKind::kCourse;
  disk.gib = gib;
  disk.delete_on_termination = false;
  const auto& catalogue = catalogue_of(tx.state(), course.wallet, tx.now());
  disk.price = domain::disk_price(catalogue, gib);
  disk.catalogue = catalogue.edition;
  disk.reserve_wanted = domain::reserve_for(disk.price, course.grace_s);
  disk.tags = {{"Name", "course"}};
  disk.created = disk.posted_at = tx.now();
  domain::Wallet wallet(tx.state(), course.wallet, tx.now());
  if (!wallet.add_disk(disk)) {
    const Shortage shortage{.who = "A course folder needs", .needed = disk.reserve_wanted,
                            .purpose = fmt::format("to keep its {} GiB for {} days", gib, course.grace_s / 86400)};
    return insufficient_credit(tx.state(), course.wallet, tx.now(), shortage);
  }
  save_wallet(tx, wallet);
  course.folder = disk.id;
  return {};
}

}  // namespace

base::Result<domain::RowPtr<Course>> named_course(const domain::State& state, const std::string& name_or_id) {
  if (const auto* course = find_course(state, name_or_id)) return state.courses.at(course->id);
  return base::fail(Fault::kNotFound, "NoSuchCourse",
                    fmt::format("there is no course '{}'; `stipend course list` shows them", name_or_id));
}

base::Status check_home_gib(std::int64_t gib) {
  if (gib >= 1 && gib <= kHomeGibMax) return {};
  return base::fail(Fault::kInvalid, "InvalidSize", fmt::format("a home has 1 to {} GiB", kHomeGibMax));
}

base::Result<domain::RowPtr<Course>> change_course(Tx& tx, const std::string& name, const CourseChange& change) {
  TRY_ASSIGN(const auto row, named_course(tx.state(), name));
  Course course = *row;
  if (change.home_gib) {
    TRY(check_home_gib(*change.home_gib));
    course.home_gib = *change.home_gib;
  }
  if (change.homes) course.homes = *change.homes;
  tx.audit("change-course", course.id.str(), {});
  tx.save(course);
  return tx.state().courses.at(course.id);
}

base::Result<domain::RowPtr<Course>> set_course_folder(Tx& tx, const std::string& name, const CourseFolder& folder) {
  TRY_ASSIGN(const auto row, named_course(tx.state(), name));
  Course course = *row;
  if (folder.gib < 1 || folder.gib > kFolderGibMax)
    return base::fail(Fault::kInvalid, "InvalidSize", fmt::format("a course's folder has 1 to {} GiB", kFolderGibMax));
  if (course.wallet.empty()) make_wallet(tx, course);
  if (folder.credit != base::Money{}) TRY(grant(tx, course.wallet, folder.credit, "course folder"));
  const auto* disk = tx.state().find<Disk>(course.folder);
  if (disk && disk->gib != folder.gib)
    return base::fail(Fault::kConflict, "VolumeSizeMismatch",
                      fmt::format("the folder of {} has {} GiB, and a disk does not grow; remove it first, or keep its size",
                                  course.name, disk->gib));
  if (!disk) TRY(make_folder(tx, course, folder.gib));
  tx.audit("course-folder", course.id.str(), course.folder.str());
  tx.save(course);
  return tx.state().courses.at(course.id);
}

base::Result<domain::RowPtr<Course>> remove_course_folder(Tx& tx, const std::string& name) {
  TRY_ASSIGN(const auto row, named_course(tx.state(), name));
  Course course = *row;
  if (course.folder.empty())
    return base::fail(Fault::kNotFound, "NoCourseFolder", fmt::format("the course {} has no folder", course.name));
  domain::Wallet wallet(tx.state(), course.wallet, tx.now());
  wallet.delete_disk(course.folder, purge_time(tx));
  save_wallet(tx, wallet);
  tx.audit("remove-course-folder", course.id.str(), course.folder.str());
  course.folder = {};
  tx.save(course);
  return tx.state().courses.at(course.id);
}

}  // namespace stipend::control
