// The server's side of TLS: certificate and key from files, TLS 1.2 and 1.3, HTTP/1.1 by ALPN.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

struct ssl_ctx_st;
struct ssl_st;

namespace stipend::net {

// Thread-safe; share one among listeners.
class TlsContext {
 public:
  // PEM files; the certificate's may hold its chain. Errors name the file and the cure.
  static base::Result<std::shared_ptr<TlsContext>> load(std::string certificate_file, std::string key_file);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // Whether the certificate is one for this DNS name, by itself or by a wildcard.
  bool covers(const std::string& name) const;
  // Whole days until it expires, negative once it has.
  int days_left() const;

  ssl_ctx_st* handle() const { return context_; }

 private:
  explicit TlsContext(ssl_ctx_st* context) : context_(context) {}
  ssl_ctx_st* context_;
};

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
  void shutdown();

 private:
  std::ptrdiff_t outcome(int result);
  ssl_st* session_;
};

}  // namespace stipend::net
