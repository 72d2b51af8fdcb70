#include "app/ports_files.hpp"

#include <fmt/format.h>

#include <sstream>

#include "control/await.hpp"
#include "control/commands/common.hpp"
#include "control/commands/unfunded.hpp"

namespace stipend::app {

using base::Fault;
using base::Result;
using base::Status;
using domain::State;
using gateway::awaitable;

namespace {

constexpr int kMaxTransfers = 6;  // of one account at a time
constexpr std::size_t kReadStep = 512 * 1024;

control::Actor asker(const base::AccountId& account) {
  control::Actor actor;
  actor.who = account.str();
  actor.via = "console";
  actor.account = account;
  return actor;
}

const domain::Disk* course_folder(const State& state, const base::AccountId& account) {
  const auto* folder = state.find<domain::Disk>(control::course_of(state, account).folder);
  return folder && !folder->deleted ? folder : nullptr;
}

bool is_staff(const State& state, const base::AccountId& account) {
  const auto* row = state.find<domain::Account>(account);
  return row && (row->role == domain::Role::kTeacher || row->role == domain::Role::kAdministrator);
}

// Staff fetches what is on a member's disk only when the house pays for it.
bool may_export(const State& state, const base::AccountId& account, const domain::Disk* disk, base::WallTime now) {
  return disk && is_staff(state, account) && control::may_act_for(state, asker(account), disk->account) && control::house_keeps(state, *disk, now);
}

bool has_files(const domain::Disk& disk) {
  return disk.kind == domain::DiskKind::kRoot || disk.kind == domain::DiskKind::kHome || disk.snapshot == domain::SnapshotState::kCompleted;
}

Result<compute::FilesWish> find_place(const State& state, const base::AccountId& account, const gateway::Spot& spot, base::WallTime now) {
  const auto* disk = state.find<domain::Disk>(spot.disk);
  if (const auto* folder = course_folder(state, account); folder && folder == disk && spot.copy.empty()) {
    if (control::is_suspended(state, account))
      return base::fail(Fault::kDenied, "AccountSuspended", "Your account is suspended: only your own files can be fetched. Ask your teacher.");
    compute::FilesWish shared;
    shared.disk = folder->id;
    shared.course_gib = folder->gib;
    return shared;
  }
  const bool own = disk && disk->account == account && !disk->deleted;
  if (!(own || may_export(state, account, disk, now)) || !has_files(*disk) ||
      (!spot.copy.empty() && disk->kind != domain::DiskKind::kHome))
    return base::fail(Fault::kNotFound, "NoSuchPlace", "There is no such disk among yours.");
  compute::FilesWish wish;
  wish.disk = spot.disk;
  wish.copy = spot.copy;
  if (!spot.copy.empty()) return wish;
  const auto* instance = disk->attached.empty() ? nullptr : state.find<domain::Instance>(disk->attached);
  if (instance && (instance->run || instance->state != domain::InstanceState::kStopped))
    return base::fail(Fault::kConflict, "MachineNotStopped",
                      instance->state == domain::InstanceState::kRunning ? "The machine is running: its files are in Jupyter. Or stop it first."
                                                                         : "The machine is between running and stopped. Try again in a moment.");
  if (disk->kind == domain::DiskKind::kHome || (disk->kind == domain::DiskKind::kSnapshot && disk->image.empty())) return wish;
  wish.image = !disk->image.empty() ? disk->image : instance ? instance->image : domain::ImageId{};
  if (wish.image.empty()) return base::fail(Fault::kNotFound, "NoSuchPlace", "The disk's image is not known any more.");
  return wish;
}

gateway::FileView view(const hostlink::FileEntry& entry) {
  return {entry.name, static_cast<gateway::FileKind>(entry.kind), entry.size, entry.modified_ns, entry.inode};
}

// The rest of an answer whose length is known.
class RestOfFile final : public gateway::ByteSource {
 public:
  RestOfFile(std::shared_ptr<FileLink> link, std::shared_ptr<void> slot, std::int64_t left)
      : link_(std::move(link)), slot_(std::move(slot)), left_(left) {}
  awaitable<Result<std::string>> next() override {
    if (left_ == 0) co_return std::string();
    auto bytes = co_await link_->read_some(static_cast<std::size_t>(std::min<std::int64_t>(left_, kReadStep)));
    if (bytes) left_ -= static_cast<std::int64_t>(bytes->size());
    co_return bytes;
  }

 private:
  std::shared_ptr<FileLink> link_;
  std::shared_ptr<void> slot_;
  std::int64_t left_;
};

class Chunks final : public gateway::ByteSource {
 public:
  Chunks(std::shared_ptr<FileLink> link, std::shared_ptr<void> slot) : link_(std::move(link)), slot_(std::move(slot)) {}
  awaitable<Result<std::string>> next() override { return link_->read_chunk(); }

