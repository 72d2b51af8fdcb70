#include "net/events.hpp"

#include "base/log.hpp"

namespace stipend::net {

std::string sse_event(std::string_view event, std::string_view data, std::string_view id) {
  std::string out;
  out.reserve(data.size() + 64);
  const auto field = [&out](std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\n");
  };
  const auto one_line = [](std::string_view text) { return text.substr(0, text.find_first_of("\r\n")); };
  if (!id.empty()) field("id", one_line(id));
  if (!event.empty()) field("event", one_line(event));
  while (true) {
    const auto end = data.find_first_of("\r\n");
    field("data", data.substr(0, end));
    if (end == std::string_view::npos) break;
    data.remove_prefix(end + (data.substr(end).starts_with("\r\n") ? 2 : 1));
  }
  return out += '\n';
}

awaitable<Connection::After> EventStream::run(std::shared_ptr<Connection> on, Events plan) {
  Connection& at = *on;
  const auto writer = std::make_shared<EventStream>(on);
  writer->left_ = plan.length;
  writer->chunked_ = at.minor_version_ >= 1 && !plan.length;

  Response answer = at.guarded(std::move(plan.head));
  std::string head;
  append_status_line(head, answer.status);
  append_field(head, "Date", at.lane_.date.now());
  if (!answer.headers.has("content-type")) append_field(head, "Content-Type", "text/event-stream");
  if (!answer.headers.has("cache-control")) append_field(head, "Cache-Control", "no-store");
  for (const auto& [name, value] : answer.headers)
    if (!is_hop_by_hop(name) && !equal_no_case(name, "date")) append_field(head, name, value);
  if (writer->chunked_) head += "Transfer-Encoding: chunked\r\n";
  if (plan.length) append_field(head, "Content-Length", *plan.length);
  head += "Connection: close\r\n\r\n";
  writer->failed_ = !co_await at.client_->write(head, at.state_->limits.stall);
  if (!writer->failed_ && !at.is_head_) {
    try {
      co_await plan.run(writer);
    } catch (const std::exception& failure) {
      base::log::error("a stream's handler failed", {{"what", failure.what()}});
      writer->failed_ = true;  // no last chunk: the client sees that it is cut off
    }
    if (writer->left_.value_or(0) != 0) writer->failed_ = true;
    if (!writer->failed_ && writer->chunked_)
      co_await at.client_->write("0\r\n\r\n", at.state_->limits.stall);
    if (writer->failed_ && plan.length) at.client_->abort();
  }
  writer->failed_ = true;
  writer->on_.reset();
  co_return Connection::After::kClose;
}

awaitable<base::Status> EventStream::send(std::string bytes) {
  if (closed()) {
    failed_ = true;
    co_return base::fail(base::Fault::kUnavailable, "ConnectionClosed",
                         "the client has gone, or the server stops");
  }
  if (bytes.empty()) co_return base::Status{};
  if (left_ && bytes.size() > *left_) co_return base::fail(base::Fault::kInternal, "TooLong", "more bytes than were announced");
  if (left_) *left_ -= bytes.size();
  std::string size;
  if (chunked_) append_chunk_size(size, bytes.size());
  const auto on = on_;
  if (!co_await on->client_->write(size, bytes, chunked_ ? "\r\n" : "", on->state_->limits.stall)) {
    failed_ = true;
    co_return base::fail(base::Fault::kUnavailable, "ConnectionClosed", "the client has gone");
  }
  co_return base::Status{};
}

bool EventStream::closed() const {
  return failed_ || !on_ || on_->state_->stopping.load(std::memory_order_relaxed) ||
         on_->client_->peer_left();
}

}  // namespace stipend::net
