// `stipend ledger verify`: judges the ledger of a state folder through a read-only connection of its own, beside a
// server that goes on, or without one.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>

#include "base/result.hpp"
#include "base/time.hpp"
#include "ledger/verification.hpp"

namespace stipend::app {

// Reads every entry, which may take minutes; `stop` ends it early. `folder` is the server's own, with stipend.db. Answers
// {"ok", "entries", "seconds", "checks": [{"check", "rule", "ok", "figures", "found", "findings"}]}; an error only when
// the file cannot be read at all.
base::Result<nlohmann::ordered_json> verify_ledger(const std::string& folder, std::optional<ledger::InMemory> held,
                                                   base::WallTime now, const std::atomic<bool>& stop);

// For a server: on a thread of its own, one at a time.
class LedgerVerifier {
 public:
  explicit LedgerVerifier(std::string folder) : folder_(std::move(folder)) {}
  ~LedgerVerifier();
  boost::asio::awaitable<base::Result<nlohmann::ordered_json>> run(ledger::InMemory held, base::WallTime now);

 private:
  std::string folder_;
  std::atomic<bool> busy_ = false, stop_ = false;
  std::thread thread_;
};

}  // namespace stipend::app
