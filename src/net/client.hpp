// A small HTTP/1.1 client: the command line's admin socket, health probes, tests. One connection a request.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "base/result.hpp"
#include "net/http.hpp"

namespace stipend::net {

// Either a Unix socket (unix_path set) or an IP literal and port.
struct Endpoint {
  std::string unix_path;
  std::string address;
  std::uint16_t port = 0;

  static Endpoint on_unix(std::string path) { return {std::move(path), {}, 0}; }
  static Endpoint on_tcp(std::string address, std::uint16_t port) { return {{}, std::move(address), port}; }
};

struct FetchLimits {
  std::chrono::milliseconds timeout{10'000};  // for all of it
  std::size_t head_bytes = 64 * 1024;
  std::size_t body_bytes = 16 * 1024 * 1024;
};

// Sends the request (Host, Content-Length and Connection: close are added) and reads the whole answer.
// Errors: ConnectionRefused, ConnectionFailed, Timeout, InvalidResponse, ResponseTooLarge.
boost::asio::awaitable<base::Result<Response>> fetch(Endpoint to, Request request, FetchLimits limits = {});
// The same, blocking, on a private loop; for programs without one.
base::Result<Response> fetch_blocking(Endpoint to, Request request, FetchLimits limits = {});

}  // namespace stipend::net
