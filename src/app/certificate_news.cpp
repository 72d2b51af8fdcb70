#include "app/certificate_news.hpp"

#include "base/log.hpp"
#include "base/time.hpp"

namespace stipend::app {

void CertificateNews::take(Handover what) {
  if (what.pair) {
    const auto newer = net::TlsContext::from_pem(what.pair->certificate, what.pair->key, "the certificate handed over", "its key");
    if (newer) {
      tls_->adopt(**newer);
      base::log::info("a new certificate is in use", {{"days", tls_->days_left()}});
    } else {
      base::log::error("the certificate handed over is not used", {{"why", newer.error().message}});
    }
  }
  if (what.state.is_object()) {
    const std::lock_guard lock(guard_);
    state_ = std::move(what.state);
  }
}

nlohmann::ordered_json CertificateNews::to_json() const {
  if (!tls_) return nullptr;
  nlohmann::ordered_json out = {{"in_use", tls_->has_certificate()}, {"expires", ""}, {"days_left", tls_->days_left()}};
  if (tls_->has_certificate()) out["expires"] = base::to_iso8601(base::WallTime{}.plus_seconds(tls_->expires_s()));
  const std::lock_guard lock(guard_);
  out.update(state_);
  return out;
}

}  // namespace stipend::app
