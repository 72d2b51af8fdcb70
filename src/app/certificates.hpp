// The certificate in use, on the keeper's side: its files are looked at every few seconds and on SIGHUP, and a pair that
// is new and good goes to the server, which could not read the key itself.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "net/tls.hpp"

namespace stipend::app {

struct PemFiles {
  std::string certificate, key;
};
struct PemPair {
  std::string certificate, key;
};

class CertificateWatch {
 public:
  static constexpr std::int64_t kPauseMs = 2'000;

  // `name` is the server's DNS name, or "".
  CertificateWatch(PemFiles files, std::string name) : files_(std::move(files)), name_(std::move(name)) {}

  // At the start. Errors name the file and the cure.
  base::Result<std::shared_ptr<net::TlsContext>> load();
  // At the start, when the files may not be there yet: the pair in use is none.
  void expect() { in_use_ = net::TlsContext::without_certificate(); }

  // The pair to hand over, once both files have changed, stood still since the last look, and fit. What does not fit is
  // logged once, with its cure, and the pair in use stays. `at_once`: without waiting for them to stand still.
  std::optional<PemPair> look(bool at_once);

  // Why the newest files are not the pair in use; "" when they are.
  const std::string& problem() const { return problem_; }
  const net::TlsContext& in_use() const { return *in_use_; }

 private:
  base::Result<PemPair> read(std::shared_ptr<net::TlsContext>& loaded) const;
  std::string objection(const net::TlsContext& newer) const;

  PemFiles files_;
  std::string name_;
  std::shared_ptr<net::TlsContext> in_use_;
  std::string looked_at_, seen_;  // how the files stood when they were read, and at the last look
  std::string problem_;
};

}  // namespace stipend::app
