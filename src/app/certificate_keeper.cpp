#include "app/certificate_keeper.hpp"

#include <unistd.h>

#include "base/log.hpp"

namespace stipend::app {

CertificateKeeper::~CertificateKeeper() {
  for (const int fd : {ends_.keeper, ends_.server})
    if (fd >= 0) close(fd);
}

base::Result<std::shared_ptr<net::TlsContext>> CertificateKeeper::prepare() {
  if (config_.tls_certificate.empty()) return std::shared_ptr<net::TlsContext>();
  watch_.emplace(PemFiles{config_.tls_certificate, config_.tls_key}, config_.name);
  TRY_ASSIGN(auto loaded, watch_->load());
  TRY_ASSIGN(ends_, make_handover());
  return loaded;
}

void CertificateKeeper::server_has_its_end() {
  if (ends_.server >= 0) close(std::exchange(ends_.server, -1));
}

void CertificateKeeper::in_the_server() {
  if (ends_.keeper >= 0) close(std::exchange(ends_.keeper, -1));
  ends_.server = -1;  // the server's to close
}

void CertificateKeeper::tick(std::int64_t now_ms) {
  if (!watch_ || (!at_once_ && now_ms - looked_at_ms_ < CertificateWatch::kPauseMs)) return;
  looked_at_ms_ = now_ms;
  if (auto pair = watch_->look(std::exchange(at_once_, false))) unsent_.pair = std::move(*pair);
  const nlohmann::ordered_json state = {{"problem", watch_->problem()}};
  if (state.dump() != told_) unsent_.state = state;
  if (!unsent_.pair && unsent_.state.is_null()) return;
  if (const auto sent = send(ends_.keeper, unsent_); !sent) {
    base::log::warn("the server was not told of its certificate; tried again", {{"why", sent.error().message}});
    return;
  }
  if (!unsent_.state.is_null()) told_ = unsent_.state.dump();
  unsent_ = {};
}

}  // namespace stipend::app
