#include "app/certificates.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/log.hpp"

namespace stipend::app {
namespace {

// How a file stands: different whenever it was replaced or written to. "" while there is none.
std::string standing(const std::string& file) {
  struct stat s{};
  if (stat(file.c_str(), &s) != 0) return "";
  return fmt::format("{} {} {} {}.{} {}.{}", s.st_dev, s.st_ino, s.st_size, s.st_mtim.tv_sec, s.st_mtim.tv_nsec, s.st_ctim.tv_sec,
                     s.st_ctim.tv_nsec);
}

std::string standing(const PemFiles& files) {
  const auto certificate = standing(files.certificate), key = standing(files.key);
  return certificate.empty() || key.empty() ? "" : certificate + " / " + key;
}

}  // namespace

base::Result<PemPair> CertificateWatch::read(std::shared_ptr<net::TlsContext>& loaded) const {
  PemPair pair;
  TRY_ASSIGN(pair.certificate, net::read_pem(files_.certificate));
  TRY_ASSIGN(pair.key, net::read_pem(files_.key));
  TRY_ASSIGN(loaded, net::TlsContext::from_pem(pair.certificate, pair.key, files_.certificate, files_.key));
  return pair;
}

base::Result<std::shared_ptr<net::TlsContext>> CertificateWatch::load() {
  looked_at_ = seen_ = standing(files_);
  std::shared_ptr<net::TlsContext> loaded;
  TRY(read(loaded));
  in_use_ = net::TlsContext::without_certificate();
  in_use_->adopt(*loaded);
  return loaded;
}

// A new pair must not be worse than the one in use.
std::string CertificateWatch::objection(const net::TlsContext& newer) const {
  if (newer.days_left() < 0 && in_use_->days_left() >= 0)
    return fmt::format("{} has expired already, while the one in use has not: renew it", files_.certificate);
  if (!name_.empty() && !newer.covers(name_) && in_use_->covers(name_))
    return fmt::format("{} is not for {}, and the one in use is: order one for that name", files_.certificate, name_);
  return "";
}

std::optional<PemPair> CertificateWatch::look(bool at_once) {
  const auto now = standing(files_);
  const bool still = std::exchange(seen_, now) == now;
  if (now == looked_at_ || now.empty() || (!still && !at_once)) return std::nullopt;
  looked_at_ = now;
  std::shared_ptr<net::TlsContext> loaded;
  auto pair = read(loaded);
  problem_ = pair ? objection(*loaded) : pair.error().message;
  if (!problem_.empty()) {
    base::log::warn("a changed certificate is not used; the one before stays", {{"why", problem_}});
    return std::nullopt;
  }
  in_use_->adopt(*loaded);
  return *std::move(pair);
}

}  // namespace stipend::app
