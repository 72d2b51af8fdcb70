// One connected stream socket, TCP or Unix, plain or TLS, as coroutines with time limits. Internal to net;
// used on one executor only, by at most one reader and one writer at a time.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "net/deadlines.hpp"

namespace stipend::net {

class TlsSession;

class Conduit final : public Timed {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;
  using Limit = std::chrono::milliseconds;

  enum : std::ptrdiff_t { kEnd = 0, kFailed = -1, kWouldBlock = -2 };

  Conduit(Socket socket, std::shared_ptr<Deadlines> deadlines);
  ~Conduit() override;

  // To an IP literal and port, or to a Unix socket. Errors: ConnectionRefused, ConnectionFailed, Timeout.
  static boost::asio::awaitable<base::Result<std::unique_ptr<Conduit>>> connect(
      std::shared_ptr<Deadlines> deadlines, boost::asio::any_io_executor executor, std::string address,
      std::uint16_t port, Limit limit);
  static boost::asio::awaitable<base::Result<std::unique_ptr<Conduit>>> connect_unix(
      std::shared_ptr<Deadlines> deadlines, boost::asio::any_io_executor executor, std::string path,
      Limit limit);

  boost::asio::awaitable<boost::system::error_code> connect_socket(
      boost::asio::generic::stream_protocol::endpoint to, Limit limit);

  // Takes the server's side of a TLS handshake; false when it failed or took longer.
  boost::asio::awaitable<bool> accept_tls(std::unique_ptr<TlsSession> session, Limit limit);

  // The limit of the reads that follow, from now; zero: none. A read waiting beyond it fails, and
  // timed_out() is true from then on. Writing is still possible then.
  void limit_read(Limit limit) { read_by_ms_ = limit.count() == 0 ? 0 : monotonic_ms() + limit.count(); }
  bool timed_out() const { return timed_out_; }

  // Bytes read (> 0), kEnd or kFailed.
  boost::asio::awaitable<std::ptrdiff_t> read_some(char* into, std::size_t size);
  // All bytes of up to three parts, which must live until it returns. `stall` limits the time without
  // progress.
  boost::asio::awaitable<bool> write(std::string_view a, std::string_view b, std::string_view c, Limit stall);
  boost::asio::awaitable<bool> write(std::string_view bytes, Limit stall) {
    return write(bytes, {}, {}, stall);
  }

  // For relays: no buffer is held while nothing arrives. The first two never wait.
  std::ptrdiff_t try_read(char* into, std::size_t size);
  std::ptrdiff_t try_write(std::string_view bytes);
  boost::asio::awaitable<bool> readable();  // until limit_read()'s
  boost::asio::awaitable<bool> writable(Limit stall);

  bool peer_left();       // without reading: has the other side closed, or failed?
  bool quiet();           // open, and nothing to read: fit for another request
  void end_of_writing();  // FIN (and TLS close_notify)
  void interrupt();       // pending waits fail; later ones work
  void abort();           // pending and later waits fail
  int fd() { return socket_.native_handle(); }

  void check(std::int64_t now_ms) override;

 private:
  std::ptrdiff_t read_tls(char* into, std::size_t size);
  boost::asio::awaitable<bool> wait_tls(std::ptrdiff_t wants, Limit stall);
  void limit_write(Limit limit) { write_by_ms_ = monotonic_ms() + limit.count(); }

  Socket socket_;
  std::unique_ptr<TlsSession> tls_;
  std::int64_t read_by_ms_ = 0;
  std::int64_t write_by_ms_ = 0;
  bool reading_ = false;  // limits count only while something waits
  bool writing_ = false;
  bool timed_out_ = false;
  bool aborted_ = false;
  bool answered_ = false;  // TLS: written since the newest read, so the peer has hardly sent more yet
  bool dry_ = true;        // TLS: what was taken from the socket is no whole record
};

}  // namespace stipend::net
