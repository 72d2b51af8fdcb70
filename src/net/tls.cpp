#include "net/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <climits>

namespace stipend::net {

namespace {

std::string last_error() {
  char text[256] = "unknown";
  if (const auto code = ERR_get_error(); code != 0) ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return text;
}

// We speak HTTP/1.1 only; a client that offers others besides gets that one.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                    unsigned in_size, void*) {
  static constexpr unsigned char kOurs[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kOurs, sizeof kOurs - 1, in, in_size) !=
      OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_NOACK;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

base::Result<std::shared_ptr<TlsContext>> TlsContext::load(std::string certificate_file,
                                                           std::string key_file) {
  const auto wrong = [](const std::string& file, const std::string& cure) {
    return base::fail(base::Fault::kInvalid, "InvalidCertificate", file + ": " + last_error() + ": " + cure);
  };
  ERR_clear_error();
  std::shared_ptr<TlsContext> made(new TlsContext(SSL_CTX_new(TLS_server_method())));
  SSL_CTX* context = made->context_;
  if (context == nullptr) return wrong("TLS", "OpenSSL could not start");
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
  // RELEASE_BUFFERS: an idle connection holds no record buffers.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  // Else OpenSSL would ask the terminal for a key's passphrase, and wait.
  SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return 0; });
  if (SSL_CTX_use_certificate_chain_file(context, certificate_file.c_str()) != 1)
    return wrong(certificate_file, "give a PEM certificate, its chain after it, that this user can read");
  if (SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    return wrong(key_file,
                 "give the certificate's private key as PEM, without a passphrase, that this user can read");
  if (SSL_CTX_check_private_key(context) != 1)
    return wrong(key_file, "this key does not belong to " + certificate_file);
  return made;
}

bool TlsContext::covers(const std::string& name) const {
  return X509_check_host(SSL_CTX_get0_certificate(context_), name.data(), name.size(), 0, nullptr) == 1;
}

int TlsContext::days_left() const {
  int days = 0, seconds = 0;
  ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(SSL_CTX_get0_certificate(context_)));
  return seconds < 0 ? days - 1 : days;
}

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
}

TlsSession::TlsSession(const TlsContext& context, int fd) : session_(SSL_new(context.handle())) {
  if (session_ == nullptr) return;
  SSL_set_fd(session_, fd);
  SSL_set_accept_state(session_);
}

TlsSession::~TlsSession() {
  SSL_free(session_);
}

std::ptrdiff_t TlsSession::outcome(int result) {
  if (result > 0) return result;
  switch (SSL_get_error(session_, result)) {
    case SSL_ERROR_WANT_READ: return kWantRead;
    case SSL_ERROR_WANT_WRITE: return kWantWrite;
    case SSL_ERROR_ZERO_RETURN: return kEnd;
    default: return kFailed;
  }
}

std::ptrdiff_t TlsSession::handshake() {
  if (session_ == nullptr) return kFailed;
  ERR_clear_error();
  return outcome(SSL_do_handshake(session_));
}

std::ptrdiff_t TlsSession::read(char* into, std::size_t size) {
  ERR_clear_error();
  return outcome(SSL_read(session_, into, static_cast<int>(std::min<std::size_t>(size, INT_MAX))));
}

std::ptrdiff_t TlsSession::write(std::string_view bytes) {
  ERR_clear_error();
  return outcome(
      SSL_write(session_, bytes.data(), static_cast<int>(std::min<std::size_t>(bytes.size(), INT_MAX))));
}

void TlsSession::shutdown() {
  ERR_clear_error();
  if (SSL_is_init_finished(session_)) SSL_shutdown(session_);
}

}  // namespace stipend::net
