#include "net/tls.hpp"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstdio>
#include <filesystem>

#include "net/test_support.hpp"
#include "net/websocket.hpp"

namespace stipend::net {
namespace {

using namespace testing;

// A folder with cert.pem and key.pem, made anew.
class Certificate {
 public:
  Certificate() {
    char name[] = "/tmp/stipend-tls-XXXXXX";
    folder_ = ::mkdtemp(name);
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* made = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
    X509_gmtime_adj(X509_getm_notBefore(made), -60);
    X509_gmtime_adj(X509_getm_notAfter(made), 3600);
    X509_set_pubkey(made, key);
    X509_NAME* subject = X509_get_subject_name(made);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
    X509_set_issuer_name(made, subject);
    X509_sign(made, key, EVP_sha256());
    std::FILE* out = std::fopen(certificate().c_str(), "w");
    PEM_write_X509(out, made);
    std::fclose(out);
    out = std::fopen(this->key().c_str(), "w");
    PEM_write_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(out);
    X509_free(made);
    EVP_PKEY_free(key);
  }
  ~Certificate() { std::filesystem::remove_all(folder_); }
  std::string certificate() const { return folder_ + "/cert.pem"; }
  std::string key() const { return folder_ + "/key.pem"; }
  std::shared_ptr<TlsContext> load() const { return TlsContext::load(certificate(), key()).value(); }

 private:
  std::string folder_;
};

class SecureClient {
 public:
  explicit SecureClient(RawClient raw, const char* protocols = nullptr)
      : raw_(std::move(raw)), context_(SSL_CTX_new(TLS_client_method())), ssl_(SSL_new(context_)) {
    SSL_set_fd(ssl_, raw_.fd());
    if (protocols != nullptr)
      SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(protocols),
                          static_cast<unsigned>(strlen(protocols)));
    connected_ = SSL_connect(ssl_) == 1;
  }
  ~SecureClient() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }
  bool connected() const { return connected_; }
  std::string protocol() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_, &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }
  std::string peer_certificate() const {
    X509* shown = SSL_get1_peer_certificate(ssl_);
    unsigned char* bytes = nullptr;
    const int size = i2d_X509(shown, &bytes);
    std::string der(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(size));
    OPENSSL_free(bytes);
    X509_free(shown);
    return der;
  }
  bool send(std::string_view bytes) {
    return SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) > 0;
  }
  std::string read_exactly(std::size_t size) {
    std::string got(size, '\0');
    std::size_t at = 0;
    while (at < size) {
      const int read = SSL_read(ssl_, got.data() + at, static_cast<int>(size - at));
      if (read <= 0) break;
      at += static_cast<std::size_t>(read);
    }
    got.resize(at);
    return got;
  }

 private:
  RawClient raw_;
  SSL_CTX* context_;
  SSL* ssl_;
  bool connected_ = false;
};

awaitable<Response> echo(Request request) {
  co_return text_response(200, (request.peer.tls ? "tls " : "plain ") + request.body);
}

TEST(Tls, ServesTheSameHandler) {
  const Certificate made;
  TestServer server(read_all(echo, 10'000'000), {}, 1, made.load());
  SecureClient client(server.client(), "\x02h2\x08http/1.1");
  ASSERT_TRUE(client.connected());
  EXPECT_EQ(client.protocol(), "http/1.1");
  const std::string body(3'000'000, 'x');
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n"));
    ASSERT_TRUE(client.send(body));
    std::string answer;
    while (!answer.ends_with("\r\n\r\n")) answer += client.read_exactly(1);
    EXPECT_EQ(status_in(answer), 200);
    EXPECT_EQ(client.read_exactly(4 + body.size()), "tls " + body);
  }
}

TEST(Tls, RelaysAWebSocket) {
  const Certificate made;
  RawServer upstream;
  TestServer server(
      [port = upstream.port()](Request head) -> awaitable<Decision> {
        Proxy plan;
        plan.upstream.address = "127.0.0.1";
        plan.upstream.port = port;
        plan.request = std::move(head);
        co_return plan;
      },
      {}, 1, made.load());
  SecureClient client(server.client());
  const std::string key = "dGhlIHNhbXBsZSBub25jZQ==";
  client.send(
      "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: "
      "13\r\n"
      "Sec-WebSocket-Key: " +
      key + "\r\n\r\n");
  auto peer = upstream.accept();
  peer.read_until("\r\n\r\n");
  peer.send("HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
            websocket_accept(key) + "\r\n\r\n");
  std::string head;
  while (!head.ends_with("\r\n\r\n")) head += client.read_exactly(1);
  EXPECT_EQ(status_in(head), 101);
  const std::string large(1'000'000, 'y');
  std::jthread back([&] { peer.send(peer.read_exactly(large.size())); });
  client.send(large);
  EXPECT_EQ(client.read_exactly(large.size()), large);
}

TEST(Tls, PlainBytesOnASecurePortEndTheConnection) {
  const Certificate made;
  TestServer server(read_all(echo), {}, 1, made.load());
  const auto answer = server.talk("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_FALSE(answer.contains("HTTP/1.1 200")) << answer;
  EXPECT_TRUE(eventually([&] { return server.server().stats().connections == 0; }));
}

TEST(Tls, ASilentHandshakeTimesOut) {
  const Certificate made;
  Limits limits;
  limits.head = std::chrono::milliseconds(200);
  TestServer server(read_all(echo), limits, 1, made.load());
  EXPECT_TRUE(server.client().at_end());
}

TEST(Tls, AnAdoptedCertificateServesNewHandshakesOnlyAndTheOldConnectionGoesOn) {
  const Certificate made;
  const auto context = TlsContext::without_certificate();
  EXPECT_FALSE(context->has_certificate());
  TestServer server(read_all(echo), {}, 1, context);
  EXPECT_FALSE(SecureClient(server.client()).connected());
  context->adopt(*made.load());
  SecureClient first(server.client());
  const std::string request = "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi";
  const auto ask = [&](SecureClient& client) {
    client.send(request);
    std::string head;
    while (!head.ends_with("\r\n\r\n")) head += client.read_exactly(1);
    return status_in(head);
  };
  EXPECT_EQ(ask(first), 200);
  const Certificate newer;
  context->adopt(*newer.load());
  SecureClient second(server.client());
  EXPECT_EQ(ask(second), 200);
  EXPECT_NE(first.peer_certificate(), second.peer_certificate());
}

TEST(Tls, ABadCertificateOrKeyNamesTheFile) {
  const Certificate made, other;
  const auto none = TlsContext::load("/nowhere/cert.pem", made.key());
  ASSERT_FALSE(none);
  EXPECT_TRUE(none.error().message.contains("/nowhere/cert.pem")) << none.error().message;
  EXPECT_FALSE(TlsContext::load(made.certificate(), other.key()));
  EXPECT_FALSE(TlsContext::load(made.key(), made.key()));
}

}  // namespace
}  // namespace stipend::net
