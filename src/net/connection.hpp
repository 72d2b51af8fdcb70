// One accepted connection: reads requests, asks the HeadHandler, and does what it decided. Internal to net.
#pragma once

#include <memory>
#include <string>

#include "net/lane.hpp"
#include "net/parser.hpp"
#include "net/window.hpp"

namespace stipend::net {

class Connection final : public Live, public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<ServerState> state, Lane& lane, std::unique_ptr<Conduit> conduit,
             std::unique_ptr<Place> place, Peer peer);
  ~Connection() override;

  awaitable<void> serve(std::shared_ptr<TlsContext> tls);

  void wind_down() override;
  void cut() override;

  enum class After { kNext, kClose, kTaken };  // taken: a tunnel has the socket now

 private:
  friend class ProxyRun;
  friend class EventStream;
  friend class FramePump;
  friend class BodyStream;
  awaitable<After> one_request();
  awaitable<int> read_head();  // 0: parser_ has it; -1: nothing came; else the status to refuse it with
  awaitable<After> answer_from(Decision decision);
  awaitable<After> with_body(WithBody plan);
  awaitable<After> events(Events plan);
  awaitable<After> with_stream(WithStream plan);
  awaitable<int> read_body(std::string& body, std::size_t limit);  // 0, -1 or a status
  awaitable<bool> continue_if_expected();
  // Writes an answer; closes after it unless the request is or can be read to its end.
  awaitable<After> respond(Response response);
  awaitable<After> refuse(int status);
  awaitable<bool> drain(std::size_t bytes_max);
  awaitable<bool> fill(std::size_t least);  // more into in_

  bool keeps_alive() const;
  Response guarded(Response response) const;

  std::shared_ptr<ServerState> state_;
  Lane& lane_;
  std::unique_ptr<Conduit> client_;
  std::unique_ptr<Place> place_;
  std::list<Live*>::iterator listed_;
  Peer peer_;
  Window in_;
  std::unique_ptr<Parser> parser_;  // of the current request
  bool first_ = true;
  bool idle_ = true;  // waiting for a request's first byte
  // Of the current request, whose value has gone to the handler.
  bool is_head_ = false;
  bool expects_continue_ = false;
  int minor_version_ = 1;
};

awaitable<void> lingering_close(Conduit& conduit, Window& in);

}  // namespace stipend::net