 private:
  std::shared_ptr<FileLink> link_;
  std::shared_ptr<void> slot_;
};

}  // namespace

class EngineFiles::Slot {
 public:
  Slot(EngineFiles& of, base::AccountId account) : of_(of), account_(account) {}
  ~Slot() {
    const std::lock_guard lock(of_.guard_);
    if (--of_.transfers_[account_] == 0) of_.transfers_.erase(account_);
  }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

 private:
  EngineFiles& of_;
  const base::AccountId account_;
};

Result<std::shared_ptr<EngineFiles::Slot>> EngineFiles::take_slot(const base::AccountId& account) {
  const std::lock_guard lock(guard_);
  int& count = transfers_[account];
  if (count >= kMaxTransfers)
    return base::fail(Fault::kThrottled, "TooManyTransfers", fmt::format("{} downloads and uploads run already. Wait for one to end.", count));
  ++count;
  return std::make_shared<Slot>(*this, account);
}

awaitable<Result<std::shared_ptr<FileLink>>> EngineFiles::open(base::AccountId account, gateway::Spot spot) {
  auto wish = co_await control::read<compute::FilesWish>(
      engine_, asker(account), [account, spot](const State& state, base::WallTime now) { return find_place(state, account, spot, now); });
  if (!wish) co_return std::unexpected(wish.error());
  if (!disks_) co_return base::fail(Fault::kUnavailable, "FilesUnavailable", "The files of machines cannot be looked at on this server.");
  wish->epoch = epoch_;
  co_return co_await FileLink::open(*disks_, *wish);
}

template <class T>
awaitable<Result<T>> EngineFiles::ask(base::AccountId account, gateway::Spot spot, hostlink::FileRequest request) {
  const auto link = co_await open(account, spot);
  if (!link) co_return std::unexpected(link.error());
  auto answer = co_await (*link)->ask(std::move(request));
  if (!answer) co_return std::unexpected(answer.error());
  if (auto* found = std::get_if<T>(&*answer)) co_return std::move(*found);
  co_return base::fail(Fault::kInternal, "InternalError", "The files gave an answer to another question.");
}

awaitable<Status> EngineFiles::may_change(base::AccountId account, base::DiskId disk) {
  const auto may = co_await control::read<bool>(engine_, asker(account), [account, disk](const State& state, base::WallTime now) -> Result<bool> {
    if (control::is_suspended(state, account))
      return base::fail(Fault::kDenied, "AccountSuspended", "Your account is suspended: its files can be fetched, not changed. Ask your teacher.");
    const auto* folder = course_folder(state, account);
    const auto* row = state.find<domain::Disk>(disk);
    const bool is_folder = folder && folder->id == disk;
    if (row && row->account != account && !is_folder && may_export(state, account, row, now))
      return base::fail(Fault::kDenied, "NotYourDisk", "The files of a member's disk can be fetched, not changed.");
    if (row && row->kind == domain::DiskKind::kSnapshot)
      return base::fail(Fault::kDenied, "SnapshotIsFixed", "The files of a snapshot can be fetched, not changed.");
    if (is_folder && !is_staff(state, account))
      return base::fail(Fault::kDenied, "StaffOnly", "The course's folder is changed by the staff of the course. Download what you need from it.");
    return true;
  });
  co_return may ? Status{} : std::unexpected(may.error());
}

awaitable<Status> EngineFiles::order(base::AccountId account, gateway::Spot spot, hostlink::FileRequest request) {
  if (auto may = co_await may_change(account, spot.disk); !may) co_return may;
  const auto done = co_await ask<hostlink::FileDone>(account, spot, std::move(request));
  co_return done ? Status{} : std::unexpected(done.error());
}

awaitable<Result<std::vector<gateway::FilePlace>>> EngineFiles::places(base::AccountId account) {
  using Places = std::vector<gateway::FilePlace>;
  return control::read<Places>(engine_, asker(account), [account](const State& state, base::WallTime now) -> Result<Places> {
    Places out;
    if (const auto* folder = course_folder(state, account); folder && !control::is_suspended(state, account))
      out.push_back({.disk = folder->id, .instance = {}, .name = "", .home = false, .course = true, .writable = is_staff(state, account), .unready = ""});
    const auto own = state.disks_of.find(account);
    if (own == state.disks_of.end()) return out;
    for (const auto& id : own->second) {
      const auto* disk = state.find<domain::Disk>(id);
      if (!disk || disk->deleted) continue;
      const auto* instance = disk->attached.empty() ? nullptr : state.find<domain::Instance>(disk->attached);
      if (disk->kind == domain::DiskKind::kRoot && instance && !instance->home_disk.empty()) continue;  // its files are on the home
      const auto wish = find_place(state, account, {id}, now);
      if (!wish && wish.error().fault == Fault::kNotFound) continue;
      const bool snapshot = disk->kind == domain::DiskKind::kSnapshot;
      gateway::FilePlace place{.disk = id, .instance = disk->attached, .name = "", .home = disk->kind == domain::DiskKind::kHome, .course = false,
                               .snapshot = snapshot, .writable = !snapshot, .unready = ""};
      if (snapshot) place.name = disk->description;
      if (instance)
        if (const auto name = instance->tags.find("Name"); name != instance->tags.end()) place.name = name->second;
      if (!wish) place.unready = wish.error().message;
      out.push_back(std::move(place));
    }
    return out;
  });
}

awaitable<Result<gateway::FolderView>> EngineFiles::list(base::AccountId account, gateway::Spot spot, std::string path, std::string after,
                                                         std::int64_t limit) {
  auto listing = co_await ask<hostlink::Listing>(account, spot, hostlink::ListFolder{std::move(path), std::move(after), limit});
  if (!listing) co_return std::unexpected(listing.error());
  gateway::FolderView folder{.entries = {}, .next = std::move(listing->next), .size_bytes = listing->size_bytes, .free_bytes = listing->free_bytes};
  folder.entries.reserve(listing->entries.size());
  for (const auto& entry : listing->entries) folder.entries.push_back(view(entry));
  co_return folder;
}

awaitable<Result<gateway::FileView>> EngineFiles::look(base::AccountId account, gateway::Spot spot, std::string path) {
  const auto entry = co_await ask<hostlink::FileEntry>(account, spot, hostlink::LookAt{std::move(path)});
  co_return entry ? Result<gateway::FileView>(view(*entry)) : std::unexpected(entry.error());
}

awaitable<Result<gateway::FileBytes>> EngineFiles::read(base::AccountId account, gateway::Spot spot, std::string path, std::int64_t offset,
                                                        std::int64_t length) {
  auto slot = take_slot(account);
  if (!slot) co_return std::unexpected(slot.error());
  const auto link = co_await open(account, spot);
  if (!link) co_return std::unexpected(link.error());
  const auto answer = co_await (*link)->ask(hostlink::ReadFile{std::move(path), offset, length});
  if (!answer) co_return std::unexpected(answer.error());
  const auto* entry = std::get_if<hostlink::FileEntry>(&*answer);
  if (!entry) co_return base::fail(Fault::kInternal, "InternalError", "The files gave an answer to another question.");
  const auto left = length >= 0 ? length : std::max<std::int64_t>(0, entry->size - offset);
  co_return gateway::FileBytes{view(*entry), std::make_shared<RestOfFile>(*link, std::move(*slot), left)};
}

awaitable<Status> EngineFiles::note_export(base::AccountId account, base::DiskId disk) {
  const auto noted = co_await control::run<bool>(engine_, asker(account), [account, disk](control::Tx& tx) -> Result<bool> {
    const auto* row = tx.state().find<domain::Disk>(disk);
    if (!row || row->account == account || row->kind == domain::DiskKind::kCourse) return true;
    TRY(control::note_export(tx, disk));
    return true;
  });
  co_return noted ? Status{} : std::unexpected(noted.error());
}

awaitable<Result<std::shared_ptr<gateway::ByteSource>>> EngineFiles::zip(base::AccountId account, gateway::Spot spot, std::string path) {
  auto slot = take_slot(account);
  if (!slot) co_return std::unexpected(slot.error());
  const auto link = co_await open(account, spot);
  if (!link) co_return std::unexpected(link.error());
  if (auto noted = co_await note_export(account, spot.disk); !noted) co_return std::unexpected(noted.error());
  const auto answer = co_await (*link)->ask(hostlink::ZipFolder{std::move(path)});
  if (!answer) co_return std::unexpected(answer.error());
  co_return std::make_shared<Chunks>(*link, std::move(*slot));
}

awaitable<Result<std::vector<std::string>>> EngineFiles::copies(base::AccountId account, base::DiskId disk) {
  const auto known = co_await control::read<bool>(engine_, asker(account), [account, disk](const State& state, base::WallTime now) -> Result<bool> {
    TRY(find_place(state, account, {disk, "any"}, now));
    return true;
  });
  if (!known) co_return std::unexpected(known.error());
  if (!disks_) co_return std::vector<std::string>{};
  const auto text = co_await control::from_callback<std::string>(
      [this, disk](auto done) { disks_->list_copies(disk, [done = std::move(done)](Result<std::string> dates) mutable { done(std::move(dates)); }); });
  if (!text) co_return std::unexpected(text.error());
  std::vector<std::string> dates;
  std::istringstream lines(*text);
  for (std::string date; std::getline(lines, date);) dates.push_back(date);
  co_return dates;
}

// From one worker to another through here; the upload's last step gives it a name that is free.
awaitable<Result<std::string>> EngineFiles::restore(base::AccountId account, gateway::Spot spot, std::string path) {
  auto from = co_await read(account, spot, path, 0, -1);
  if (!from) co_return std::unexpected(from.error());
  const gateway::Spot home{spot.disk};
  const auto dot = path.rfind('.'), slash = path.rfind('/');
  const bool ending = dot != std::string::npos && (slash == std::string::npos ? dot > 0 : dot > slash + 1);
  const std::string beside = (ending ? path.substr(0, dot) : path) + " (" + spot.copy + ")" + (ending ? path.substr(dot) : "");
  std::string where = path;
  auto id = co_await begin_upload(account, home, where, from->file.size, false);
  if (!id && id.error().fault == Fault::kConflict) id = co_await begin_upload(account, home, where = beside, from->file.size, false);
  if (!id) co_return std::unexpected(id.error());
  if (from->file.size == 0) co_return where;
  const auto done = co_await go_on_upload(account, home, *id, 0, from->bytes);
  if (!done || done->offset != done->size) {
    (void)co_await drop_upload(account, home, *id);
    co_return std::unexpected(done ? base::Error{Fault::kUnavailable, "FilesCutOff", "The copy could not be read to its end. Try again."} : done.error());
  }
  co_return where;
}

awaitable<Status> EngineFiles::make_folder(base::AccountId account, gateway::Spot spot, std::string path) {
  return order(account, spot, hostlink::MakeFolder{std::move(path)});
}
awaitable<Status> EngineFiles::move(base::AccountId account, gateway::Spot spot, std::string from, std::string to) {
  return order(account, spot, hostlink::MoveEntry{std::move(from), std::move(to)});
}
awaitable<Status> EngineFiles::remove(base::AccountId account, gateway::Spot spot, std::string path) {
  return order(account, spot, hostlink::RemoveEntry{std::move(path)});
}

awaitable<Result<std::string>> EngineFiles::begin_upload(base::AccountId account, gateway::Spot spot, std::string path, std::int64_t size,
                                                         bool replace) {
  if (const auto may = co_await may_change(account, spot.disk); !may) co_return std::unexpected(may.error());
  std::string id = base::random_hex(random_, 32);
  const auto begun = co_await ask<hostlink::UploadState>(account, spot, hostlink::BeginUpload{id, std::move(path), size, replace});
  co_return begun ? Result<std::string>(std::move(id)) : std::unexpected(begun.error());
}

awaitable<Result<gateway::UploadView>> EngineFiles::look_at_upload(base::AccountId account, gateway::Spot spot, std::string id) {
  const auto state = co_await ask<hostlink::UploadState>(account, spot, hostlink::LookAtUpload{std::move(id)});
  co_return state ? Result<gateway::UploadView>({state->offset, state->size}) : std::unexpected(state.error());
}

awaitable<Result<gateway::UploadView>> EngineFiles::go_on_upload(base::AccountId account, gateway::Spot spot, std::string id, std::int64_t offset,
                                                                 std::shared_ptr<gateway::ByteSource> bytes) {
  if (const auto may = co_await may_change(account, spot.disk); !may) co_return std::unexpected(may.error());
  const auto slot = take_slot(account);
  if (!slot) co_return std::unexpected(slot.error());
  const auto link = co_await open(account, spot);
  if (!link) co_return std::unexpected(link.error());
  if (!co_await (*link)->send(hostlink::ContinueUpload{std::move(id), offset}))
    co_return base::fail(Fault::kUnavailable, "FilesCutOff", "The connection to the files was cut off. Go on with the upload.");
  while (true) {
    const auto chunk = co_await bytes->next();
    // Without the last chunk the worker keeps what has come and waits for who goes on.
    if (!chunk) co_return std::unexpected(chunk.error());
    bool sent = true;
    for (std::string_view rest = *chunk; sent && !rest.empty();) {
      const auto part = rest.substr(0, hostlink::kMaxChunkBytes);
      sent = co_await (*link)->send_chunk(part);
      rest.remove_prefix(part.size());
    }
    if (chunk->empty()) sent = co_await (*link)->send_chunk({});
    if (!sent || chunk->empty()) break;  // a worker that refuses has said why
  }
  const auto answer = co_await (*link)->answer();
  if (!answer) co_return std::unexpected(answer.error());
  const auto* state = std::get_if<hostlink::UploadState>(&*answer);
  if (!state) co_return base::fail(Fault::kInternal, "InternalError", "The files gave an answer to another question.");
  co_return gateway::UploadView{state->offset, state->size};
}

awaitable<Status> EngineFiles::drop_upload(base::AccountId account, gateway::Spot spot, std::string id) {
  return order(account, spot, hostlink::DropUpload{std::move(id)});
}

}  // namespace stipend::app
