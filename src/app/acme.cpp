#include "app/acme.hpp"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "base/log.hpp"

namespace stipend::app {
namespace {

namespace log = base::log;

constexpr std::int64_t kMinuteMs = 60'000, kLongestPauseMs = 360 * kMinuteMs;
constexpr std::int64_t kAfterSuccessMs = 5'000;  // a pair that turns out unfit must not make a loop

}  // namespace

std::int64_t acme_pause_ms(int failures, double jitter) {
  std::int64_t pause = kMinuteMs;
  for (int i = 1; i < failures && pause < kLongestPauseMs; ++i) pause *= 4;
  pause = std::min(pause, kLongestPauseMs);
  return pause + static_cast<std::int64_t>(static_cast<double>(pause) * 0.2 * jitter);
}

bool acme_due(std::int64_t lifetime_s, std::int64_t left_s, double jitter) {
  const double third = static_cast<double>(lifetime_s) / 3;
  return static_cast<double>(left_s) <= third * (1 + 0.1 * jitter);
}

Acme::Acme(const Config& config, AcmeFolders folders, double random) : config_(config), folders_(std::move(folders)), random_(random) {}

Acme::~Acme() {
  if (run_.pid > 0) kill(-run_.pid, SIGKILL);
  if (run_.output >= 0) close(run_.output);
}

base::Status Acme::prepare() {
  TRY_ASSIGN(client_, find_acme_client());
  TRY(read_environment(config_.acme_environment));
  return {};
}

PemFiles Acme::files() const {
  const auto stem = folders_.own + "/certificates/" + config_.name;
  return {stem + ".crt", stem + ".key"};
}

bool Acme::wanted(std::int64_t now_s, const net::TlsContext& in_use) const {
  if (!in_use.has_certificate()) return true;
  const auto names = acme_names(config_);
  const bool covered = std::ranges::all_of(names, [&](std::string name) {
    return in_use.covers(name.starts_with("*.") ? name.replace(0, 1, "any") : name);
  });
  return !covered || acme_due(in_use.lifetime_s(), in_use.expires_s() - now_s, random_);
}

void Acme::tick(std::int64_t now_ms, std::int64_t now_s, const net::TlsContext& in_use) {
  if (run_.pid > 0) {
    if (now_ms - started_ms_ > kRunWithinMs) kill(-run_.pid, SIGKILL);
    return;
  }
  if (now_ms < not_before_ms_ || !wanted(now_s, in_use)) return;
  auto environment = read_environment(config_.acme_environment);
  if (!environment) return failed(now_ms, environment.error().message);
  auto started = start_acme(acme_command(config_, folders_, client_, *std::move(environment), acme_registered(config_, folders_)), folders_);
  if (!started) return failed(now_ms, started.error().message);
  run_ = *started;
  started_ms_ = now_ms;
  log::info("asking for a certificate", {{"directory", config_.acme_directory}, {"method", config_.acme_method}});
}

void Acme::failed(std::int64_t now_ms, std::string why) {
  error_ = std::move(why);
  const auto pause = acme_pause_ms(++failures_, random_);
  not_before_ms_ = now_ms + pause;
  log::warn("no certificate was issued; asked again later", {{"why", error_}, {"in_s", pause / 1000}, {"failures", failures_}});
}

bool Acme::reaped(pid_t pid, int status, std::int64_t now_ms) {
  if (pid != run_.pid || run_.pid <= 0) return false;
  kill(-run_.pid, SIGKILL);  // a hook's children, should there be any
  const auto words = last_words(run_.output);
  close(run_.output);
  run_ = {};
  if (WIFSIGNALED(status)) failed(now_ms, fmt::format("the client was ended by signal {} after {} s: {}", WTERMSIG(status), (now_ms - started_ms_) / 1000, words));
  else if (WEXITSTATUS(status) != 0) failed(now_ms, words.empty() ? "the client said nothing" : words);
  else {
    failures_ = 0;
    error_.clear();
    not_before_ms_ = now_ms + kAfterSuccessMs;
    log::info("a certificate was issued");
  }
  return true;
}

nlohmann::ordered_json Acme::state() const {
  return {{"state", run_.pid > 0 ? "asking" : failures_ > 0 ? "failed" : "ok"},
          {"method", config_.acme_method},
          {"names", acme_names(config_)},
          {"failures", failures_},
          {"error", error_}};
}

}  // namespace stipend::app
