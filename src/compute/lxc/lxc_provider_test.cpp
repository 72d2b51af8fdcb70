// The provider's own part, against a socket that plays stipend-host: greeting, reconnection, questions,
// limits.
#include "compute/lxc/lxc_provider.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <mutex>
#include <optional>
#include <thread>

#include "hostlink/codec.hpp"

namespace stipend::compute {
namespace {

const RunKey kKey{*base::InstanceId::parse("i-00000000000000001"), 1};
const auto kDisk = *base::DiskId::parse("vol-00000000000000001");

class PlayedHost {
 public:
  PlayedHost() {
    char folder[] = "/tmp/stipend-link-XXXXXX";
    path_ = std::string(mkdtemp(folder)) + "/host.sock";
  }
  ~PlayedHost() {
    hang_up();
    if (listener_ >= 0) close(listener_);
    unlink(path_.c_str());
    rmdir(path_.substr(0, path_.rfind('/')).c_str());
  }
  void listen_now() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    listener_ = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    ASSERT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(listen(listener_, 4), 0);
  }
  // Takes a connection and answers its hello.
  void greet() {
    ASSERT_TRUE(readable(listener_));
    peer_ = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const auto hello = next();
    ASSERT_TRUE(hello && std::holds_alternative<hostlink::Hello>(*hello));
    EXPECT_EQ(std::get<hostlink::Hello>(*hello).epoch, 7);
    say(hostlink::Welcome{1, *base::HostId::parse("h-00000000000000001"),
                          "01234567-89ab-cdef-0123-456789abcdef", "10.0.16.0/20", "10.0.32.0/20", 7});
    say(hostlink::Room{4, 8192, 1000});
  }
  std::optional<hostlink::Request> next() {
    if (!readable(peer_)) return std::nullopt;
    std::string packet(hostlink::kMaxRequestBytes, '\0');
    const auto n = recv(peer_, packet.data(), packet.size(), 0);
    if (n <= 0) return std::nullopt;
    packet.resize(static_cast<std::size_t>(n));
    auto request = hostlink::decode_request(packet);
    if (!request) return std::nullopt;
    return *std::move(request);
  }
  // The next request of this kind; others are passed over.
  template <class T>
  std::optional<T> expect() {
    while (auto request = next())
      if (auto* m = std::get_if<T>(&*request)) return *m;
    return std::nullopt;
  }
  void say(const hostlink::Event& event) {
    const std::string packet = hostlink::encode(event);
    ASSERT_EQ(send(peer_, packet.data(), packet.size(), MSG_NOSIGNAL), static_cast<ssize_t>(packet.size()));
  }
  void hang_up() {
    if (peer_ >= 0) close(peer_);
    peer_ = -1;
  }
  const std::string& path() const { return path_; }

