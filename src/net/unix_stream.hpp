// A byte stream to a program on this computer, for those who speak something else than HTTP to it. Used by one
// coroutine, on the executor that made it.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace stipend::net {

class Conduit;

class UnixStream {
 public:
  static boost::asio::awaitable<base::Result<std::unique_ptr<UnixStream>>> connect(std::string path, std::chrono::milliseconds limit);
  explicit UnixStream(std::unique_ptr<Conduit> conduit);
  ~UnixStream();

  // `limit`: the time without progress. False: the other side has gone, or stood still.
  boost::asio::awaitable<bool> write(std::string_view a, std::string_view b, std::chrono::milliseconds limit);
  // 0: the other side has ended; -1: failed.
  boost::asio::awaitable<std::ptrdiff_t> read_some(char* into, std::size_t size, std::chrono::milliseconds limit);
  boost::asio::awaitable<bool> read_all(char* into, std::size_t size, std::chrono::milliseconds limit);

 private:
  std::unique_ptr<Conduit> conduit_;
};

}  // namespace stipend::net
