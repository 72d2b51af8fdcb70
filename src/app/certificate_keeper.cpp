#include "app/certificate_keeper.hpp"

#include <unistd.h>

#include <ctime>

#include "base/log.hpp"
#include "base/random.hpp"

namespace stipend::app {

CertificateKeeper::~CertificateKeeper() {
  for (const int fd : {ends_.keeper, ends_.server})
    if (fd >= 0) close(fd);
}

base::Result<std::shared_ptr<net::TlsContext>> CertificateKeeper::prepare() {
  if (!config_.tls()) return std::shared_ptr<net::TlsContext>();
  if (config_.acme()) return prepare_acme();
  watch_.emplace(PemFiles{config_.tls_certificate, config_.tls_key}, config_.name);
  TRY_ASSIGN(auto loaded, watch_->load());
  TRY_ASSIGN(ends_, make_handover());
  return loaded;
}

// The server starts with the pair of before, should it still be good, or with none.
base::Result<std::shared_ptr<net::TlsContext>> CertificateKeeper::prepare_acme() {
  TRY_ASSIGN(ends_, make_handover());
  unsigned char byte = 0;
  base::SystemRandom().fill(&byte, 1);
  acme_.emplace(config_, AcmeFolders{paths_.acme_folder, paths_.challenges}, byte / 255.0);
  TRY(acme_->prepare());
  watch_.emplace(acme_->files(), config_.name);
  auto kept = watch_->load();
  if (kept && (*kept)->covers(config_.name)) return kept;
  watch_->expect();
  return net::TlsContext::without_certificate();
}

void CertificateKeeper::reload() {
  at_once_ = true;
  if (acme_) acme_->at_once();
}

bool CertificateKeeper::reaped(pid_t pid, int status, std::int64_t now_ms) {
  if (!acme_ || !acme_->reaped(pid, status, now_ms)) return false;
  at_once_ = true;
  return true;
}

void CertificateKeeper::server_has_its_end() {
  if (ends_.server >= 0) close(std::exchange(ends_.server, -1));
}

void CertificateKeeper::in_the_server() {
  if (ends_.keeper >= 0) close(std::exchange(ends_.keeper, -1));
  ends_.server = -1;  // the server's to close
  if (acme_) acme_->forget();
}

void CertificateKeeper::tick(std::int64_t now_ms) {
  if (!watch_ || (!at_once_ && now_ms - looked_at_ms_ < CertificateWatch::kPauseMs)) return;
  looked_at_ms_ = now_ms;
  if (auto pair = watch_->look(std::exchange(at_once_, false))) unsent_.pair = std::move(*pair);
  nlohmann::ordered_json state = {{"problem", watch_->problem()}};
  if (acme_) {
    acme_->tick(now_ms, time(nullptr), watch_->in_use());
    state["acme"] = acme_->state();
  }
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
