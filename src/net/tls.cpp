#include "net/tls.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <ctime>
#include <fstream>
#include <memory>

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

// Else OpenSSL would ask the terminal for a key's passphrase, and wait.
int no_passphrase(char*, int, int, void*) { return 0; }

template <class T, void (*Free)(T*)>
struct Freed {
  void operator()(T* each) const { Free(each); }
};
using X509Ptr = std::unique_ptr<X509, Freed<X509, X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using ContextPtr = std::unique_ptr<SSL_CTX, Freed<SSL_CTX, SSL_CTX_free>>;
using BioPtr = std::unique_ptr<BIO, Freed<BIO, BIO_free_all>>;

BioPtr reader(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(std::min<std::size_t>(text.size(), INT_MAX))));
}

ContextPtr new_context() {
  ContextPtr context(SSL_CTX_new(TLS_server_method()));
  if (!context) return context;
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                         SSL_OP_IGNORE_UNEXPECTED_EOF);
  // RELEASE_BUFFERS: an idle connection holds no record buffers.
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context.get(), 1);  // one call a record, not one for its header and one for the rest
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
  return context;
}

// The certificate and what follows it, as the chain that is sent.
bool use_chain(SSL_CTX* context, std::string_view text) {
  const auto from = reader(text);
  const X509Ptr own(PEM_read_bio_X509_AUX(from.get(), nullptr, no_passphrase, nullptr));
  if (!own || SSL_CTX_use_certificate(context, own.get()) != 1) return false;
  while (X509* next = PEM_read_bio_X509(from.get(), nullptr, no_passphrase, nullptr))
    if (SSL_CTX_add0_chain_cert(context, next) != 1) {
      X509_free(next);
      return false;
    }
  const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (ended) ERR_clear_error();
  return ended;
}

}  // namespace

base::Result<std::string> read_pem(const std::string& file) {
  constexpr std::size_t kMost = 256 * 1024;
  std::ifstream opened(file, std::ios::binary);
  std::string text(kMost + 1, '\0');
  errno = 0;
  if (!opened || !opened.read(text.data(), static_cast<std::streamsize>(text.size())).eof())
    return base::fail(base::Fault::kInvalid, "InvalidCertificate",
                      fmt::format("{}: {}: give a PEM file that this user can read", file,
                                  opened.is_open() && errno == 0 ? "is larger than 256 KiB" : std::strerror(errno)));
  text.resize(static_cast<std::size_t>(opened.gcount()));
  return text;
}

base::Result<std::shared_ptr<TlsContext>> TlsContext::load(const std::string& certificate_file, const std::string& key_file) {
  TRY_ASSIGN(const auto certificate, read_pem(certificate_file));
  TRY_ASSIGN(const auto key, read_pem(key_file));
  return from_pem(certificate, key, certificate_file, key_file);
}

base::Result<std::shared_ptr<TlsContext>> TlsContext::from_pem(std::string_view certificate, std::string_view key,
                                                               const std::string& certificate_name,
                                                               const std::string& key_name) {
  const auto wrong = [](const std::string& name, const std::string& cure) {
    return base::fail(base::Fault::kInvalid, "InvalidCertificate", name + ": " + last_error() + ": " + cure);
  };
  ERR_clear_error();
  auto context = new_context();
  if (!context) return wrong("TLS", "OpenSSL could not start");
  if (!use_chain(context.get(), certificate))
    return wrong(certificate_name, "give a PEM certificate, its chain after it");
  const KeyPtr own(PEM_read_bio_PrivateKey(reader(key).get(), nullptr, no_passphrase, nullptr));
  if (!own) return wrong(key_name, "give the certificate's private key as PEM, without a passphrase");
  if (SSL_CTX_use_PrivateKey(context.get(), own.get()) != 1 || SSL_CTX_check_private_key(context.get()) != 1)
    return wrong(key_name, "this key does not belong to " + certificate_name);
  return std::shared_ptr<TlsContext>(new TlsContext(context.release()));
}

std::shared_ptr<TlsContext> TlsContext::without_certificate() {
  return std::shared_ptr<TlsContext>(new TlsContext(nullptr));
}

void TlsContext::adopt(const TlsContext& newer) {
  SSL_CTX* other = newer.share();
  {
    const std::lock_guard lock(guard_);
    std::swap(context_, other);
  }
  SSL_CTX_free(other);
}

ssl_ctx_st* TlsContext::share() const {
  const std::lock_guard lock(guard_);
  if (context_ != nullptr) SSL_CTX_up_ref(context_);
  return context_;
}

ssl_st* TlsContext::new_session() const {
  const ContextPtr context(share());
  return context ? SSL_new(context.get()) : nullptr;
}

bool TlsContext::has_certificate() const { return ContextPtr(share()) != nullptr; }

bool TlsContext::covers(const std::string& name) const {
  const ContextPtr context(share());
  return context && X509_check_host(SSL_CTX_get0_certificate(context.get()), name.data(), name.size(), 0, nullptr) == 1;
}

int TlsContext::days_left() const {
  const ContextPtr context(share());
  if (!context) return -1;
  int days = 0, seconds = 0;
  ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(SSL_CTX_get0_certificate(context.get())));
  return seconds < 0 ? days - 1 : days;
}

std::int64_t TlsContext::expires_s() const {
  const ContextPtr context(share());
  tm when{};
  if (!context || ASN1_TIME_to_tm(X509_get0_notAfter(SSL_CTX_get0_certificate(context.get())), &when) != 1) return 0;
  return timegm(&when);
}

std::int64_t TlsContext::lifetime_s() const {
  const ContextPtr context(share());
  if (!context) return 0;
  const X509* own = SSL_CTX_get0_certificate(context.get());
  int days = 0, seconds = 0;
  ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(own), X509_get0_notAfter(own));
  return std::int64_t{days} * 86'400 + seconds;
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

TlsSession::TlsSession(const TlsContext& context, int fd) : session_(context.new_session()) {
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

bool TlsSession::pending() const { return SSL_has_pending(session_) == 1; }

void TlsSession::shutdown() {
  ERR_clear_error();
  if (SSL_is_init_finished(session_)) SSL_shutdown(session_);
}

}  // namespace stipend::net
