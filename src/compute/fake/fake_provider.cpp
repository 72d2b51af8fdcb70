#include "compute/fake/fake_provider.hpp"

#include <algorithm>
#include <chrono>

namespace stipend::compute {
namespace {
base::Error not_connected() {
  return {base::Fault::kUnavailable, "HostUnavailable", "the host is not connected yet"};
}

class RealTime final : public Provider {
 public:
  RealTime(const base::Clock& clock, base::Random& random, FakeOptions options)
      : clock_(clock),
        host_(clock, random, std::move(options)),
        provider_(host_, [this] { wake(); }),
        thread_([this] { loop(); }) {}
  ~RealTime() override {
    {
      const std::lock_guard lock(guard_);
      stopping_ = true;
      wakes_.notify_all();
    }
    thread_.join();
  }
  void open(std::int64_t epoch, ReportSink sink) override { provider_.open(epoch, std::move(sink)); }
  void start(StartSpec spec) override { provider_.start(std::move(spec)); }
  void renew(RunKey key, std::int64_t epoch, Lease lease) override { provider_.renew(key, epoch, lease); }
  void stop(RunKey key, std::int64_t epoch, StopWish wish) override { provider_.stop(key, epoch, wish); }
  void reboot(RunKey key, std::int64_t epoch, std::string request_id) override {
    provider_.reboot(key, epoch, std::move(request_id));
  }
  void acknowledge(RunKey key, std::int64_t epoch) override { provider_.acknowledge(key, epoch); }
  void delete_disk(base::DiskId disk, std::int64_t epoch, DoneSink done) override {
    provider_.delete_disk(std::move(disk), epoch, std::move(done));
  }
  void snapshot_disk(base::DiskId from, base::DiskId to, std::int64_t epoch, SizeSink done) override {
    provider_.snapshot_disk(from, to, epoch, std::move(done));
  }
  void set_public_address(RunKey key, std::int64_t epoch, std::string address, DoneSink done) override {
    provider_.set_public_address(std::move(key), epoch, std::move(address), std::move(done));
  }
  void console_output(base::InstanceId instance, TextSink done) override {
    provider_.console_output(std::move(instance), std::move(done));
  }
  void resync(std::vector<RunKey> expected) override { provider_.resync(std::move(expected)); }
  base::Result<AddressRanges> address_ranges() override { return provider_.address_ranges(); }
  base::Result<HostRoom> room() override { return provider_.room(); }

 private:
  void wake() {
    const std::lock_guard lock(guard_);
    changed_ = true;
    wakes_.notify_all();
  }
  void loop() {
    std::unique_lock lock(guard_);
    while (!stopping_) {
      changed_ = false;
      lock.unlock();
      host_.run_due();
      const auto next = host_.next_ms();
      lock.lock();
      const auto ready = [this] { return changed_ || stopping_; };
      if (!next)
        wakes_.wait(lock, ready);
      else
        wakes_.wait_for(
            lock, std::chrono::milliseconds(std::max<std::int64_t>(*next - clock_.monotonic_ms(), 0)), ready);
    }
  }

  const base::Clock& clock_;
  std::mutex guard_;
  std::condition_variable wakes_;
  bool changed_ = false, stopping_ = false;
  FakeHost host_;
  FakeProvider provider_;
  std::thread thread_;
};
}  // namespace

base::Result<AddressRanges> FakeProvider::address_ranges() {
  if (!opened_) return std::unexpected(not_connected());
  return host_.options().addresses;
}

base::Result<HostRoom> FakeProvider::room() {
  if (!opened_) return std::unexpected(not_connected());
  return host_.room();
}

std::unique_ptr<Provider> make_fake_provider(const base::Clock& clock, base::Random& random,
                                             FakeOptions options) {
  return std::make_unique<RealTime>(clock, random, std::move(options));
}

}  // namespace stipend::compute
