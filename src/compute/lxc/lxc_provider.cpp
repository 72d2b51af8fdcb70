#include "compute/lxc/lxc_provider.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "base/check.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "compute/disk_files.hpp"
#include "compute/lxc/host_socket.hpp"
#include "compute/lxc/translate.hpp"
#include "hostlink/codec.hpp"
#include "hostlink/names.hpp"

namespace stipend::compute {
namespace {

constexpr std::int64_t kFirstPauseMs = 50;
constexpr std::int64_t kLongestPauseMs = 2'000;
constexpr std::int64_t kGreetingMs = 5'000;
constexpr std::int64_t kAnswerWithinMs = 180'000;
constexpr std::int64_t kCopyWithinMs = 31 * 60'000;  // stipend-host gives one half an hour

base::Error away() {
  return {base::Fault::kUnavailable, "ServiceUnavailable",
          "stipend-host does not answer; machines go on, and it is called again by itself"};
}

base::Result<std::int64_t> size_of(const std::string& digits) {
  std::int64_t mib = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), mib);
  if (error != std::errc() || end != digits.data() + digits.size() || mib < 0)
    return base::fail(base::Fault::kUnavailable, "BadAnswer", "stipend-host answers with something that is no size");
  return mib;
}

base::Fault fault_of(std::string_view code) {
  const auto is_one_of = [&](std::initializer_list<std::string_view> codes) { return std::ranges::find(codes, code) != codes.end(); };
  if (is_one_of({"VolumeInUse", "TransferRunning", "IncorrectInstanceState", "AddressInUse"})) return base::Fault::kConflict;
  if (is_one_of({"NoConsole", "InvalidVolume.NotFound", "NoSuchFile", "NoSuchCopy"})) return base::Fault::kNotFound;
  return code == "RequestLimitExceeded" ? base::Fault::kThrottled : base::Fault::kUnavailable;
}

