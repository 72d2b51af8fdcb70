#include "net/client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>

#include <optional>

#include <fmt/format.h>

#include "net/conduit.hpp"
#include "net/parser.hpp"
#include "net/window.hpp"
#include "net/wire.hpp"

namespace stipend::net {

namespace asio = boost::asio;

namespace {

using base::Fault;
using ms = std::chrono::milliseconds;

struct Budget {
  std::int64_t until_ms;
  ms left() const { return ms(std::max<std::int64_t>(1, until_ms - monotonic_ms())); }
};

std::string request_head(const Endpoint& to, const Request& request) {
  std::string head = request.method + " " + request.target + " HTTP/1.1\r\n";
  if (!request.headers.has("host"))
    append_field(head, "Host",
                 to.address.empty()         ? "localhost"
                 : to.address.contains(':') ? fmt::format("[{}]:{}", to.address, to.port)
                                            : fmt::format("{}:{}", to.address, to.port));
  append_end_to_end(head, request.headers);
  if (!request.body.empty() || (request.method != "GET" && request.method != "HEAD"))
    append_field(head, "Content-Length", request.body.size());
  head += "Connection: close\r\n\r\n";
  return head;
}

class Fetch {
 public:
  Fetch(std::unique_ptr<Conduit> conduit, FetchLimits limits, Budget budget)
      : conduit_(std::move(conduit)), limits_(limits), budget_(budget) {}

  asio::awaitable<base::Result<Response>> run(std::string head, std::string body, bool is_head) {
    // A server may refuse early and close: its answer counts even when the writing failed.
    const bool sent = co_await conduit_->write(head, body, {}, budget_.left());
    conduit_->limit_read(budget_.left());
    for (int interim = 0; interim < 8; ++interim) {
      parser_.emplace(is_head ? Parser::Kind::kResponseToHead : Parser::Kind::kResponse);
      if (const auto got = co_await read_head(); !got)
        co_return sent || got.error().code == "Timeout" ? base::Result<Response>(std::unexpected(got.error()))
                                                        : failed();
      if (parser_->response().status >= 200) co_return co_await read_body();
    }
    co_return invalid("too many interim answers");
  }

 private:
  static std::unexpected<base::Error> invalid(std::string what) {
    return base::fail(Fault::kUnavailable, "InvalidResponse", "the server's answer is not usable: " + what);
  }
  std::unexpected<base::Error> failed() const {
    if (conduit_->timed_out())
      return base::fail(Fault::kUnavailable, "Timeout", "the server did not answer within the time limit");
    return base::fail(Fault::kUnavailable, "ConnectionFailed",
                      "the server closed the connection before it answered");
  }

  asio::awaitable<base::Result<bool>> fill() {  // false: the input has ended
    char* into = in_.space(4096);
    const auto got = co_await conduit_->read_some(into, in_.room());
    if (got < 0) co_return failed();
    in_.commit(static_cast<std::size_t>(got));
    co_return got > 0;
  }

  asio::awaitable<base::Status> read_head() {
    std::size_t checked = 0;
    while (true) {
      const auto size = head_size(in_.view(), checked);
      if (!size) co_return invalid(size.error().message);
      if (*size > limits_.head_bytes || (*size == 0 && in_.size() >= limits_.head_bytes))
        co_return base::fail(Fault::kUnavailable, "ResponseTooLarge", "the answer's head is too large");
      if (*size > 0) {
        const auto parsed = parser_->head(in_.view().substr(0, *size));
        if (!parsed) co_return invalid(parsed.error().message);
        in_.consume(*size);
        co_return base::Status{};
      }
      const auto more = co_await fill();
      if (!more) co_return std::unexpected(more.error());
      if (!*more) co_return failed();
    }
  }

  asio::awaitable<base::Result<Response>> read_body() {
    Response response = std::move(parser_->response());
    while (!parser_->done()) {
      const auto piece = parser_->body(in_.view());
      if (!piece) co_return invalid(piece.error().message);
      if (response.body.size() + piece->bytes.size() > limits_.body_bytes)
        co_return base::fail(Fault::kUnavailable, "ResponseTooLarge",
                             fmt::format("the answer is larger than {} bytes", limits_.body_bytes));
      response.body += piece->bytes;
      in_.consume(piece->used);
      if (piece->used > 0) continue;
      const auto more = co_await fill();
      if (!more) co_return std::unexpected(more.error());
      if (*more) continue;
      if (const auto ended = parser_->end_of_input(); !ended) co_return invalid(ended.error().message);
      break;
    }
    co_return response;
  }

  std::unique_ptr<Conduit> conduit_;
  FetchLimits limits_;
  Budget budget_;
  Window in_;
  std::optional<Parser> parser_;
};

}  // namespace

asio::awaitable<base::Result<Response>> fetch(Endpoint to, Request request, FetchLimits limits) {
  if (!is_clean(request.headers) || request.target.find_first_of(" \r\n") != std::string::npos)
    co_return base::fail(Fault::kInvalid, "InvalidRequest",
                         "the request's target or a header holds a forbidden character");
  const Budget budget{monotonic_ms() + limits.timeout.count()};
  const auto executor = co_await asio::this_coro::executor;
  const auto deadlines = std::make_shared<Deadlines>(executor);
  auto conduit = to.unix_path.empty()
                     ? co_await Conduit::connect(deadlines, executor, to.address, to.port, budget.left())
                     : co_await Conduit::connect_unix(deadlines, executor, to.unix_path, budget.left());
  if (!conduit) co_return std::unexpected(std::move(conduit).error());
  Fetch run(std::move(*conduit), limits, budget);
  std::string head = request_head(to, request);
  const bool is_head = request.method == "HEAD";
  co_return co_await run.run(std::move(head), std::move(request.body), is_head);
}

base::Result<Response> fetch_blocking(Endpoint to, Request request, FetchLimits limits) {
  asio::io_context context{1};
  std::optional<base::Result<Response>> outcome;
  asio::co_spawn(context, fetch(std::move(to), std::move(request), limits),
                 [&outcome](std::exception_ptr failure, base::Result<Response> result) {
                   if (failure) std::rethrow_exception(failure);
                   outcome = std::move(result);
                 });
  context.run();
  return std::move(*outcome);
}

}  // namespace stipend::net
