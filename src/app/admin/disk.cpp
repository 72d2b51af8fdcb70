#include "app/admin/admin.hpp"
#include "app/words.hpp"
#include "control/await.hpp"
#include "control/commands/accounts.hpp"
#include "control/commands/course_folder.hpp"
#include "control/commands/instances.hpp"
#include "control/commands/renew_root.hpp"
#include "control/commands/people.hpp"
#include "control/commands/trash.hpp"
#include "control/commands/unfunded.hpp"

namespace stipend::app {
namespace {

using boost::asio::awaitable;

Json to_json(const domain::Disk& disk) {
  Json out{{"disk_id", disk.id.str()},
           {"account_id", disk.account.str()},
           {"kind", to_word(disk.kind)},
           {"gib", disk.gib},
           {"attached", disk.attached.str()},
           {"origin", disk.origin.str()},
           {"created", base::to_iso8601(disk.created)},
           {"house", base::to_decimal(disk.house)}};
  if (disk.deleted) out["deleted"] = base::to_iso8601(*disk.deleted);
  if (disk.purge_at) out["gone_at"] = base::to_iso8601(*disk.purge_at);
  return out;
}

awaitable<JsonResult> list(AdminContext& context, control::Actor actor, Json arguments) {
  const bool deleted = flag(arguments, "deleted");
  co_return co_await control::read<Json>(
      context.engine(), std::move(actor), [deleted](const domain::State& state, base::WallTime now) -> JsonResult {
        Json out = Json::array();
        for (const auto& [id, disk] : state.disks)
          if (disk->deleted.has_value() == deleted && !control::is_purged(*disk, now)) out.push_back(to_json(*disk));
        return out;
      });
}

// What the house pays for, or will within a week: of a course, or of all.
awaitable<JsonResult> unfunded(AdminContext& context, control::Actor actor, Json arguments) {
  const auto name = text_or(arguments, "course", "");
  co_return co_await control::read<Json>(context.engine(), std::move(actor), [name](const domain::State& state, base::WallTime now) -> JsonResult {
    Json out = Json::array();
    const auto* only = name.empty() ? nullptr : control::find_course(state, name);
    if (!name.empty() && !only) return base::fail(base::Fault::kNotFound, "NoSuchCourse", "there is no course '" + name + "': `stipend course list` shows them");
    for (const auto& [id, course] : state.courses) {
      if (only && only != course.get()) continue;
      for (const auto& found : control::unfunded_disks(state, *course, now)) {
        auto row = to_json(*found.disk);
        row["kept_until"] = base::to_iso8601(found.kept_until);
        row["unfunded"] = found.house_pays;
        out.push_back(std::move(row));
      }
    }
    return out;
  });
}

awaitable<JsonResult> remove(AdminContext& context, control::Actor actor, Json arguments) {
  const auto disk = id<base::DiskId>(arguments, "disk");
  if (!disk) co_return std::unexpected(disk.error());
  co_return co_await control::run<Json>(context.engine(), std::move(actor), [disk = *disk](control::Tx& tx) -> JsonResult {
    TRY(control::delete_unfunded(tx, disk));
    return Json{{"disk_id", disk.str()}};
  });
}

awaitable<JsonResult> restore(AdminContext& context, control::Actor actor, Json arguments) {
  const auto disk = id<base::DiskId>(arguments, "disk");
  if (!disk) co_return std::unexpected(disk.error());
  const control::RestoreRequest request{*disk, text_or(arguments, "type", "")};
  co_return co_await control::run<Json>(context.engine(), std::move(actor), [request](control::Tx& tx) -> JsonResult {
    TRY_ASSIGN(const auto restored, control::restore_disk(tx, request));
    return Json{{"disk_id", restored.disk.str()}, {"instance_id", restored.instance.str()}};
  });
}

awaitable<JsonResult> renew_root(AdminContext& context, control::Actor actor, Json arguments) {
  const auto instance = id<base::InstanceId>(arguments, "instance");
  if (!instance) co_return std::unexpected(instance.error());
  base::ImageId image;
  if (!text_or(arguments, "image", "").empty()) {
    const auto named = id<base::ImageId>(arguments, "image");
    if (!named) co_return std::unexpected(named.error());
    image = *named;
  }
  co_return co_await control::run<Json>(
      context.engine(), std::move(actor), [instance = *instance, image](control::Tx& tx) -> JsonResult {
        TRY_ASSIGN(const auto before, control::visible_instance(tx.state(), tx.actor(), instance));
        TRY(control::renew_root(tx, instance, image));
        return Json{{"instance_id", instance.str()},
                    {"image_id", tx.state().instances.at(instance)->image.str()},
                    {"old_root", before->root_disk.str()}};
      });
}

awaitable<JsonResult> set_course(AdminContext& context, control::Actor actor, Json arguments) {
  const auto name = text(arguments, "course");
  if (!name) co_return std::unexpected(name.error());
  control::CourseChange change;
  if (const auto word = text_or(arguments, "homes", ""); !word.empty()) {
    const auto homes = homes_of(word);
    if (!homes) co_return std::unexpected(homes.error());
    change.homes = *homes;
  }
  if (!text_or(arguments, "home_gib", "").empty()) {
    const auto size = whole_number(arguments, "home_gib", 0);
    if (!size) co_return std::unexpected(size.error());
    change.home_gib = *size;
  }
  co_return co_await control::run<Json>(context.engine(), std::move(actor), [name = *name, change](control::Tx& tx) -> JsonResult {
    TRY_ASSIGN(const auto course, control::change_course(tx, name, change));
    return Json{{"course_id", course->id.str()}, {"name", course->name}, {"homes", to_word(course->homes)}, {"home_gib", course->home_gib}};
  });
}

Json folder_json(const domain::State& state, const domain::Course& course, base::WallTime now) {
  Json out{{"course_id", course.id.str()}, {"name", course.name}, {"disk_id", course.folder.str()}, {"account_id", course.wallet.str()}};
  if (const auto* disk = state.find<domain::Disk>(course.folder)) {
    out["gib"] = disk->gib;
    out["house"] = base::to_decimal(disk->house);
  }
  if (!course.wallet.empty()) out["available"] = base::to_decimal(control::figures(state, course.wallet, now).available);
  return out;
}

// Without a size or a wish to remove it: how it is.
awaitable<JsonResult> folder(AdminContext& context, control::Actor actor, Json arguments) {
  const auto name = text(arguments, "course");
  if (!name) co_return std::unexpected(name.error());
  control::CourseFolder wanted;
  const bool remove = flag(arguments, "remove"), make = !text_or(arguments, "gib", "").empty();
  if (make) {
    const auto size = whole_number(arguments, "gib", 0);
    if (!size) co_return std::unexpected(size.error());
    wanted.gib = *size;
  }
  if (!text_or(arguments, "credit", "").empty()) {
    const auto credit = money(arguments, "credit");
    if (!credit) co_return std::unexpected(credit.error());
    if (!make) co_return base::fail(base::Fault::kInvalid, "MissingArgument", "name the folder's size with --gib; later credit is given with `stipend grant`");
    wanted.credit = *credit;
  }
  if (make && remove) co_return base::fail(base::Fault::kInvalid, "InvalidArgument", "either --gib or --remove");
  co_return co_await control::run<Json>(
      context.engine(), std::move(actor), [name = *name, wanted, make, remove](control::Tx& tx) -> JsonResult {
        if (make) TRY(control::set_course_folder(tx, name, wanted));
        if (remove) TRY(control::remove_course_folder(tx, name));
        TRY_ASSIGN(const auto course, control::named_course(tx.state(), name));
        return folder_json(tx.state(), *course, tx.now());
      });
}

constexpr AdminCommand kCommands[] = {{"disk.list", list},
                                      {"disk.unfunded", unfunded},
                                      {"disk.delete", remove},
                                      {"disk.restore", restore},
                                      {"instance.renew_root", renew_root},
                                      {"course.set", set_course},
                                      {"course.folder", folder}};

}  // namespace

std::span<const AdminCommand> disk_commands() { return kCommands; }

}  // namespace stipend::app
