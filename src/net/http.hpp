// HTTP messages as plain values, shared by server, proxy and client.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/headers.hpp"

namespace stipend::net {

// Who is on the other end of a Unix socket, from the kernel (SO_PEERCRED at connect time).
struct UnixPeer {
  uid_t uid = 0;
  gid_t gid = 0;
  pid_t pid = 0;
};

// Where a request came from. Addresses are IP literals without port; empty on a Unix socket.
struct Peer {
  std::string address;
  std::uint16_t port = 0;
  std::string local_address;  // the address the client connected to
  std::uint16_t local_port = 0;
  bool loopback = false;  // 127.0.0.0/8, ::1 or a Unix socket
  bool tls = false;
  std::optional<UnixPeer> unix_peer;
};

// `target` is the origin form as sent ("/a%20b?x=1"), never decoded; an absolute-form target is split by the
// server into Host and target. Exactly one Host header on HTTP/1.1 (the server has refused all else).
struct Request {
  std::string method = "GET";
  std::string target = "/";
  int minor_version = 1;  // HTTP/1.minor_version
  Headers headers;
  std::string body;  // decoded of chunks; empty in a HeadHandler
  Peer peer;

  std::string_view path() const;   // raw, before '?'
  std::string_view query() const;  // raw, after '?', without it
  std::string_view host() const { return headers.get("host"); }
  bool is_websocket() const;  // asks for an upgrade to WebSocket
};

// The server sets Date, Content-Length, Connection and Transfer-Encoding itself; set none of them.
struct Response {
  int status = 200;
  Headers headers;
  std::string body;
  // Instead of `body`, for bytes that many answers share (console files, cached fragments).
  std::shared_ptr<const std::string> shared_body;

  const std::string& bytes() const { return shared_body ? *shared_body : body; }
};

std::string_view reason_phrase(int status);
Response make_response(int status, std::string_view content_type, std::string body);
Response text_response(int status, std::string body);  // text/plain; charset=utf-8
Response json_response(int status, std::string body);
Response redirect_response(std::string_view location, int status = 303);

}  // namespace stipend::net
