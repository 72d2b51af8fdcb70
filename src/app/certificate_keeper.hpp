// All that the keeper does for TLS: reads the certificate at the start, watches it, and hands what is new to the server.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "app/certificates.hpp"
#include "app/config.hpp"
#include "app/handover.hpp"

namespace stipend::app {

class CertificateKeeper {
 public:
  explicit CertificateKeeper(const Config& config) : config_(config) {}
  ~CertificateKeeper();
  CertificateKeeper(const CertificateKeeper&) = delete;
  CertificateKeeper& operator=(const CertificateKeeper&) = delete;

  // What the server begins with; null: plain HTTP.
  base::Result<std::shared_ptr<net::TlsContext>> prepare();

  int server_end() const { return ends_.server; }
  void server_has_its_end();  // in the keeper, after the fork
  void in_the_server();       // in the server, after the fork: only its own end stays open

  void reload() { at_once_ = true; }
  void tick(std::int64_t now_ms);
  std::int64_t next_wait_ms() const { return watch_ ? CertificateWatch::kPauseMs : 60'000; }

 private:
  const Config& config_;
  std::optional<CertificateWatch> watch_;
  HandoverEnds ends_;
  bool at_once_ = false;
  std::int64_t looked_at_ms_ = 0;
  Handover unsent_;
  std::string told_;  // the state as the server knows it
};

}  // namespace stipend::app
