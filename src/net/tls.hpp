// The server's side of TLS: certificate and key as PEM, TLS 1.2 and 1.3, HTTP/1.1 by ALPN.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.hpp"

struct ssl_ctx_st;
struct ssl_st;

namespace stipend::net {

// Thread-safe; share one among listeners. Its certificate can be replaced while they run.
class TlsContext {
 public:
  // PEM files; the certificate's may hold its chain. Errors name the file and the cure.
  static base::Result<std::shared_ptr<TlsContext>> load(const std::string& certificate_file, const std::string& key_file);
  // The same from what the files hold; errors call the texts by these names.
  static base::Result<std::shared_ptr<TlsContext>> from_pem(std::string_view certificate, std::string_view key,
                                                            const std::string& certificate_name,
                                                            const std::string& key_name);
  // Until adopt() gives it a certificate, every handshake fails.
  static std::shared_ptr<TlsContext> without_certificate();
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // Handshakes that begin from now on use the other's certificate; connections that exist keep theirs.
  void adopt(const TlsContext& newer);

  bool has_certificate() const;
  // Whether the certificate is one for this DNS name, by itself or by a wildcard. False without one.
  bool covers(const std::string& name) const;
  // Whole days until it expires, negative once it has, or without one.
  int days_left() const;
  // When it expires, in seconds since 1970; 0 without one.
  std::int64_t expires_s() const;
  // From its first valid second to its last; 0 without one.
  std::int64_t lifetime_s() const;

 private:
  friend class TlsSession;
  explicit TlsContext(ssl_ctx_st* context) : context_(context) {}
  ssl_ctx_st* share() const;  // with a reference of the caller's own; null without a certificate
  ssl_st* new_session() const;

  mutable std::mutex guard_;
  ssl_ctx_st* context_;
};

// What such a file holds, at most 256 KiB. Errors name the file and the cure.
base::Result<std::string> read_pem(const std::string& file);

// One connection's state. Never waits; internal to net.
class TlsSession {
 public:
  enum : std::ptrdiff_t { kEnd = 0, kFailed = -1, kWantRead = -2, kWantWrite = -3 };

  TlsSession(const TlsContext& context, int fd);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  std::ptrdiff_t handshake();  // 1 when done
  std::ptrdiff_t read(char* into, std::size_t size);
  std::ptrdiff_t write(std::string_view bytes);
  bool pending() const;  // bytes were taken from the socket that read() has not given yet
  void shutdown();

 private:
  std::ptrdiff_t outcome(int result);
  ssl_st* session_;
};

}  // namespace stipend::net