 private:
  static bool readable(int fd) {
    pollfd p{fd, POLLIN, 0};
    return poll(&p, 1, 10'000) > 0;
  }
  std::string path_;
  int listener_ = -1, peer_ = -1;
};

bool soon(const std::function<bool()>& true_now) {
  for (int i = 0; i < 1'000 && !true_now(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return true_now();
}

TEST(LxcProvider, WishesOfTheTimeBeforeTheHostArriveWhenItDoes) {
  PlayedHost host;
  const auto provider = make_lxc_provider({.socket = host.path()});
  provider->open(7, [](Report) {});
  EXPECT_FALSE(provider->address_ranges());
  EXPECT_FALSE(provider->room());
  provider->renew(kKey, 7, {3, {600}});
  host.listen_now();
  host.greet();
  const auto renew = host.expect<hostlink::Renew>();
  ASSERT_TRUE(renew);
  EXPECT_EQ(renew->lease, (hostlink::Lease{3, {600}}));
  ASSERT_TRUE(host.expect<hostlink::Resync>());
  ASSERT_TRUE(soon([&] { return provider->room().has_value(); }));
  EXPECT_EQ(provider->room()->memory_mib, 8192);
  EXPECT_EQ(provider->address_ranges()->private_cidr, "10.0.16.0/20");
}

TEST(LxcProvider, CallsTheHostAgainAndAsksOpenQuestionsAgain) {
  PlayedHost host;
  host.listen_now();
  const auto provider = make_lxc_provider({.socket = host.path()});
  std::atomic<int> reports = 0, answers = 0;
  provider->open(7, [&](Report) { ++reports; });
  host.greet();
  provider->delete_disk(kDisk, 7, [&](base::Status s) { answers += s ? 1 : 100; });
  ASSERT_TRUE(host.expect<hostlink::DeleteDisk>());
  host.hang_up();
  host.greet();
  const auto again = host.expect<hostlink::DeleteDisk>();
  ASSERT_TRUE(again);
  host.say(hostlink::Done{again->request, true, {}, {}});
  host.say(hostlink::Done{again->request, true, {}, {}});  // said twice is heard once
  hostlink::Report report;
  report.key = {kKey.instance, kKey.generation};
  report.phase = hostlink::Phase::kRunning;
  report.host = *base::HostId::parse("h-00000000000000001");
  report.boot_id = "01234567-89ab-cdef-0123-456789abcdef";
  host.say(report);
  EXPECT_TRUE(soon([&] { return reports == 1; }));
  EXPECT_EQ(answers, 1);
}

TEST(LxcProvider, TellsWhatCanBeAskedAgainFromWhatCannotBe) {
  const auto snapshot = *base::DiskId::parse("vol-00000000000000002");
  PlayedHost host;
  host.listen_now();
  const auto provider = make_lxc_provider({.socket = host.path()});
  provider->open(7, [](Report) {});
  host.greet();
  std::optional<base::Result<std::int64_t>> size;
  std::mutex guard;
  const auto told = [&](bool ok, const std::string& code, const std::string& message) -> base::Result<std::int64_t> {
    size.reset();
    provider->snapshot_disk(kDisk, snapshot, 7, [&](base::Result<std::int64_t> answer) {
      const std::lock_guard lock(guard);
      size = std::move(answer);
    });
    const auto asked = host.expect<hostlink::SnapshotDisk>();
    EXPECT_TRUE(asked && asked->from == kDisk && asked->to == snapshot && asked->epoch == 7);
    host.say(hostlink::Done{asked ? asked->request : 0, ok, code, message});
    EXPECT_TRUE(soon([&] {
      const std::lock_guard lock(guard);
      return size.has_value();
    }));
    return *size;
  };
  EXPECT_EQ(told(true, "", "1234").value_or(-1), 1234);
  for (const char* nonsense : {"", "12 MiB", "-1", "99999999999999999999"}) EXPECT_FALSE(told(true, "", nonsense)) << nonsense;
  struct Row {
    const char* code;
    base::Fault fault;
  };
  for (const auto& row : {Row{"VolumeInUse", base::Fault::kConflict}, Row{"TransferRunning", base::Fault::kConflict},
                          Row{"IncorrectInstanceState", base::Fault::kConflict}, Row{"AddressInUse", base::Fault::kConflict},
                          Row{"RequestLimitExceeded", base::Fault::kThrottled}, Row{"InvalidVolume.NotFound", base::Fault::kNotFound},
                          Row{"SnapshotNeedsStop", base::Fault::kUnavailable}, Row{"HostDiskFull", base::Fault::kUnavailable}}) {
    const auto answer = told(false, row.code, "why");
    ASSERT_FALSE(answer) << row.code;
    EXPECT_EQ(answer.error().fault, row.fault) << row.code;
    EXPECT_EQ(answer.error().code, row.code);
  }
}

TEST(LxcProvider, AnswersEveryQuestionOnceAlsoAtItsEnd) {
  PlayedHost host;
  int failed = 0;
  auto provider = make_lxc_provider({.socket = host.path(), .queue_max = 1});
  provider->open(7, [](Report) {});
  provider->console_output(kKey.instance, [&](base::Result<std::string> r) { failed += r ? 100 : 1; });
  provider->console_output(kKey.instance,
                           [&](base::Result<std::string> r) { failed += r ? 100 : 1; });  // beyond the limit
  EXPECT_EQ(failed, 1);
  provider.reset();
  EXPECT_EQ(failed, 2);
}

TEST(LxcProvider, HangsUpOnAHostThatFallsSilent) {
  PlayedHost host;
  host.listen_now();
  const auto provider = make_lxc_provider({.socket = host.path(), .silence_ms = 100});
  provider->open(7, [](Report) {});
  host.greet();
  host.greet();  // it called again
}

TEST(LxcProvider, ALongResyncGoesInSeveralPackets) {
  PlayedHost host;
  host.listen_now();
  const auto provider = make_lxc_provider({.socket = host.path()});
  provider->open(7, [](Report) {});
  host.greet();
  ASSERT_TRUE(host.expect<hostlink::Resync>());  // its own after the greeting
  provider->resync(std::vector<RunKey>(hostlink::kMaxExpected + 1, kKey));
  const auto first = host.expect<hostlink::Resync>();
  const auto second = host.expect<hostlink::Resync>();
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(first->last);
  EXPECT_EQ(second->expected.size(), 1U);
  EXPECT_TRUE(second->last);
}

}  // namespace
}  // namespace stipend::compute
