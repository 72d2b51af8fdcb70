#include "host/tombstone.hpp"

#include <dirent.h>
#include <sys/stat.h>

#include <ctime>
#include <nlohmann/json.hpp>

#include "base/log.hpp"
#include "host/files.hpp"
#include "host/record_files.hpp"
#include "hostlink/codec.hpp"
#include "hostlink/fields.hpp"

namespace stipend::host {
namespace {

using nlohmann::json;

std::string text_of(const Run& run) {
  json j = {{"instance", run.key.instance.str()},
            {"generation", run.key.generation},
            {"disk", run.disk.str()},
            {"home", run.home.str()},
            {"course", run.course.str()},
            {"course_writable", run.course_writable},
            {"private_address", run.private_address},
            {"public_address", run.public_address},
            {"boot_id", run.boot_id},
            {"seq", run.lease.seq},
            {"run_max_s", run.lease.run_max.count},
            {"acknowledged", run.acknowledged}};
  if (run.final_report) j["final"] = hostlink::encode(hostlink::Event(*run.final_report));
  return j.dump() + "\n";
}

base::Result<Run> run_of(std::string_view text) {
  const json j = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!j.is_object()) return base::fail(base::Fault::kInvalid, "InvalidRecord", "it is not a JSON object");
  hostlink::Fields f(j);
  Run run;
  f.id("instance", run.key.instance);
  run.key.generation = f.integer("generation", 1, INT64_MAX);
  if (!f.text("disk", 64).empty()) f.id("disk", run.disk);
  if (j.contains("home")) f.id_or_none("home", run.home);  // runs of the first release had none
  if (j.contains("course")) {
    f.id_or_none("course", run.course);
    run.course_writable = f.boolean("course_writable");
  }
  run.private_address = f.text("private_address", 32);
  run.public_address = f.text("public_address", 32);
  run.boot_id = f.text("boot_id", 64);
  run.lease.seq = f.integer("seq", 0, INT64_MAX);
  run.lease.run_max.count = f.integer("run_max_s", 0, hostlink::kMaxRunSeconds);
  run.acknowledged = f.boolean("acknowledged");
  TRY(f.fault());
  if (j.contains("final")) {
    TRY_ASSIGN(auto event, hostlink::decode_event(f.text("final", hostlink::kMaxEventBytes)));
    if (!std::holds_alternative<hostlink::Report>(event))
      return base::fail(base::Fault::kInvalid, "InvalidRecord", "its end is not a report");
    run.final_report = std::get<hostlink::Report>(std::move(event));
  }
  return run;
}

}  // namespace

base::Result<RunBook> RunBook::open(std::string folder) {
  TRY(make_root_folder(folder));
  RunBook book(std::move(folder));
  DIR* dir = ::opendir(book.folder_.c_str());
  if (!dir) return base::fail_errno("open " + book.folder_, errno);
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(dir)) names.emplace_back(entry->d_name);
  ::closedir(dir);
  for (const auto& name : names) {
    if (name.starts_with('.') || name.ends_with(".new")) continue;
    const std::string file = book.folder_ + "/" + name;
    TRY_ASSIGN(const auto text, read_file(file));
    auto run = run_of(text);
    if (!run)
      return base::fail(base::Fault::kInternal, "DamagedRecord",
                        file + " cannot be read (" + run.error().message +
                            "); restore it from a backup, or remove it when its machine is settled");
    book.runs_[run->key] = *std::move(run);
  }
  return book;
}

std::string RunBook::path(const hostlink::RunKey& key) const {
  return folder_ + "/" + key.instance.str() + "." + std::to_string(key.generation);
}

bool RunBook::write(const Run& run) {
  const auto written = write_file_atomic(path(run.key), text_of(run), 0600);
  if (written) {
    unwritten_.erase(run.key);
    return true;
  }
  base::log::error("a run's record cannot be written; it is tried again each second",
                   {{"instance", run.key.instance.str()}, {"error", written.error().message}});
  unwritten_[run.key] = true;
  return false;
}

const Run* RunBook::find(const hostlink::RunKey& key) const {
  const auto at = runs_.find(key);
  return at == runs_.end() ? nullptr : &at->second;
}

const Run* RunBook::newest(const base::InstanceId& instance) const {
  auto at = runs_.upper_bound({instance, INT64_MAX});
  if (at == runs_.begin() || (--at)->first.instance != instance) return nullptr;
  return &at->second;
}

base::Status RunBook::begin(const Run& run) {
  if (const Run* old = newest(run.key.instance); old && old->key.generation >= run.key.generation)
    return base::fail(base::Fault::kConflict, "OldGeneration",
                      "this run of the machine is over or under way");
  TRY(write_file_atomic(path(run.key), text_of(run), 0600));
  runs_[run.key] = run;
  return {};
}

bool RunBook::end(const hostlink::RunKey& key, const hostlink::Report& report) {
  const auto at = runs_.find(key);
  if (at == runs_.end()) return refuse(key, report);
  if (at->second.final_report) return durable(key);
  at->second.final_report = report;
  return write(at->second);
}

bool RunBook::refuse(const hostlink::RunKey& key, const hostlink::Report& report) {
  Run& run = runs_[key];
  run.key = key;
  run.boot_id = report.boot_id;
  run.final_report = report;
  return write(run);
}

void RunBook::acknowledge(const hostlink::RunKey& key) {
  const auto at = runs_.find(key);
  if (at == runs_.end() || !at->second.final_report || at->second.acknowledged) return;
  at->second.acknowledged = true;
  if (newest(key.instance)->key.generation > key.generation) {  // a newer tombstone covers it
    if (remove_file(path(key))) {
      unwritten_.erase(key);
      runs_.erase(at);
      return;
    }
  }
  write(at->second);
}

base::Status RunBook::readdress(const hostlink::RunKey& key, const std::string& public_address) {
  const auto at = runs_.find(key);
  if (at == runs_.end() || at->second.final_report)
    return base::fail(base::Fault::kConflict, "IncorrectInstanceState", "this run of the machine is over");
  if (at->second.public_address == public_address) return {};
  Run moved = at->second;
  moved.public_address = public_address;
  TRY(write_file_atomic(path(key), text_of(moved), 0600));
  at->second = std::move(moved);
  return {};
}

std::vector<hostlink::RunKey> RunBook::flush() {
  std::vector<hostlink::RunKey> done;
  const auto waiting = unwritten_;
  for (const auto& [key, _] : waiting) {
    if (!write(runs_.at(key))) break;  // the disk is still full
    done.push_back(key);
  }
  return done;
}

void RunBook::forget_older_than(int days) {
  const auto limit = ::time(nullptr) - static_cast<std::time_t>(days) * 86'400;
  std::erase_if(runs_, [&](const auto& entry) {
    struct stat info{};
    const std::string file = path(entry.first);
    return entry.second.acknowledged && ::stat(file.c_str(), &info) == 0 && info.st_mtime < limit &&
           remove_file(file).has_value();
  });
}

}  // namespace stipend::host
