// Passing one request on to an upstream and its answer back, both bodies streamed. Internal to net.
#pragma once

#include <memory>
#include <string>

#include "net/connection.hpp"

namespace stipend::net {

class ProxyRun {
 public:
  using After = Connection::After;
  static awaitable<After> run(std::shared_ptr<Connection> on, Proxy plan);

 private:
  struct Upload;  // a request body on its way while the answer is awaited

  ProxyRun(std::shared_ptr<Connection> on, Proxy plan) : on_(std::move(on)), plan_(std::move(plan)) {}

  awaitable<After> exchange();
  awaitable<base::Status> ask();  // until the answer's head is in parser_
  awaitable<base::Status> connect(bool may_reuse);
  awaitable<base::Status> read_answer_head();
  awaitable<After> fail(base::Error error);
  awaitable<After> upgrade();
  awaitable<After> pass_answer();
  awaitable<bool> pass_body(std::string head, bool chunked);
  awaitable<std::ptrdiff_t> fill(std::size_t least);

  static bool take_body(Connection& on, bool chunked, std::string& out);
  static awaitable<void> upload(std::shared_ptr<Upload> job);
  awaitable<void> end_upload();
  std::string request_head() const;
  bool edit(Response& head) const;

  std::shared_ptr<Connection> on_;
  Proxy plan_;
  std::string key_;
  std::shared_ptr<Upload> upload_;
  std::unique_ptr<Conduit> upstream_;
  Window in_;  // from the upstream
  std::unique_ptr<Parser> parser_;
  bool reused_ = false;
  bool websocket_ = false;
};

}  // namespace stipend::net
