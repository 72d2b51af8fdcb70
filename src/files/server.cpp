#include "files/server.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <fmt/format.h>

#include <algorithm>

#include "base/file_name.hpp"
#include "files/archive.hpp"
#include "hostlink/file_codec.hpp"

namespace stipend::files {
namespace {

using namespace hostlink;

constexpr std::size_t kMaxWaiting = 64;
constexpr int kLookMs = 500;
constexpr int kDrainMs = 3'000, kDrainLookMs = 20;

template <class T>
void reply(Channel& channel, base::Result<T> result) {
  if (result)
    channel.send(FileAnswer(*std::move(result)));
  else
    channel.send(FileAnswer(FileRefusal{result.error()}));
}
void reply(Channel& channel, const base::Status& status) {
  channel.send(status ? FileAnswer(FileDone{}) : FileAnswer(FileRefusal{status.error()}));
}

struct Answering {
  const Tree& tree;
  Uploads& uploads;
  Channel& channel;

  void operator()(const ListFolder& m) { reply(channel, tree.list(m)); }
  void operator()(const LookAt& m) { reply(channel, tree.look(m.path)); }
  void operator()(const ReadFile& m) {
    auto file = tree.open_file(m.path);
    if (!file) return reply(channel, base::Status(std::unexpected(file.error())));
    const auto& [fd, entry] = *file;
    const auto left = std::max<std::int64_t>(0, entry.size - m.offset);
    if (m.length > left)
      return reply(channel, base::Status(base::fail(base::Fault::kConflict, "FileChanged", "The file is shorter than it was.")));
    if (channel.send(FileAnswer(entry))) channel.send_file(fd, m.offset, m.length < 0 ? left : m.length);
  }
  void operator()(const ZipFolder& m) {
    auto archive = Archive::plan(tree, m.path);
    reply(channel, archive ? base::Status{} : std::unexpected(archive.error()));
    if (archive && archive->write([this](std::string_view bytes) { return channel.send_chunk(bytes); })) channel.send_chunk({});
  }
  void operator()(const BeginUpload& m) { reply(channel, uploads.begin(m)); }
  void operator()(const LookAtUpload& m) { reply(channel, uploads.look(m.id)); }
  void operator()(const ContinueUpload& m) { reply(channel, uploads.go_on(m, channel)); }
  void operator()(const DropUpload& m) { reply(channel, uploads.drop(m.id)); }
  void operator()(const MakeFolder& m) { reply(channel, tree.make_folder(m.path)); }
  void operator()(const MoveEntry& m) { reply(channel, tree.move(m.from, m.to)); }
  void operator()(const RemoveEntry& m) { reply(channel, tree.remove(m.path)); }
};

}  // namespace

Server::Server(Tree tree, host::HostReserve reserve, Fd listener, int threads)
    : tree_(std::move(tree)), reserve_(std::move(reserve)), listener_(std::move(listener)) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

Server::~Server() {
  {
    const std::lock_guard lock(guard_);
    end_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void Server::answer(Fd socket) {
  Channel channel(std::move(socket));
  const auto payload = channel.read_frame(kMaxFileRequestBytes);
  if (!payload) return;
  const auto request = decode_file_request(*payload);
  if (!request) return reply(channel, base::Status(std::unexpected(request.error())));
  const auto name = transfer_in(*request);
  std::list<std::string> own;
  if (!name.empty()) {
    own.push_back(name);
    const std::lock_guard lock(guard_);
    transfers_.splice(transfers_.end(), own);
  }
  std::visit(Answering{tree_, uploads_, channel}, *request);
  if (name.empty()) return;
  const std::lock_guard lock(guard_);
  transfers_.erase(std::ranges::find(transfers_, name));
}

std::string Server::transfer_in(const FileRequest& request) {
  const auto last = [](const std::string& path) { return path.empty() ? std::string("all files") : base::harmless_name(path.substr(path.rfind('/') + 1)); };
  if (const auto* m = std::get_if<ReadFile>(&request)) return fmt::format("the download of {}", last(m->path));
  if (const auto* m = std::get_if<ZipFolder>(&request)) return fmt::format("the download of {} as a zip", last(m->path));
  if (const auto* m = std::get_if<ContinueUpload>(&request)) {
    const auto upload = uploads_.look(m->id);
    return upload ? fmt::format("the upload of {}", last(upload->path)) : std::string();
  }
  return {};
}

void Server::work() {
  std::unique_lock lock(guard_);
  while (true) {
    wake_.wait(lock, [this] { return end_ || !waiting_.empty(); });
    if (end_) return;
    Fd socket = std::move(waiting_.front());
    waiting_.pop_front();
    ++busy_;
    lock.unlock();
    answer(std::move(socket));
    lock.lock();
    --busy_;
  }
}

void Server::take_connection() {
  Fd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  const std::lock_guard lock(guard_);
  if (!socket || waiting_.size() >= kMaxWaiting) return;
  waiting_.push_back(std::move(socket));
  wake_.notify_one();
}

Server::Leave Server::may_leave(std::string& transfer) {
  const std::lock_guard lock(guard_);
  if (!transfers_.empty()) {
    transfer = transfers_.front();
    return Leave::kNot;
  }
  return busy_ > 0 || !waiting_.empty() ? Leave::kSoon : Leave::kNow;
}

void Server::run(int idle_ms, const Fd& control) {
  int draining = 0;  // milliseconds left; 0: nobody wants the disk
  for (int idle = 0; idle < idle_ms;) {
    pollfd wanted[2] = {{listener_.get(), POLLIN, 0}, {control.get(), POLLIN, 0}};
    const int step = draining > 0 ? kDrainLookMs : kLookMs;
    const bool some = ::poll(wanted, 2, step) > 0;
    const bool connected = some && (wanted[0].revents & POLLIN) != 0;
    if (connected) take_connection();
    if (some && wanted[1].revents != 0) {
      char text[16];
      const auto n = ::recv(control.get(), text, sizeof text, MSG_DONTWAIT);
      if (n == 0) return;  // stipend-host has gone, and we with it
      if (n > 0 && std::string_view(text, static_cast<std::size_t>(n)) == kFilesRetire) draining = kDrainMs;
    }
    std::string what = "a folder is being read";
    const auto leave = may_leave(what);
    if (draining > 0 && !connected) {
      if (leave == Leave::kNow) return;
      draining = leave == Leave::kNot ? 0 : std::max(0, draining - step);
      if (draining == 0) ::send(control.get(), (std::string(kFilesBusy) + what).c_str(), kFilesBusy.size() + what.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    idle = connected || leave != Leave::kNow ? 0 : idle + step;
  }
}

}  // namespace stipend::files
