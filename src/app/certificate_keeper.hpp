// All that the keeper does for TLS: reads the certificate at the start or asks an authority for one, watches it, and hands
// what is new to the server.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "app/acme.hpp"
#include "app/certificates.hpp"
#include "app/config.hpp"
#include "app/handover.hpp"
#include "app/paths.hpp"

namespace stipend::app {

class CertificateKeeper {
 public:
  CertificateKeeper(const Paths& paths, const Config& config) : paths_(paths), config_(config) {}
  ~CertificateKeeper();
  CertificateKeeper(const CertificateKeeper&) = delete;
  CertificateKeeper& operator=(const CertificateKeeper&) = delete;

  // What the server begins with; null: plain HTTP. Folders of the state are there.
  base::Result<std::shared_ptr<net::TlsContext>> prepare();

  int server_end() const { return ends_.server; }
  void server_has_its_end();  // in the keeper, after the fork
  void in_the_server();       // in the server, after the fork: only its own end stays open

  void reload();
  bool reaped(pid_t pid, int status, std::int64_t now_ms);  // true: it was ours
  void tick(std::int64_t now_ms);
  std::int64_t next_wait_ms() const { return watch_ ? CertificateWatch::kPauseMs : 60'000; }

 private:
  base::Result<std::shared_ptr<net::TlsContext>> prepare_acme();

  const Paths& paths_;
  const Config& config_;
  std::optional<Acme> acme_;
  std::optional<CertificateWatch> watch_;
  HandoverEnds ends_;
  bool at_once_ = false;
  std::int64_t looked_at_ms_ = 0;
  Handover unsent_;
  std::string told_;  // the state as the server knows it
};

}  // namespace stipend::app
