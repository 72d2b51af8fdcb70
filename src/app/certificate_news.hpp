// The server's side of its certificate: the context that handshakes use, and what the keeper last said of it. Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>

#include "app/handover.hpp"

namespace stipend::app {

class CertificateNews {
 public:
  explicit CertificateNews(std::shared_ptr<net::TlsContext> tls) : tls_(std::move(tls)) {}

  void take(Handover what);
  // null: plain HTTP. Else {"expires", "days_left", "problem", …}.
  nlohmann::ordered_json to_json() const;

 private:
  std::shared_ptr<net::TlsContext> tls_;
  mutable std::mutex guard_;
  nlohmann::ordered_json state_ = nlohmann::ordered_json::object();
};

}  // namespace stipend::app
