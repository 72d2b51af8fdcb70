// For tests of net: a loop on a thread of its own, and a plain blocking client that sends exact bytes.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "net/runtime.hpp"
#include "net/server.hpp"

namespace stipend::net::testing {

// Every read gives up after 20 s: a hanging server is a failed test, not a hanging one.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port, int receive_buffer = 0)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0) setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval limit{20, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to), 0) << "port " << port;
  }
  explicit RawClient(int fd, std::nullptr_t) : fd_(fd) {}
  RawClient(RawClient&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), pending_(std::move(other.pending_)) {}
  RawClient(const RawClient&) = delete;
  ~RawClient() { close(); }

  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  void half_close() { ::shutdown(fd_, SHUT_WR); }
  int fd() const { return fd_; }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  // How many bytes the kernel took at once.
  std::size_t send_some(std::string_view bytes) {
    const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
  }

  // Up to and with `mark`; what came until the end when it never came.
  std::string read_until(std::string_view mark) {
    while (true) {
      if (const auto at = pending_.find(mark); at != std::string::npos) return take(at + mark.size());
      if (!more()) return take(pending_.size());
    }
  }
  std::string read_exactly(std::size_t size) {
    while (pending_.size() < size && more()) {
    }
    return take(std::min(size, pending_.size()));
  }
  std::string read_all() {
    while (more()) {
    }
    return take(pending_.size());
  }
  // One answer with a Content-Length, head and body.
  std::string read_answer() {
    std::string head = read_until("\r\n\r\n");
    const auto at = head.find("Content-Length: ");
    if (at != std::string::npos) head += read_exactly(std::stoul(head.substr(at + 16)));
    return head;
  }
  bool at_end() { return pending_.empty() && !more(); }

 private:
  bool more() {
    char bytes[16384];
    const auto got = ::recv(fd_, bytes, sizeof bytes, 0);
    if (got > 0) pending_.append(bytes, static_cast<std::size_t>(got));
    return got > 0;
  }
  std::string take(std::size_t size) {
    std::string taken = pending_.substr(0, size);
    pending_.erase(0, size);
    return taken;
  }

  int fd_;
  std::string pending_;
};

// A server that a test plays by hand: accepts on a free port, on the test's own thread.
class RawServer {
 public:
  RawServer() : listener_(*listen("127.0.0.1", 0)) {}
  std::uint16_t port() const { return listener_.port(); }
  RawClient accept() {
    pollfd wait{listener_.fd(), POLLIN, 0};
    EXPECT_EQ(::poll(&wait, 1, 20'000), 1) << "nobody connected";
    const int fd = ::accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC);
    const timeval limit{20, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    return RawClient(fd, nullptr);
  }
  bool anyone() {
    pollfd wait{listener_.fd(), POLLIN, 0};
    return ::poll(&wait, 1, 0) == 1;
  }

 private:
  Listener listener_;
};

class Loop {
 public:
  explicit Loop(unsigned threads = 1) : runtime_(threads), thread_([this] { runtime_.run(); }) {}
  ~Loop() {
    runtime_.stop();
    thread_.join();
  }
  Runtime& runtime() { return runtime_; }

  template <class T>
  T wait(boost::asio::awaitable<T> task) {
    auto future = boost::asio::co_spawn(runtime_.executor(), std::move(task), boost::asio::use_future);
    if (future.wait_for(std::chrono::seconds(30)) != std::future_status::ready) {
      ADD_FAILURE() << "a task did not end";
      std::abort();
    }
    return future.get();
  }

 private:
  Runtime runtime_;
  std::thread thread_;
};

// A server on a free loopback port for the life of a test.
class TestServer {
 public:
  explicit TestServer(HeadHandler handler, Limits limits = {}, unsigned threads = 1,
                      std::shared_ptr<TlsContext> tls = nullptr)
      : loop_(threads),
        server_(std::make_unique<Server>(loop_.runtime().executors(), limits, std::move(handler))) {
    Listener listener = *listen("127.0.0.1", 0);
    port_ = listener.port();
    server_->accept_on(std::move(listener), std::move(tls));
  }
  ~TestServer() { loop_.wait(server_->stop(std::chrono::milliseconds(0))); }
  std::uint16_t port() const { return port_; }
  Server& server() { return *server_; }
  Loop& loop() { return loop_; }
  RawClient client(int receive_buffer = 0) { return RawClient(port_, receive_buffer); }
  // Sends bytes on a new connection and reads to its end.
  std::string talk(std::string_view bytes) {
    RawClient to = client();
    to.send(bytes);
    return to.read_all();
  }

 private:
  Loop loop_;
  std::unique_ptr<Server> server_;
  std::uint16_t port_ = 0;
};

inline int status_in(std::string_view answer) {
  return answer.starts_with("HTTP/1.1 ") ? std::atoi(std::string(answer.substr(9, 3)).c_str()) : -1;
}
inline std::string body_in(const std::string& answer) {
  const auto at = answer.find("\r\n\r\n");
  return at == std::string::npos ? "" : answer.substr(at + 4);
}

// Waits for a condition that other threads bring about.
inline bool eventually(std::function<bool()> condition) {
  for (int i = 0; i < 2000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

}  // namespace stipend::net::testing
