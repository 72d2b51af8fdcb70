#include "net/body.hpp"

#include "base/log.hpp"

namespace stipend::net {

using base::Fault;

namespace {
constexpr std::size_t kDrainMost = 32 * 1024 * 1024;  // and no longer than drain() waits
}

awaitable<Connection::After> BodyStream::run(std::shared_ptr<Connection> on, WithStream plan) {
  Connection& at = *on;
  const auto declared = at.parser_->framing().length;
  if (declared && *declared > plan.limit) co_return co_await at.refuse(413);
  const auto reader = std::make_shared<BodyStream>(on, plan.limit);
  Response response;
  try {
    response = co_await plan.then(std::move(plan.request), reader);
  } catch (const std::exception& failure) {
    base::log::error("a request's handler failed", {{"what", failure.what()}});
    response = text_response(500, "internal error\n");
  }
  reader->on_.reset();
  // A client in the middle of a long body writes on until it is through; only then does it look at the answer.
  if (!at.expects_continue_) (void)co_await at.drain(kDrainMost);
  co_return co_await at.respond(std::move(response));
}

awaitable<base::Result<std::string>> BodyStream::next(std::size_t most) {
  if (!on_) co_return base::fail(Fault::kUnavailable, "ConnectionClosed", "the request is over");
  const auto on = on_;
  std::string bytes;
  if (!co_await on->continue_if_expected()) co_return base::fail(Fault::kUnavailable, "ConnectionClosed", "the client has gone");
  while (!on->parser_->done()) {
    const auto piece = on->parser_->body(on->in_.view());
    if (!piece) co_return base::fail(Fault::kInvalid, "BadRequest", "the request's body is malformed");
    if (piece->bytes.size() > left_) co_return base::fail(Fault::kInvalid, "BodyTooLong", "the request's body is too long");
    bytes += piece->bytes;
    left_ -= piece->bytes.size();
    on->in_.consume(piece->used);
    if (piece->used > 0) {
      if (!bytes.empty()) break;
      continue;
    }
    on->client_->limit_read(on->state_->limits.stall);
    if (!co_await on->fill(std::max<std::size_t>(most, 4096)))
      co_return base::fail(Fault::kUnavailable, "ConnectionClosed", on->client_->timed_out() ? "the client stood still" : "the client has gone");
  }
  co_return bytes;
}

awaitable<Connection::After> Connection::with_stream(WithStream plan) {
  co_return co_await BodyStream::run(shared_from_this(), std::move(plan));
}

}  // namespace stipend::net
