#include "net/connection.hpp"

#include "base/log.hpp"
#include "net/events.hpp"
#include "net/frame_pump.hpp"
#include "net/proxy.hpp"
#include "net/tls.hpp"

namespace stipend::net {

namespace {
constexpr std::size_t kReadStep = 4 * 1024;
constexpr std::size_t kDrainMax = 64 * 1024;
constexpr std::chrono::milliseconds kLinger{2'000};
}  // namespace

// A close with bytes unread makes the kernel send a reset, which can overtake the answer: read on for a
// while.
awaitable<void> lingering_close(Conduit& conduit, Window& in) {
  conduit.end_of_writing();
  conduit.limit_read(kLinger);
  for (std::size_t total = 0; total < 4 * kDrainMax;) {
    in.consume(in.size());
    const auto got = co_await conduit.read_some(in.space(kReadStep), kReadStep);
    if (got <= 0) break;
    total += static_cast<std::size_t>(got);
  }
}

Connection::Connection(std::shared_ptr<ServerState> state, Lane& lane, std::unique_ptr<Conduit> conduit,
                       std::unique_ptr<Place> place, Peer peer)
    : state_(std::move(state)),
      lane_(lane),
      client_(std::move(conduit)),
      place_(std::move(place)),
      listed_(lane_.live.insert(lane_.live.end(), this)),
      peer_(std::move(peer)) {}

Connection::~Connection() {
  lane_.live.erase(listed_);
}

void Connection::wind_down() {
  if (idle_ && client_) client_->abort();
}

void Connection::cut() {
  if (client_) client_->abort();
}

awaitable<void> Connection::serve(std::shared_ptr<TlsContext> tls) {
  if (tls) {
    auto session = std::make_unique<TlsSession>(*tls, client_->fd());
    if (!co_await client_->accept_tls(std::move(session), state_->limits.head)) co_return;
  }
  After after = After::kNext;
  while (after == After::kNext) {
    after = co_await one_request();
    parser_.reset();
    in_.shrink(kReadStep);
    if (state_->stopping.load(std::memory_order_relaxed)) break;
  }
}

awaitable<Connection::After> Connection::one_request() {
  parser_ = std::make_unique<Parser>(Parser::Kind::kRequest);
  const int wrong = co_await read_head();
  first_ = false;
  if (wrong < 0) co_return After::kClose;
  if (wrong > 0) co_return co_await refuse(wrong);
  state_->requests.fetch_add(1, std::memory_order_relaxed);

  Request head = std::move(parser_->request());
  head.peer = peer_;
  is_head_ = head.method == "HEAD";
  minor_version_ = head.minor_version;
  expects_continue_ = false;
  if (const auto expect = head.headers.find("expect"); expect && head.minor_version >= 1) {
    if (!equal_no_case(*expect, "100-continue")) co_return co_await refuse(417);
    expects_continue_ = !parser_->done();
  }

  Decision decision;
  try {
    decision = co_await state_->handler(std::move(head));
  } catch (const std::exception& failure) {
    base::log::error("a request's handler failed", {{"what", failure.what()}});
    decision = text_response(500, "internal error\n");
  }
  co_return co_await answer_from(std::move(decision));
}

awaitable<bool> Connection::fill(std::size_t least) {
  char* into = in_.space(least);
  const auto got = co_await client_->read_some(into, in_.room());
  if (got <= 0) co_return false;
  in_.commit(static_cast<std::size_t>(got));
  co_return true;
}

awaitable<int> Connection::read_head() {
  const Limits& limits = state_->limits;
  std::size_t checked = 0;
  bool begun = false;
  client_->limit_read(first_ ? limits.first_byte : limits.idle);
  while (true) {
    if (!begun) {
      // Clients may send an empty line after a body.
      while (in_.view().starts_with("\r\n")) in_.consume(2);
      if (!in_.empty() && in_.view() != "\r") {
        begun = true;
        client_->limit_read(limits.head);
        if (in_.view().front() < 'A' || in_.view().front() > 'z') co_return 400;  // TLS, or no HTTP at all
      }
    }
    if (begun) {
      const auto size = head_size(in_.view(), checked);
      if (!size) co_return 400;
      if (*size > limits.head_bytes || (*size == 0 && in_.size() >= limits.head_bytes)) co_return 431;
      if (*size > 0) {
        const auto parsed = parser_->head(in_.view().substr(0, *size));
        if (!parsed) co_return status_of(parsed.error());
        in_.consume(*size);
        co_return 0;
      }
    }
    idle_ = !begun;
    if (idle_ && state_->stopping.load(std::memory_order_relaxed)) co_return -1;
    const bool more = co_await fill(kReadStep / 2);
    idle_ = false;
    if (!more) co_return begun && client_->timed_out() ? 408 : -1;
  }
}

awaitable<Connection::After> Connection::answer_from(Decision decision) {
  if (auto* response = std::get_if<Response>(&decision)) co_return co_await respond(std::move(*response));
  if (auto* body = std::get_if<WithBody>(&decision)) co_return co_await with_body(std::move(*body));
  if (auto* stream = std::get_if<Events>(&decision)) co_return co_await events(std::move(*stream));
  if (auto* bridge = std::get_if<Bridge>(&decision)) co_return co_await FramePump::run(shared_from_this(), std::move(*bridge));
  if (auto* body = std::get_if<WithStream>(&decision)) co_return co_await with_stream(std::move(*body));
  co_return co_await ProxyRun::run(shared_from_this(), std::move(std::get<Proxy>(decision)));
}

awaitable<Connection::After> Connection::with_body(WithBody plan) {
  if (!parser_->done()) {
    const int wrong = co_await read_body(plan.request.body, plan.limit);
    if (wrong < 0) co_return After::kClose;
    if (wrong > 0) co_return co_await refuse(wrong);
  }
  Response response;
  try {
    response = co_await plan.then(std::move(plan.request));
  } catch (const std::exception& failure) {
    base::log::error("a request's handler failed", {{"what", failure.what()}});
    response = text_response(500, "internal error\n");
  }
  co_return co_await respond(std::move(response));
}

awaitable<bool> Connection::continue_if_expected() {
  if (!std::exchange(expects_continue_, false) || !in_.empty()) co_return true;
  co_return co_await client_->write("HTTP/1.1 100 Continue\r\n\r\n", state_->limits.stall);
}

awaitable<int> Connection::read_body(std::string& body, std::size_t limit) {
  const auto declared = parser_->framing().length;
  if (declared && *declared > limit) co_return 413;
  if (!co_await continue_if_expected()) co_return -1;
  // Memory follows what has come, not what was announced.
  body.reserve(std::min<std::size_t>(declared.value_or(0), 64 * 1024));
  client_->limit_read(state_->limits.body);
  while (!parser_->done()) {
    const auto piece = parser_->body(in_.view());
    if (!piece) co_return 400;
    if (body.size() + piece->bytes.size() > limit) co_return 413;
    body += piece->bytes;
    in_.consume(piece->used);
    if (piece->used == 0 && !co_await fill(kReadStep)) co_return client_->timed_out() ? 408 : -1;
  }
  co_return 0;
}

bool Connection::keeps_alive() const {
  return parser_->framing().keep_alive && !state_->stopping.load(std::memory_order_relaxed);
}

// A handler's bug must not become a split answer.
Response Connection::guarded(Response response) const {
  const bool known = response.status >= 200 && response.status <= 599;
  if (known && is_clean(response.headers)) return response;
  base::log::error("an answer had a forbidden status or header", {{"status", response.status}});
  return text_response(500, "internal error\n");
}

awaitable<Connection::After> Connection::respond(Response response) {
  response = guarded(std::move(response));
  // The rest of a body nobody asked for is read away when it is short; else the connection ends.
  const auto declared = parser_->framing().length;
  const bool unread = !parser_->done();
  const bool drainable = unread && !expects_continue_ && (!declared || *declared <= kDrainMax);
  const bool keep = keeps_alive() && (!unread || drainable);

  const std::string& body = response.bytes();
  const bool no_content = response.status == 204 || response.status == 304;
  std::string head;
  head.reserve(512);
  append_status_line(head, response.status);
  append_field(head, "Date", lane_.date.now());
  for (const auto& [name, value] : response.headers)
    if (!is_hop_by_hop(name) && !equal_no_case(name, "date")) append_field(head, name, value);
  if (!no_content) append_field(head, "Content-Length", body.size());
  if (!keep) head += "Connection: close\r\n";
  if (keep && minor_version_ == 0) head += "Connection: keep-alive\r\n";
  head += "\r\n";
  const std::string_view sent = is_head_ || no_content ? std::string_view{} : std::string_view(body);
  if (!co_await client_->write(head, sent, {}, state_->limits.stall)) co_return After::kClose;
  if (keep && (!unread || co_await drain(kDrainMax))) co_return After::kNext;
  if (unread) co_await lingering_close(*client_, in_);
  co_return After::kClose;
}

awaitable<Connection::After> Connection::refuse(int status) {
  std::string head, body(reason_phrase(status));
  body += '\n';
  append_status_line(head, status);
  append_field(head, "Date", lane_.date.now());
  append_field(head, "Content-Type", "text/plain; charset=utf-8");
  append_field(head, "Content-Length", body.size());
  head += "Connection: close\r\n\r\n";
  if (co_await client_->write(head, body, {}, kLinger)) co_await lingering_close(*client_, in_);
  co_return After::kClose;
}

awaitable<bool> Connection::drain(std::size_t bytes_max) {
  client_->limit_read(kLinger);
  std::size_t total = 0;
  while (!parser_->done() && total <= bytes_max) {
    const auto piece = parser_->body(in_.view());
    if (!piece) co_return false;
    total += piece->used;
    in_.consume(piece->used);
    if (piece->used == 0 && !co_await fill(kReadStep)) co_return false;
  }
  co_return parser_->done();
}

awaitable<Connection::After> Connection::events(Events plan) {
  co_return co_await EventStream::run(shared_from_this(), std::move(plan));
}

}  // namespace stipend::net
