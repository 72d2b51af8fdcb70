#include "net/conduit.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include "net/tls.hpp"

namespace stipend::net {

namespace asio = boost::asio;

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

constexpr std::size_t kTlsRecord = 16 * 1024;

bool would_block(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

asio::awaitable<base::Result<std::unique_ptr<Conduit>>> finish_connect(
    std::shared_ptr<Deadlines> deadlines, asio::any_io_executor executor,
    asio::generic::stream_protocol::endpoint to, std::string name, Conduit::Limit limit) {
  using base::Fault;
  Conduit::Socket socket(executor);
  boost::system::error_code failed;
  socket.open(to.protocol(), failed);
  if (failed) co_return base::fail(Fault::kUnavailable, "ConnectionFailed", name + ": " + failed.message());
  const bool is_ip = to.protocol().family() != AF_UNIX;
  auto conduit = std::make_unique<Conduit>(std::move(socket), std::move(deadlines));
  const auto ec = co_await conduit->connect_socket(std::move(to), limit);
  if (conduit->timed_out())
    co_return base::fail(Fault::kUnavailable, "Timeout", name + " did not answer within the time limit");
  if (ec == asio::error::connection_refused || ec == boost::system::errc::no_such_file_or_directory)
    co_return base::fail(Fault::kUnavailable, "ConnectionRefused",
                         "nothing listens on " + name + ": is the server running?");
  if (ec) co_return base::fail(Fault::kUnavailable, "ConnectionFailed", name + ": " + ec.message());
  if (is_ip) {
    const int on = 1;
    ::setsockopt(conduit->fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  co_return conduit;
}

}  // namespace

Conduit::Conduit(Socket socket, std::shared_ptr<Deadlines> deadlines)
    : Timed(std::move(deadlines)), socket_(std::move(socket)) {}

Conduit::~Conduit() = default;

asio::awaitable<boost::system::error_code> Conduit::connect_socket(
    asio::generic::stream_protocol::endpoint to, Limit limit) {
  limit_write(limit);
  writing_ = true;
  auto [ec] = co_await socket_.async_connect(to, kAwait);
  writing_ = false;
  co_return ec;
}

asio::awaitable<base::Result<std::unique_ptr<Conduit>>> Conduit::connect(std::shared_ptr<Deadlines> deadlines,
                                                                         asio::any_io_executor executor,
                                                                         std::string address,
                                                                         std::uint16_t port, Limit limit) {
  boost::system::error_code wrong;
  const auto ip = asio::ip::make_address(address, wrong);
  if (wrong)
    co_return base::fail(base::Fault::kInvalid, "ConnectionFailed",
                         "\"" + address + "\" is not an IP address");
  std::string name = address + " port " + std::to_string(port);
  co_return co_await finish_connect(std::move(deadlines), std::move(executor),
                                    asio::ip::tcp::endpoint(ip, port), std::move(name), limit);
}

asio::awaitable<base::Result<std::unique_ptr<Conduit>>> Conduit::connect_unix(
    std::shared_ptr<Deadlines> deadlines, asio::any_io_executor executor, std::string path, Limit limit) {
  if (path.empty() || path.size() >= 108)
    co_return base::fail(base::Fault::kInvalid, "ConnectionFailed",
                         path + ": a socket's path has 1 to 107 characters");
  const asio::local::stream_protocol::endpoint to(path);
  co_return co_await finish_connect(std::move(deadlines), std::move(executor), to, std::move(path), limit);
}

asio::awaitable<bool> Conduit::accept_tls(std::unique_ptr<TlsSession> session, Limit limit) {
  limit_read(limit);
  tls_ = std::move(session);
  // OpenSSL reads and writes the descriptor itself, so it must not block.
  boost::system::error_code failed;
  socket_.native_non_blocking(true, failed);
  bool done = false;
  while (!failed) {
    const std::ptrdiff_t state = tls_->handshake();
    if (state > 0) {
      done = true;
      break;
    }
    if (!co_await wait_tls(state, limit)) break;
  }
  read_by_ms_ = 0;
  dry_ = false;  // the first request may have come with the handshake's last bytes
  co_return done;
}

asio::awaitable<bool> Conduit::wait_tls(std::ptrdiff_t wants, Limit stall) {
  if (wants == TlsSession::kWantRead) co_return co_await readable();
  if (wants == TlsSession::kWantWrite) co_return co_await writable(stall);
  co_return false;
}

std::ptrdiff_t Conduit::read_tls(char* into, std::size_t size) {
  const std::ptrdiff_t got = tls_->read(into, size);
  dry_ = got == TlsSession::kWantRead;
  return got;
}

asio::awaitable<std::ptrdiff_t> Conduit::read_some(char* into, std::size_t size) {
  if (aborted_) co_return kFailed;
  if (tls_) {
    if (std::exchange(answered_, false) && !tls_->pending() && !co_await readable()) co_return kFailed;
    while (true) {
      const std::ptrdiff_t got = read_tls(into, size);
      if (got >= kFailed) co_return got;
      // OpenSSL may have to write while it reads (a key update); the read's limit ends that too.
      if (!co_await wait_tls(got, std::chrono::seconds(30))) co_return kFailed;
    }
  }
  reading_ = true;
  auto [ec, got] = co_await socket_.async_read_some(asio::buffer(into, size), kAwait);
  reading_ = false;
  if (!ec) co_return static_cast<std::ptrdiff_t>(got);
  co_return ec == asio::error::eof ? kEnd : kFailed;
}

asio::awaitable<bool> Conduit::write(std::string_view a, std::string_view b, std::string_view c,
                                     Limit stall) {
  std::array<std::string_view, 3> parts{a, b, c};
  std::string joined;
  if (tls_ && a.size() + b.size() + c.size() <= kTlsRecord && a.size() + b.size() + c.size() > a.size()) {
    joined.append(a).append(b).append(c);  // one record, not three
    parts = {joined, {}, {}};
  }
  answered_ = true;
  while (true) {
    if (aborted_) co_return false;
    // The kernel nearly always takes all at once: straight to it, without a turn of the event loop.
    std::ptrdiff_t sent = 0;
    if (tls_) {
      const auto* next = &parts[0];
      while (next != parts.end() && next->empty()) ++next;
      if (next == parts.end()) co_return true;
      sent = tls_->write(*next);
      if (sent <= 0 && sent != TlsSession::kWantRead && sent != TlsSession::kWantWrite) co_return false;
    } else {
      iovec vector[3];
      msghdr message{};
      message.msg_iov = vector;
      for (const auto part : parts)
        if (!part.empty()) vector[message.msg_iovlen++] = {const_cast<char*>(part.data()), part.size()};
      if (message.msg_iovlen == 0) co_return true;
      sent = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0 && !would_block(errno)) co_return false;
    }
    if (sent > 0) {
      auto rest = static_cast<std::size_t>(sent);
      for (auto& part : parts) {
        const std::size_t taken = std::min(rest, part.size());
        part.remove_prefix(taken);
        rest -= taken;
      }
      if (parts[0].empty() && parts[1].empty() && parts[2].empty()) co_return true;
      if (tls_) continue;
    }
    const bool ready = tls_ ? co_await wait_tls(sent, stall) : co_await writable(stall);
    if (!ready) co_return false;
  }
}

std::ptrdiff_t Conduit::try_read(char* into, std::size_t size) {
  if (aborted_) return kFailed;
  if (tls_) {
    const std::ptrdiff_t got = read_tls(into, size);
    return got >= kFailed ? got : kWouldBlock;
  }
  const auto got = ::recv(socket_.native_handle(), into, size, MSG_DONTWAIT);
  if (got >= 0) return got;
  return would_block(errno) ? kWouldBlock : kFailed;
}

std::ptrdiff_t Conduit::try_write(std::string_view bytes) {
  if (aborted_) return kFailed;
  if (tls_) {
    const std::ptrdiff_t sent = tls_->write(bytes);
    if (sent > 0) return sent;
    return sent == TlsSession::kWantRead || sent == TlsSession::kWantWrite ? kWouldBlock : kFailed;
  }
  const auto sent = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent >= 0) return sent;
  return would_block(errno) ? kWouldBlock : kFailed;
}

asio::awaitable<bool> Conduit::readable() {
  if (aborted_) co_return false;
  if (tls_ && !dry_ && tls_->pending()) co_return true;
  reading_ = true;
  auto [ec] = co_await socket_.async_wait(Socket::wait_read, kAwait);
  reading_ = false;
  co_return !ec && !aborted_;
}

asio::awaitable<bool> Conduit::writable(Limit stall) {
  if (aborted_) co_return false;
  limit_write(stall);
  writing_ = true;
  auto [ec] = co_await socket_.async_wait(Socket::wait_write, kAwait);
  writing_ = false;
  co_return !ec && !aborted_;
}

bool Conduit::peer_left() {
  char byte = 0;
  const auto got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return aborted_ || got == 0 || (got < 0 && !would_block(errno));
}

bool Conduit::quiet() {
  char byte = 0;
  const auto got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return !aborted_ && got < 0 && would_block(errno) && !(tls_ && tls_->pending());
}

void Conduit::end_of_writing() {
  if (tls_) tls_->shutdown();
  ::shutdown(socket_.native_handle(), SHUT_WR);
}

void Conduit::interrupt() {
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void Conduit::abort() {
  aborted_ = true;
  interrupt();
}

void Conduit::check(std::int64_t now_ms) {
  const bool late =
      (reading_ && read_by_ms_ != 0 && now_ms >= read_by_ms_) || (writing_ && now_ms >= write_by_ms_);
  if (!late) return;
  timed_out_ = true;
  interrupt();
}

}  // namespace stipend::net
