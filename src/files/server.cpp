#include "files/server.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>

#include "files/archive.hpp"
#include "hostlink/file_codec.hpp"

namespace stipend::files {
namespace {

using namespace hostlink;

constexpr std::size_t kMaxWaiting = 64;
constexpr int kLookMs = 500;

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
  std::visit(Answering{tree_, uploads_, channel}, *request);
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

void Server::run(int idle_ms) {
  for (int idle = 0; idle < idle_ms;) {
    pollfd wanted{listener_.get(), POLLIN, 0};
    if (::poll(&wanted, 1, kLookMs) > 0) {
      Fd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      const std::lock_guard lock(guard_);
      if (socket && waiting_.size() < kMaxWaiting) {
        waiting_.push_back(std::move(socket));
        wake_.notify_one();
      }
      idle = 0;
      continue;
    }
    const std::lock_guard lock(guard_);
    idle = busy_ > 0 || !waiting_.empty() ? 0 : idle + kLookMs;
  }
}

}  // namespace stipend::files
