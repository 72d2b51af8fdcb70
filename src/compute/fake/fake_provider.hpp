// FakeProvider: the Provider over a FakeHost. For tests and the simulator (who drive the host's time), and
// for
// `[compute] provider = "fake"`, where FakeTime lets the real clock drive it: the whole server works,
// machines are "running" at once, nothing runs. Says so in the console output.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "compute/fake/fake_host.hpp"

namespace stipend::compute {

class FakeProvider final : public Provider {
 public:
  // `changed` after each call: whoever drives the time looks at next_ms() again.
  explicit FakeProvider(
      FakeHost& host, std::function<void()> changed = [] {})
      : host_(host), changed_(std::move(changed)) {}

  void open(std::int64_t epoch, ReportSink sink) override {
    epoch_ = epoch;
    sink_ = std::move(sink);
    reconnect();
  }
  void on_notices(NoticeSink sink) override { notices_ = std::move(sink); }
  // As a real one does by itself after the host went away.
  void reconnect() { host_.connect(epoch_, sink_, notices_), opened_ = true, changed_(); }
  void start(StartSpec spec) override { host_.start(std::move(spec)), changed_(); }
  void renew(RunKey key, std::int64_t epoch, Lease lease) override {
    host_.renew(key, epoch, lease), changed_();
  }
  void stop(RunKey key, std::int64_t epoch, StopWish wish) override {
    host_.stop(key, epoch, wish), changed_();
  }
  void reboot(RunKey key, std::int64_t epoch, std::string) override { host_.reboot(key, epoch), changed_(); }
  void acknowledge(RunKey key, std::int64_t epoch) override { host_.acknowledge(key, epoch), changed_(); }
  void delete_disk(base::DiskId disk, std::int64_t epoch, DoneSink done) override {
    host_.delete_disk(std::move(disk), epoch, std::move(done)), changed_();
  }
  void snapshot_disk(base::DiskId from, base::DiskId to, std::int64_t epoch, SizeSink done) override {
    host_.snapshot_disk(std::move(from), std::move(to), epoch, std::move(done)), changed_();
  }
  void set_public_address(RunKey key, std::int64_t epoch, std::string address, DoneSink done) override {
    host_.set_public_address(std::move(key), epoch, std::move(address), std::move(done)), changed_();
  }
  void console_output(base::InstanceId instance, TextSink done) override {
    host_.console_output(std::move(instance), std::move(done)), changed_();
  }
  void resync(std::vector<RunKey> expected) override { host_.resync(std::move(expected)), changed_(); }
  base::Result<AddressRanges> address_ranges() override;
  base::Result<HostRoom> room() override;

 private:
  FakeHost& host_;
  std::function<void()> changed_;
  std::int64_t epoch_ = 0;
  ReportSink sink_;
  NoticeSink notices_;
  std::atomic<bool> opened_ = false;
};

// A provider with a host of its own under the real clock; its thread ends with it. Clock and random outlive
// it.
std::unique_ptr<Provider> make_fake_provider(const base::Clock& clock, base::Random& random,
                                             FakeOptions options = {});

}  // namespace stipend::compute
