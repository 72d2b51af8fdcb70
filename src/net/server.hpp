// The HTTP/1.1 server: API, console, machine origins and the admin socket all listen through this.
//
// A HeadHandler sees each request after its head was read and before its body, and decides: an Answer, the
// body up to a limit and then a handler (WithBody), the upstream to pass it on to (Proxy), a stream of
// events (Events), or a TCP port to join a WebSocket to (Bridge). Handlers run on the connection's executor, one at a time for a connection and at the same
// time for different executors: what they share must be safe for that. They bound their own waits; an
// exception that leaves one is a logged 500. Request bodies, heads, idle time and connections have Limits.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "net/http.hpp"
#include "net/listener.hpp"

namespace stipend::net {

template <class T>
using awaitable = boost::asio::awaitable<T>;
using Executor = boost::asio::any_io_executor;

struct Limits {
  std::size_t head_bytes = 32 * 1024;            // request line and headers; beyond: 431
  std::size_t body_bytes = 1024 * 1024;          // of plain handlers; beyond: 413
  std::size_t connections = 8192;                // beyond: 503 and close
  std::size_t connections_per_address = 2048;    // loopback is free of it; a class may sit behind one address
  std::chrono::milliseconds first_byte{20'000};  // of a new connection
  std::chrono::milliseconds head{20'000};        // from first to last byte of a head: 408
  std::chrono::milliseconds body{120'000};       // of a whole body read for a handler: 408
  std::chrono::milliseconds idle{75'000};        // between requests
  std::chrono::milliseconds stall{60'000};       // no progress while writing, or in a proxied body
};

using Handler = std::function<awaitable<Response>(Request)>;

// Reads the body up to `limit` (else 413 without reading it), then calls `then` with the whole request.
struct WithBody {
  Request request;
  std::size_t limit = 1024 * 1024;
  Handler then;
};

// A request's body as it comes, for bodies too large to be held.
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  // What has come next, about `most` bytes at most; empty: that was all. The client is not read faster than this is called.
  // Fails when the client left, stood still (Limits::stall) or broke the framing.
  virtual awaitable<base::Result<std::string>> next(std::size_t most = 256 * 1024) = 0;
};

// Calls `then` with the head, which reads the body itself and answers when it wants.
struct WithStream {
  Request request;
  std::uint64_t limit = 0;  // a longer Content-Length: 413
  std::function<awaitable<Response>(Request, std::shared_ptr<BodyReader>)> then;
};

// One machine's (or service's) HTTP port. Connections are kept for reuse under `pool_key` and never used for
// another key: a key names one machine, generation and address.
struct Upstream {
  std::string pool_key;
  std::string address;  // IP literal, never a name
  std::uint16_t port = 0;
  std::chrono::milliseconds connect{5'000};
  std::chrono::milliseconds response{300'000};       // until the head of the answer
  std::chrono::milliseconds tunnel_idle{3'600'000};  // a WebSocket without a byte either way; pings count
};

// Passes the request on, bodies streamed both ways with back-pressure. The caller edits `request.headers`
// first (Host, Authorization, Origin, cookies out, X-Forwarded-*); hop-by-hop fields and framing are done
// here. An upgrade is passed on only for WebSocket, and relayed only after a 101 whose Sec-WebSocket-Accept
// answers the key; anything else is a 502.
struct Proxy {
  Request request;
  Upstream upstream;
  // Edits the fields of the answer's head (also a 101's) before it goes on, never its status. May be empty.
  std::function<void(Response& head)> edit_response;
  // The answer when the upstream fails before its head came: UpstreamUnreachable, UpstreamTimeout,
  // UpstreamInvalid. Empty: a plain 502 or 504.
  std::function<Response(const base::Error&)> on_failure;
};

// Joins the client's WebSocket, binary frames, to a plain TCP port: ssh where only HTTPS is open. Connects before it
// answers the handshake, so that a failure is a plain answer.
struct Bridge {
  Request request;
  Upstream upstream;
  std::function<Response(const base::Error&)> on_failure;  // as of Proxy
  std::shared_ptr<void> while_open = {};                   // let go when it ends
};

// The write end of an answer without a known length. Owned by the server, used by one coroutine.
class EventWriter {
 public:
  virtual ~EventWriter() = default;
  // Returns when the bytes were handed to the kernel; waits while the client does not read (at most
  // Limits::stall). Fails with ConnectionClosed when the client left or the server stops.
  virtual awaitable<base::Status> send(std::string bytes) = 0;
  virtual bool closed() const = 0;
  // Ends the answer so that the client knows that it is not whole. Later sends fail.
  virtual void cut() = 0;
};
// One server-sent event; `data` may have several lines. `id` and `event` may be empty.
std::string sse_event(std::string_view event, std::string_view data, std::string_view id = "");
inline constexpr std::string_view kSsePing = ": ping\n\n";

// Sends the head (Content-Type text/event-stream and no-store unless set), then runs `run` until it returns.
// `run` must send something (a ping) at least every 30 s, and end when send fails.
// With `length` it is a download instead: exactly so many bytes, else the connection is reset and the client knows.
struct Events {
  Response head;
  std::optional<std::uint64_t> length = {};
  std::function<awaitable<void>(std::shared_ptr<EventWriter>)> run;
};

using Decision = std::variant<Response, WithBody, Proxy, Events, Bridge, WithStream>;
using HeadHandler = std::function<awaitable<Decision>(Request head)>;

// A HeadHandler that reads every body up to `limit` and calls `handler`.
HeadHandler read_all(Handler handler, std::size_t limit = 1024 * 1024);

struct TlsConfig;  // tls.hpp
class TlsContext;

class Server {
 public:
  struct Stats {
    std::size_t connections = 0;  // now
    std::size_t tunnels = 0;      // of them relaying a WebSocket or joined to a port
    std::uint64_t requests = 0;
    std::uint64_t refused_connections = 0;
  };

  // Each executor must run on one thread at a time (Runtime::executors() are). Connections are spread over
  // them.
  Server(std::vector<Executor> executors, Limits limits, HeadHandler handler);
  ~Server();  // after stop() has ended, or when the executors run no more; before the executors go
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Starts accepting. Any thread; any number of listeners.
  void accept_on(Listener listener, std::shared_ptr<TlsContext> tls = nullptr);
  // Accepts no more, lets what is in flight end for at most `bound`, then closes all. Idempotent.
  awaitable<void> stop(std::chrono::milliseconds bound = std::chrono::seconds(5));

  // Ends the tunnels to this upstream and forgets its kept connections: the machine stopped, or somebody may
  // no longer see it. Requests in flight end by themselves. Any thread.
  void end_tunnels(std::string pool_key);

  Stats stats() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace stipend::net