class LxcProvider final : public Provider, public DiskFiles {
 public:
  explicit LxcProvider(LxcOptions options)
      : options_(std::move(options)), wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    CHECK(wake_ >= 0, "an eventfd can be made");
  }
  ~LxcProvider() override {
    {
      const std::lock_guard lock(guard_);
      end_ = true;
    }
    wake();
    if (thread_.joinable()) thread_.join();
    ::close(wake_);
    for (auto& [number, question] : questions_) fail(question, away());
  }

  void open(std::int64_t epoch, ReportSink sink) override {
    CHECK(!thread_.joinable(), "open() is called once");
    epoch_ = epoch;
    sink_ = std::move(sink);
    thread_ = std::thread([this] { run(); });
  }
  void on_notices(NoticeSink sink) override { notices_ = std::move(sink); }
  void on_folder_use(FolderSink sink) override { folders_ = std::move(sink); }
  void start(StartSpec spec) override { push(to_link(spec, clock_.monotonic_ms())); }
  void renew(RunKey key, std::int64_t epoch, Lease lease) override {
    push(hostlink::Renew{to_link(key), epoch, {lease.seq, lease.run_max}});
  }
  void stop(RunKey key, std::int64_t epoch, StopWish wish) override {
    push(hostlink::Stop{to_link(key), epoch, to_link(wish.cause), wish.force, std::move(wish.request_id)});
  }
  void reboot(RunKey key, std::int64_t epoch, std::string request_id) override {
    push(hostlink::Reboot{to_link(key), epoch, std::move(request_id)});
  }
  void acknowledge(RunKey key, std::int64_t epoch) override {
    push(hostlink::Acknowledge{to_link(key), epoch});
  }

  void delete_disk(base::DiskId disk, std::int64_t epoch, DoneSink done) override {
    ask({.done = std::move(done), .text = {}, .size = {}, .request = {}, .deadline_ms = 0},
        [&](std::int64_t number) { return hostlink::DeleteDisk{disk, epoch, number}; });
  }
  void snapshot_disk(base::DiskId from, base::DiskId to, std::int64_t epoch, SizeSink done) override {
    ask({.done = {}, .text = {}, .size = std::move(done), .request = {}, .deadline_ms = kCopyWithinMs},
        [&](std::int64_t number) { return hostlink::SnapshotDisk{from, to, epoch, number}; });
  }
  void set_public_address(RunKey key, std::int64_t epoch, std::string address, DoneSink done) override {
    ask({.done = std::move(done), .text = {}, .size = {}, .request = {}, .deadline_ms = 0},
        [&](std::int64_t number) { return hostlink::SetPublicAddress{to_link(key), epoch, address, number}; });
  }
  void console_output(base::InstanceId instance, TextSink done) override {
    ask({.done = {}, .text = std::move(done), .size = {}, .request = {}, .deadline_ms = 0},
        [&](std::int64_t number) { return hostlink::ReadConsole{instance, number}; });
  }
  void open_files(FilesWish wish, TextSink done) override {
    const auto runtime = options_.socket.substr(0, options_.socket.rfind('/'));
    auto path = hostlink::files_socket(runtime, wish.disk.view(), wish.copy);
    ask({.done = [done = std::move(done), path = std::move(path)](base::Status opened) {
           done(opened ? base::Result<std::string>(path) : std::unexpected(opened.error()));
         },
         .text = {}, .size = {}, .request = {}, .deadline_ms = 0},
        [&](std::int64_t number) { return hostlink::OpenFiles{wish.disk, wish.image, wish.copy, wish.course_gib, wish.epoch, number}; });
  }
  void copy_disk(base::DiskId disk, std::string date, std::int64_t keep, std::int64_t epoch, DoneSink done) override {
    ask({.done = std::move(done), .text = {}, .size = {}, .request = {}, .deadline_ms = kCopyWithinMs},
        [&](std::int64_t number) { return hostlink::CopyDisk{disk, date, keep, epoch, number}; });
  }
  void list_copies(base::DiskId disk, TextSink done) override {
    ask({.done = {}, .text = std::move(done), .size = {}, .request = {}, .deadline_ms = 0},
        [&](std::int64_t number) { return hostlink::ListCopies{disk, number}; });
  }
  void resync(std::vector<RunKey> expected) override {
    std::size_t from = 0;
    do {
      hostlink::Resync m;
      const std::size_t until = std::min(expected.size(), from + hostlink::kMaxExpected);
      for (; from < until; ++from) m.expected.push_back(to_link(expected[from]));
      m.last = from == expected.size();
      push(std::move(m));
    } while (from < expected.size());
  }

  base::Result<AddressRanges> address_ranges() override {
    const std::lock_guard lock(guard_);
    if (!welcome_) return std::unexpected(away());
    return AddressRanges{welcome_->private_cidr, welcome_->public_cidr};
  }
  base::Result<HostRoom> room() override {
    const std::lock_guard lock(guard_);
    if (!welcome_ || !room_) return std::unexpected(away());
    return HostRoom{welcome_->host, welcome_->boot_id, room_->cpus, room_->memory_mib, room_->disk_free_mib,
                    room_->disk_total_mib};
  }

 private:
  struct Question {
    DoneSink done;
    TextSink text;
    SizeSink size;
    std::string request;  // said again after a reconnection: asking twice does no harm
    std::int64_t deadline_ms = 0;
  };

  static void fail(Question& question, base::Error error) {
    if (question.done) question.done(std::unexpected(error));
    if (question.text) question.text(std::unexpected(error));
    if (question.size) question.size(std::unexpected(error));
  }

  void wake() {
    const std::uint64_t one = 1;
    (void)!::write(wake_, &one, sizeof one);
  }

  void push(const hostlink::Request& request) {
    {
      const std::lock_guard lock(guard_);
      if (queue_.size() >= options_.queue_max) {
        if (!std::exchange(full_, true))
          base::log::error("the queue to stipend-host is full; wishes are dropped");
        return;
      }
      full_ = false;
      queue_.push_back(hostlink::encode(request));
    }
    wake();
  }

  template <class Make>
  void ask(Question question, Make make) {
    {
      std::unique_lock lock(guard_);
      if (queue_.size() >= options_.queue_max || questions_.size() >= 1'000) {
        lock.unlock();
        return fail(question, {base::Fault::kThrottled, "RequestLimitExceeded",
                               "too many questions to stipend-host; try again"});
      }
      const std::int64_t number = ++last_number_;
      question.request = hostlink::encode(hostlink::Request(make(number)));
      question.deadline_ms = clock_.monotonic_ms() + (question.deadline_ms > 0 ? question.deadline_ms : kAnswerWithinMs);
      queue_.push_back(question.request);
      questions_.emplace(number, std::move(question));
    }
    wake();
  }

  void run() {
    std::int64_t pause = kFirstPauseMs;
    bool said = false;
    while (!ended()) {
      auto socket = HostSocket::connect(options_.socket);
      if (socket && greet(*socket)) {
        base::log::info("connected to stipend-host");
        pause = kFirstPauseMs;
        said = false;
        converse(*socket);
        if (!ended()) base::log::warn("stipend-host is gone; machines go on under their supervisors");
      } else if (pause == kLongestPauseMs && !std::exchange(said, true)) {  // not for the seconds of its own start
        base::log::warn("stipend-host does not answer yet", {{"socket", options_.socket}});
      }
      sleep_until(clock_.monotonic_ms() + pause);
      pause = std::min(pause * 2, kLongestPauseMs);
    }
  }

  bool ended() {
    const std::lock_guard lock(guard_);
    return end_;
  }

  void sleep_until(std::int64_t until_ms) {
    while (!ended()) {
      const std::int64_t left = until_ms - clock_.monotonic_ms();
      if (left <= 0) break;
      wait(-1, static_cast<int>(left), 0);
    }
    expire_questions();
  }

  short wait(int fd, int timeout_ms, short wants) {
    pollfd fds[2] = {{wake_, POLLIN, 0}, {fd, static_cast<short>(POLLIN | wants), 0}};
    ::poll(fds, fd >= 0 ? 2 : 1, timeout_ms);
    std::uint64_t count = 0;
    (void)!::read(wake_, &count, sizeof count);
    return fd >= 0 ? fds[1].revents : short{0};
  }

  // Hello and its answer, before anything else; then everything the host knows, and every open question
  // again.
  bool greet(HostSocket& socket) {
    if (!socket.send(hostlink::encode(hostlink::Request(hostlink::Hello{.epoch = epoch_}))).value_or(false))
      return false;
    const std::int64_t until = clock_.monotonic_ms() + kGreetingMs;
    while (!ended() && clock_.monotonic_ms() < until) {
      wait(socket.fd(), 100, 0);
      auto packet = socket.receive();
      if (!packet) return false;
      if (!*packet) continue;
      const auto event = hostlink::decode_event(**packet);
      if (!event) return false;
      if (std::holds_alternative<hostlink::Fenced>(*event)) {
        base::log::error("stipend-host obeys a newer server; is another one running on this state?");
        return false;
      }
      if (const auto* welcome = std::get_if<hostlink::Welcome>(&*event)) {
        const std::lock_guard lock(guard_);
        welcome_ = *welcome;
        for (auto& [number, question] : questions_)
          if (std::ranges::find(queue_, question.request) == queue_.end()) queue_.push_back(question.request);
        queue_.push_back(hostlink::encode(hostlink::Request(hostlink::Resync{})));
        return true;
      }
    }
    return false;
  }

  void converse(HostSocket& socket) {
    std::int64_t heard_ms = clock_.monotonic_ms();
    while (!ended()) {
      auto flowing = send_queue(socket);
      if (!flowing) return;
      wait(socket.fd(), 1'000, *flowing ? short{0} : short{POLLOUT});
      for (;;) {
        auto packet = socket.receive();
        if (!packet) return;
        if (!*packet) break;
        heard_ms = clock_.monotonic_ms();
        on_packet(**packet);
      }
      expire_questions();
      if (clock_.monotonic_ms() - heard_ms > options_.silence_ms) return;
    }
  }

  // False: the socket is full and something waits.
  base::Result<bool> send_queue(HostSocket& socket) {
    for (;;) {
      std::string packet;
      {
        const std::lock_guard lock(guard_);
        if (queue_.empty()) return true;
        packet = std::move(queue_.front());
        queue_.pop_front();
      }
      auto sent = socket.send(packet);
      if (sent && *sent) continue;
      {
        const std::lock_guard lock(guard_);
        queue_.push_front(std::move(packet));
      }
      TRY(sent);
      return false;
    }
  }

  void on_packet(const std::string& packet) {
    auto event = hostlink::decode_event(packet);
    if (!event)
      return base::log::warn("a packet of stipend-host cannot be read", {{"error", event.error().message}});
    if (const auto* m = std::get_if<hostlink::Report>(&*event)) sink_(from_link(*m));
    if (const auto* m = std::get_if<hostlink::Notice>(&*event); m && notices_) notices_(from_link(*m));
    if (const auto* m = std::get_if<hostlink::FolderUse>(&*event); m && folders_) folders_({m->disk, m->percent, m->used_mib, m->size_mib});
    if (const auto* m = std::get_if<hostlink::Room>(&*event)) {
      const std::lock_guard lock(guard_);
      room_ = *m;
    }
    if (const auto* m = std::get_if<hostlink::Fenced>(&*event))
      base::log::error("stipend-host obeys a newer server", {{"epoch", m->epoch}});
    if (auto* m = std::get_if<hostlink::Console>(&*event))
      if (auto question = take(m->request); question && question->text) question->text(std::move(m->text));
    if (auto* m = std::get_if<hostlink::Done>(&*event)) {
      auto question = take(m->request);
      if (!question) return;
      if (m->ok && question->done) return question->done({});
      if (m->ok && question->size) return question->size(size_of(m->message));
      fail(*question, {fault_of(m->code), m->code, m->message});
    }
  }

  std::optional<Question> take(std::int64_t number) {
    const std::lock_guard lock(guard_);
    const auto at = questions_.find(number);
    if (at == questions_.end()) return std::nullopt;
    Question question = std::move(at->second);
    questions_.erase(at);
    return question;
  }

  void expire_questions() {
    std::vector<Question> late;
    {
      const std::lock_guard lock(guard_);
      for (auto at = questions_.begin(); at != questions_.end();) {
        if (clock_.monotonic_ms() < at->second.deadline_ms) {
          ++at;
          continue;
        }
        late.push_back(std::move(at->second));
        at = questions_.erase(at);
      }
    }
    for (auto& question : late) fail(question, away());
  }

  const LxcOptions options_;
  const base::SystemClock clock_;
  const int wake_;
  std::int64_t epoch_ = 0;  // set before the thread starts
  ReportSink sink_;
  NoticeSink notices_;
  FolderSink folders_;
  std::thread thread_;

  std::mutex guard_;  // of everything below
  bool end_ = false;
  bool full_ = false;
  std::deque<std::string> queue_;
  std::map<std::int64_t, Question> questions_;
  std::int64_t last_number_ = 0;
  std::optional<hostlink::Welcome> welcome_;
  std::optional<hostlink::Room> room_;
};

}  // namespace

std::unique_ptr<Provider> make_lxc_provider(LxcOptions options) {
  return std::make_unique<LxcProvider>(std::move(options));
}

}  // namespace stipend::compute
