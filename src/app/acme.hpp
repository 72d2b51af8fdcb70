// Certificates by ACME: when to ask for one, how long to wait after a failure, and what to tell people meanwhile. Lives in
// the keeper; the asking itself is acme_client.hpp.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "app/acme_client.hpp"
#include "app/certificates.hpp"

namespace stipend::app {

// Pure. How long to wait after so many failures in a row: a minute, four, 16 … six hours, each up to a fifth longer by
// `jitter` (0 to 1), so that many servers do not come back at once. Authorities count failures by the hour.
std::int64_t acme_pause_ms(int failures, double jitter);
// Pure. With a third of its life left, or up to a tenth of that earlier by `jitter`, a certificate is renewed.
bool acme_due(std::int64_t lifetime_s, std::int64_t left_s, double jitter);

class Acme {
 public:
  static constexpr std::int64_t kRunWithinMs = 600'000;

  // `random`: a number from 0 to 1 for this server's jitter.
  Acme(const Config& config, AcmeFolders folders, double random);
  ~Acme();
  Acme(const Acme&) = delete;
  Acme& operator=(const Acme&) = delete;

  // Before the server starts: the client is there and the settings can be read. Folders are made by the caller.
  base::Status prepare();
  PemFiles files() const;

  // Starts the client when it is time, and ends one that takes too long.
  void tick(std::int64_t now_ms, std::int64_t now_s, const net::TlsContext& in_use);
  // A child of the keeper ended; true when it was the client and a new pair may lie there.
  bool reaped(pid_t pid, int status, std::int64_t now_ms);
  void at_once() { not_before_ms_ = 0; }
  void forget() { run_ = {}; }  // in another process after a fork

  // {"state": "ok" | "asking" | "failed", "error", "failures", "names"}
  nlohmann::ordered_json state() const;

 private:
  bool wanted(std::int64_t now_s, const net::TlsContext& in_use) const;
  void failed(std::int64_t now_ms, std::string why);

  const Config& config_;
  AcmeFolders folders_;
  double random_;
  AcmeClient client_;
  AcmeRun run_;
  std::int64_t started_ms_ = 0, not_before_ms_ = 0;
  int failures_ = 0;
  std::string error_;
};

}  // namespace stipend::app
