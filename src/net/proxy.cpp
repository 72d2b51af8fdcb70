#include "net/proxy.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.hpp"
#include "net/tunnel.hpp"
#include "net/websocket.hpp"

namespace stipend::net {

namespace asio = boost::asio;
using base::Fault;

namespace {

constexpr std::size_t kHeadStep = 4 * 1024;
constexpr std::size_t kBodyStep = 16 * 1024;
constexpr std::size_t kAnswerHeadMax = 64 * 1024;
constexpr int kInterimMax = 8;

std::unexpected<base::Error> broken(std::string what) {
  return base::fail(Fault::kUnavailable, "UpstreamInvalid", "the machine's answer is not usable: " + what);
}

std::unexpected<base::Error> malformed() {
  return base::fail(Fault::kInvalid, "BadRequest", "the request's body is malformed");
}

// May be sent twice without harm.
bool is_idempotent(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "PUT" || method == "DELETE";
}

}  // namespace

struct ProxyRun::Upload {
  Upload(std::shared_ptr<Connection> from, Conduit* upstream, Executor executor)
      : on(std::move(from)), to(upstream), over(std::move(executor), asio::steady_timer::time_point::max()) {}
  std::shared_ptr<Connection> on;
  Conduit* to;              // outlives the job: end_upload() waits for it
  asio::steady_timer over;  // cancelled when done
  std::chrono::milliseconds response{};
  bool chunked = false;
  bool done = false;
  bool cancelled = false;
  bool malformed = false;
};

awaitable<Connection::After> ProxyRun::run(std::shared_ptr<Connection> on, Proxy plan) {
  ProxyRun self(std::move(on), std::move(plan));
  co_return co_await self.exchange();
}

std::string ProxyRun::request_head() const {
  const Request& request = plan_.request;
  const Parser::Framing& framing = on_->parser_->framing();
  std::string head;
  head.reserve(1024);
  head.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\n");
  append_end_to_end(head, request.headers);
  if (framing.chunked) head += "Transfer-Encoding: chunked\r\n";
  if (framing.length) append_field(head, "Content-Length", *framing.length);
  if (websocket_) head += "Connection: Upgrade\r\nUpgrade: websocket\r\n";
  return head += "\r\n";
}

// Moves what has come of the request's body, framed anew, to `out`. False: the body is malformed.
bool ProxyRun::take_body(Connection& on, bool chunked, std::string& out) {
  while (!on.parser_->done()) {
    const auto piece = on.parser_->body(on.in_.view());
    if (!piece) return false;
    if (piece->used == 0) return true;
    if (!piece->bytes.empty()) {
      if (chunked) append_chunk_size(out, piece->bytes.size());
      out += piece->bytes;
      if (chunked) out += "\r\n";
    }
    on.in_.consume(piece->used);
  }
  if (chunked) out += "0\r\n\r\n";
  return true;
}

awaitable<void> ProxyRun::upload(std::shared_ptr<Upload> job) {
  Connection& on = *job->on;
  std::string out;
  bool sound = true;
  while (sound && !job->cancelled && !on.parser_->done()) {
    on.client_->limit_read(on.state_->limits.stall);
    sound = co_await on.fill(kBodyStep);
    out.clear();
    if (sound) job->malformed = !take_body(on, job->chunked, out);
    sound = sound && !job->malformed && co_await job->to->write(out, on.state_->limits.stall);
    job->to->limit_read(job->response);  // the answer's time counts from the last of the body
  }
  // Cut off: the upstream must not take half a body for the whole. Its early answer may still be on the way.
  if (!on.parser_->done() && !job->cancelled) job->to->end_of_writing();
  job->done = true;
  job->over.cancel();
}

awaitable<void> ProxyRun::end_upload() {
  if (!upload_ || upload_->done) co_return;
  upload_->cancelled = true;
  on_->client_->interrupt();
  upstream_->abort();
  while (!upload_->done) co_await upload_->over.async_wait(asio::as_tuple(asio::use_awaitable));
}

awaitable<Connection::After> ProxyRun::exchange() {
  websocket_ = plan_.request.is_websocket();
  if (!is_clean(plan_.request.headers)) {
    base::log::error("a proxied request had a forbidden header", {});
    co_return co_await on_->respond(text_response(500, "internal error\n"));
  }
  if (websocket_ && (!is_valid_upgrade_request(plan_.request) || !on_->parser_->done()))
    co_return co_await on_->refuse(400);
  const auto& to = plan_.upstream;
  key_ = to.pool_key + '\0' + to.address + '\0' + std::to_string(to.port);

  const auto asked = co_await ask();
  if (!asked) {
    co_await end_upload();
    co_return co_await fail(asked.error());
  }
  if (parser_->response().status == 101) co_return co_await upgrade();
  const After after = co_await pass_answer();
  const bool unfinished = upload_ && !upload_->done;
  co_await end_upload();
  if (after == After::kClose && !on_->parser_->done()) co_await lingering_close(*on_->client_, on_->in_);
  co_return unfinished ? After::kClose : after;
}

awaitable<base::Status> ProxyRun::connect(bool may_reuse) {
  if (may_reuse) upstream_ = on_->lane_.pool->take(key_);
  reused_ = upstream_ != nullptr;
  if (reused_) co_return base::Status{};
  const auto& to = plan_.upstream;
  auto made =
      co_await Conduit::connect(on_->lane_.deadlines, on_->lane_.executor, to.address, to.port, to.connect);
  if (!made) {
    const bool late = made.error().code == "Timeout";
    co_return base::fail(Fault::kUnavailable, late ? "UpstreamTimeout" : "UpstreamUnreachable",
                         made.error().message);
  }
  upstream_ = std::move(*made);
  co_return base::Status{};
}

awaitable<base::Status> ProxyRun::ask() {
  const std::string head = request_head();
  const bool chunked = on_->parser_->framing().chunked;
  std::string lead;  // of the body, as far as it has come
  bool whole = on_->parser_->done();
  if (!whole) {
    if (!take_body(*on_, chunked, lead)) co_return malformed();
    whole = on_->parser_->done();
  }
  for (bool first : {true, false}) {
    if (const auto connected = co_await connect(first); !connected) co_return connected;
    const bool sent = co_await upstream_->write(head, lead, {}, on_->state_->limits.stall);
    upstream_->limit_read(plan_.upstream.response);
    if (sent && !whole) {
      if (!co_await on_->continue_if_expected()) co_return broken("the client has gone");
      upload_ = std::make_shared<Upload>(on_, upstream_.get(), on_->lane_.executor);
      upload_->chunked = chunked;
      upload_->response = plan_.upstream.response;
      asio::co_spawn(on_->lane_.executor, upload(upload_), asio::detached);
    }
    const auto got = co_await read_answer_head();
    if (got) co_return got;
    // A kept connection may have been closed by the upstream just now; the request then was not looked at.
    const bool again = first && reused_ && whole && is_idempotent(plan_.request.method) && in_.empty() &&
                       got.error().code == "UpstreamUnreachable";
    if (!again) co_return got;
    upstream_.reset();
  }
  co_return broken("no answer");
}

awaitable<std::ptrdiff_t> ProxyRun::fill(std::size_t least) {
  char* into = in_.space(least);
  const auto got = co_await upstream_->read_some(into, in_.room());
  if (got > 0) in_.commit(static_cast<std::size_t>(got));
  co_return got;
}

awaitable<base::Status> ProxyRun::read_answer_head() {
  const auto kind = on_->is_head_ ? Parser::Kind::kResponseToHead : Parser::Kind::kResponse;
  for (int interim = 0; interim < kInterimMax; ++interim) {
    parser_ = std::make_unique<Parser>(kind);
    std::size_t checked = 0, size = 0;
    while (size == 0) {
      const auto found = head_size(in_.view(), checked);
      if (!found) co_return broken(found.error().message);
      size = *found;
      if (size > kAnswerHeadMax || (size == 0 && in_.size() >= kAnswerHeadMax))
        co_return broken("its head is too large");
      if (size > 0) break;
      if (co_await fill(kHeadStep / 2) > 0) continue;
      if (upstream_->timed_out())
        co_return base::fail(Fault::kUnavailable, "UpstreamTimeout",
                             "the machine did not answer within the time limit");
      co_return base::fail(Fault::kUnavailable, "UpstreamUnreachable",
                           "the machine closed the connection before it answered");
    }
    const auto parsed = parser_->head(in_.view().substr(0, size));
    if (!parsed) co_return broken(parsed.error().message);
    in_.consume(size);
    const int status = parser_->response().status;
    if (status == 101 || status >= 200) co_return base::Status{};
    if (status < 100) co_return broken("its status");
  }
  co_return broken("too many interim answers");
}

awaitable<Connection::After> ProxyRun::fail(base::Error error) {
  if (error.code == "BadRequest" || (upload_ && upload_->malformed)) co_return co_await on_->refuse(400);
  if (on_->client_->timed_out()) co_return co_await on_->refuse(408);
  Response response = text_response(error.code == "UpstreamTimeout" ? 504 : 502, error.message + "\n");
  try {
    if (plan_.on_failure) response = plan_.on_failure(error);
  } catch (const std::exception& failure) {
    base::log::error("making the answer for a failed upstream failed", {{"what", failure.what()}});
  }
  co_return co_await on_->respond(std::move(response));
}

bool ProxyRun::edit(Response& head) const {
  try {
    if (plan_.edit_response) plan_.edit_response(head);
  } catch (const std::exception& failure) {
    base::log::error("editing an upstream's answer failed", {{"what", failure.what()}});
    return false;
  }
  return is_clean(head.headers);
}

awaitable<Connection::After> ProxyRun::upgrade() {
  Response answer = std::move(parser_->response());
  const bool valid = websocket_ && is_valid_upgrade(answer, plan_.request.headers.get("sec-websocket-key"));
  if (!valid || !edit(answer))
    co_return co_await fail(broken("it switched protocols without a valid handshake").error());
  std::string head;
  append_status_line(head, 101);
  append_end_to_end(head, answer.headers);
  head += "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
  if (!co_await on_->client_->write(head, on_->state_->limits.stall)) co_return After::kClose;
  Tunnel::start(on_->state_, on_->lane_, std::move(on_->client_), std::move(upstream_),
                std::move(on_->place_), plan_.upstream, std::string(on_->in_.view()),
                std::string(in_.view()));
  co_return After::kTaken;
}

awaitable<Connection::After> ProxyRun::pass_answer() {
  Response answer = std::move(parser_->response());
  const int status = answer.status;
  if (!edit(answer) || answer.status != status)
    co_return co_await fail(broken("its head could not be edited").error());
  const Parser::Framing framing = parser_->framing();
  const bool no_body = parser_->done();
  const bool chunked = !no_body && !framing.length && on_->minor_version_ >= 1;
  const bool delimited = no_body || framing.length || chunked;
  const bool request_read = on_->parser_->done();
  const bool keep = delimited && request_read && on_->keeps_alive();

  std::string head;
  head.reserve(1024);
  append_status_line(head, status);
  append_end_to_end(head, answer.headers);
  if (!answer.headers.has("date")) append_field(head, "Date", on_->lane_.date.now());
  if (chunked)
    head += "Transfer-Encoding: chunked\r\n";
  else if (framing.length && status != 204)
    append_field(head, "Content-Length", *framing.length);
  else if (no_body && !framing.chunked && !on_->is_head_ && status != 204 && status != 304)
    head += "Content-Length: 0\r\n";
  if (!keep) head += "Connection: close\r\n";
  if (keep && on_->minor_version_ == 0) head += "Connection: keep-alive\r\n";
  head += "\r\n";

  if (!co_await pass_body(std::move(head), chunked)) {
    // What has gone out cannot be taken back; a reset tells the client that it is not the whole.
    on_->client_->abort();
    co_return After::kClose;
  }
  if (framing.keep_alive && in_.empty() && (!upload_ || upload_->done) && request_read)
    on_->lane_.pool->put(key_, std::move(upstream_));
  co_return keep ? After::kNext : After::kClose;
}

awaitable<bool> ProxyRun::pass_body(std::string head, bool chunked) {
  const auto stall = on_->state_->limits.stall;
  Conduit& client = *on_->client_;
  std::string out = std::move(head);  // not yet written
  while (!parser_->done()) {
    const auto piece = parser_->body(in_.view());
    if (!piece) co_return false;
    if (piece->used > 0) {
      if (chunked && !piece->bytes.empty()) {
        append_chunk_size(out, piece->bytes.size());
        out.append(piece->bytes).append("\r\n");
      } else if (!piece->bytes.empty()) {
        if (!co_await client.write(out, piece->bytes, {}, stall)) co_return false;
        out.clear();
      }
      in_.consume(piece->used);
      continue;
    }
    if (!out.empty() && !co_await client.write(out, stall)) co_return false;
    out.clear();
    upstream_->limit_read(plan_.upstream.response);
    const auto got = co_await fill(kBodyStep);
    if (got < 0) co_return false;
    if (got > 0) continue;
    if (!parser_->end_of_input()) co_return false;
    break;
  }
  if (chunked) out += "0\r\n\r\n";
  co_return out.empty() || co_await client.write(out, stall);
}

}  // namespace stipend::net
