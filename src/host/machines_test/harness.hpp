// stipend-host with real machines and no server: the fixture plays the server. It starts a stipend-host of a
// state of its own, sends it requests, notes every report, and sees to it that nothing is left on the
// computer. Needs root and images: STIPEND_TEST_IMAGES is a folder that images/build filled with `minimal`,
// STIPEND_HOST the program. Without them main() says so and skips (exit status 77).
// Machines of one test run at once: leases are short, but real. A machine is a small number n.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "host/fd.hpp"
#include "host/names.hpp"
#include "host/supervisor_link.hpp"
#include "hostlink/messages.hpp"

namespace stipend::host {

using hostlink::Cause;
using hostlink::Phase;
using hostlink::Report;
using hostlink::RunKey;

// What main() found.
struct MachinesUnderTest {
  std::string program, images;
  base::ImageId image;
};
extern MachinesUnderTest g_under_test;

RunKey key_of(int n, std::int64_t generation = 1);
base::DiskId disk_of(int n);

class Machines : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  // ---- stipend-host ----
  static int run(const std::vector<std::string>& words);
  static pid_t begin(const std::vector<std::string>& words);
  void start_host(const std::string& boot_id = {});
  void stop_host(int signal);
  void connect_host();
  void ask(const hostlink::Request& request);

  // Reads events until `done` or the time is over.
  bool wait(std::int64_t ms, const std::function<bool()>& done);
  void note(const hostlink::Event& event);

  // ---- machines ----
  hostlink::Start start_of(int n, std::int64_t run_max_s, std::int64_t generation = 1) const;
  void start(int n, std::int64_t run_max_s, std::int64_t generation = 1);
  // Patient: what must be quick is measured by itself, a busy disk may hold up the taking down.
  bool wait_phase(int n, Phase phase, std::int64_t ms = 30'000, std::int64_t generation = 1);
  Report& report(int n, std::int64_t generation = 1);
  SupervisorStatus status(int n);
  static bool alive(pid_t pid);
  static std::string memory_of(pid_t pid);
  // What a file of the machine says, seen through its init.
  static std::string guest_file(pid_t init, const std::string& path);
  static void put_guest_file(pid_t init, const std::string& path, const std::string& text);
  static void in_guest(pid_t init, const std::string& command);
  // Whether anything answers there.
  static bool reaches(const std::string& address, int port);
  // The answer to a request that has this number.
  const hostlink::Done& answer_to(std::int64_t request, std::int64_t ms = 60'000);
  static void switch_off(pid_t init, const std::string& how);
  // Processes below init whose command line holds the words.
  static int processes_named(pid_t init, const std::string& words);
  std::int64_t ended_at(int n);
  bool gone(int n);

  // ---- afterwards ----
  void print_logs();
  void expect_nothing_left();

  std::string state_;
  Names names_;
  pid_t daemon_ = 0;
  std::vector<std::string> words_;
  Fd socket_;
  std::int64_t epoch_ = 5;
  std::optional<hostlink::Welcome> welcome_;
  std::map<RunKey, Report> reports_;
  std::map<RunKey, std::string> history_;
  std::map<std::pair<RunKey, Phase>, std::int64_t> at_;
  std::map<std::int64_t, hostlink::Done> done_;
  std::map<std::int64_t, std::string> consoles_;
  std::int64_t fenced_ = 0;
};

}  // namespace stipend::host
