// Homes, course folders, deleted disks.
#include <fmt/format.h>

#include "app/cli/parts.hpp"

namespace stipend::app {
namespace {

void add_course_settings(CLI::App& course, Cli& cli) {
  auto* set = sub(course, cli, "set", "how the homes of a course are");
  auto& name = option(set, "COURSE", "the course's name or id", true);
  auto& homes = option(set, "--homes", "of machines launched from now on: keep or machine", false);
  auto& gib = option(set, "--home-gib", "size of homes made from now on", false);
  set->callback([&] {
    cli.ask("course.set", {{"course", name}, {"homes", homes}, {"home_gib", gib}}, [](const Json& j) {
      return fmt::format("Course {}: homes {}, {} GiB\n", line(j, "name"), line(j, "homes"), j.value("home_gib", 0));
    });
  });
  auto* folder = sub(course, cli, "folder", "the folder /course, which members read and staff write");
  auto& of = option(folder, "COURSE", "the course's name or id", true);
  auto& size = option(folder, "--gib", "its size; with it the folder is made", false);
  auto& credit = option(folder, "--credit", "dollars given to the course's own account, which pays it", false);
  auto& remove = flag(folder, "--remove", "delete it; it can be brought back for some days");
  folder->callback([&] {
    cli.ask("course.folder", {{"course", of}, {"gib", size}, {"credit", credit}, {"remove", remove}}, [](const Json& j) {
      if (line(j, "disk_id").empty()) return fmt::format("Course {} has no folder\n", line(j, "name"));
      return fmt::format("Course {}: /course is {} of {} GiB, paid by account {} ({} available); machines see it from their "
                         "next start on\n",
                         line(j, "name"), line(j, "disk_id"), j.value("gib", 0), line(j, "account_id"), dollars(j, "available"));
    });
  });
}

void add_new_root(CLI::App& instance, Cli& cli) {
  auto* renew = sub(instance, cli, "renew-root", "a new root disk from the newest image for a stopped machine; its home is kept");
  auto& id = option(renew, "INSTANCE", "i-…", true);
  auto& image = option(renew, "--image", "from this image (ami-…) instead", false);
  renew->callback([&] {
    cli.ask("instance.renew_root", {{"instance", id}, {"image", image}}, [](const Json& j) {
      return fmt::format("{} starts from {} next; its old root {} can be brought back\n", line(j, "instance_id"),
                         line(j, "image_id"), line(j, "old_root"));
    });
  });
}

}  // namespace

void add_disk_commands(CLI::App& app, Cli& cli) {
  add_course_settings(*app.get_subcommand("course"), cli);
  add_new_root(*app.get_subcommand("instance"), cli);
  auto* disk = app.add_subcommand("disk", "list disks, bring deleted ones back, decide about those that the house pays")->require_subcommand(1);
  auto* list = sub(*disk, cli, "list", "list disks");
  auto& deleted = flag(list, "--deleted", "those that were deleted and can be brought back");
  list->callback([&] {
    cli.ask("disk.list", {{"deleted", deleted}}, [&deleted](const Json& j) {
      const auto rows = worded(j, {}, {"created", "deleted", "gone_at"});
      if (deleted)
        return to_table(rows, {{"DISK", "disk_id"}, {"ACCOUNT", "account_id"}, {"KIND", "kind"}, {"GIB", "gib"},
                               {"OF", "origin"}, {"DELETED", "deleted"}, {"GONE AT", "gone_at"}});
      return to_table(rows, {{"DISK", "disk_id"}, {"ACCOUNT", "account_id"}, {"KIND", "kind"}, {"GIB", "gib"},
                             {"ATTACHED TO", "attached"}, {"CREATED", "created"}, {"HOUSE PAID $", "house"}});
    });
  });
  auto* unfunded = sub(*disk, cli, "unfunded", "disks that the house pays, or will within a week: the credit of their members is used up");
  auto& course = option(unfunded, "--course", "of this course alone", false);
  unfunded->callback([&] {
    cli.ask("disk.unfunded", {{"course", course}}, [](const Json& j) {
      auto rows = worded(j, {}, {"kept_until"});
      for (auto& row : rows)
        if (row.value("unfunded", false)) row["kept_until"] = "the house pays";
      return to_table(rows, {{"DISK", "disk_id"}, {"ACCOUNT", "account_id"}, {"KIND", "kind"}, {"GIB", "gib"}, {"ATTACHED TO", "attached"},
                             {"PAID UNTIL", "kept_until"}, {"HOUSE PAID $", "house"}});
    });
  });
  auto* remove = sub(*disk, cli, "delete", "delete a disk that the house pays (a root disk with its stopped machine); it can be brought back for some days");
  auto& gone = option(remove, "DISK", "vol-…", true);
  remove->callback([&] {
    cli.ask("disk.delete", {{"disk", gone}}, [](const Json& j) { return fmt::format("{} is deleted\n", line(j, "disk_id")); });
  });
  auto* restore = sub(*disk, cli, "restore", "bring a deleted disk back; it costs again from now");
  auto& id = option(restore, "DISK", "vol-…", true);
  auto& type = option(restore, "--type", "of the stopped machine that a root disk comes back as", false);
  restore->callback([&] {
    cli.ask("disk.restore", {{"disk", id}, {"type", type}}, [](const Json& j) {
      return line(j, "instance_id").empty() ? fmt::format("{} is back\n", line(j, "disk_id"))
                                            : fmt::format("{} is back as the stopped machine {}\n", line(j, "disk_id"), line(j, "instance_id"));
    });
  });
}

}  // namespace stipend::app
