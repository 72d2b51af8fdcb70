#include "net/parser.hpp"

#include <boost/beast/http/basic_parser.hpp>

#include <cstring>

namespace stipend::net {

namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using ErrorCode = beast::error_code;
using Text = beast::string_view;
using base::Fault;

std::string_view view(Text text) {
  return {text.data(), text.size()};
}

std::unexpected<base::Error> bad(std::string message) {
  return base::fail(Fault::kInvalid, "BadRequest", std::move(message));
}

// What both kinds of message share.
struct Seen {
  Request request;
  Response response;
  std::string_view piece;
  std::size_t fields = 0;
  bool head_done = false;  // what comes later are trailers, which end here
  std::uint64_t chunk_left = 0;
};

template <bool kIsRequest>
class Push final : public http::basic_parser<kIsRequest> {
 public:
  explicit Push(Seen& seen) : seen_(seen) {
    this->body_limit(boost::none);   // the caller counts
    this->header_limit(UINT32_MAX);  // head_size() has measured it
  }

 private:
  void on_request_impl(http::verb, Text method, Text target, int version, ErrorCode&) override {
    seen_.request.method = view(method);
    seen_.request.target = view(target);
    seen_.request.minor_version = version - 10;
  }
  void on_response_impl(int code, Text, int version, ErrorCode&) override {
    seen_.response.status = code;
    seen_.request.minor_version = version - 10;
  }
  void on_field_impl(http::field, Text name, Text value, ErrorCode& ec) override {
    if (seen_.head_done) return;
    if (++seen_.fields > kFieldsMax) {
      ec = http::error::header_limit;
      return;
    }
    (kIsRequest ? seen_.request.headers : seen_.response.headers).add(view(name), view(value));
  }
  // Newer Beast hands trailers to this one; older has no such function, hence no `override`.
  void on_trailer_field_impl(http::field, Text, Text, ErrorCode&) {}
  void on_header_impl(ErrorCode&) override { seen_.head_done = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorCode&) override {}
  std::size_t on_body_impl(Text body, ErrorCode&) override {
    seen_.piece = view(body);
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t size, Text, ErrorCode&) override { seen_.chunk_left = size; }
  std::size_t on_chunk_body_impl(std::uint64_t, Text body, ErrorCode&) override {
    seen_.piece = view(body);
    seen_.chunk_left -= body.size();
    return body.size();
  }
  void on_finish_impl(ErrorCode&) override {}

  Seen& seen_;
};

}  // namespace

base::Result<std::size_t> head_size(std::string_view data, std::size_t& checked) {
  while (checked < data.size()) {
    const auto* found =
        static_cast<const char*>(std::memchr(data.data() + checked, '\n', data.size() - checked));
    if (found == nullptr) {
      checked = data.size();
      return 0;
    }
    const auto at = static_cast<std::size_t>(found - data.data());
    if (at == 0 || data[at - 1] != '\r') return bad("a line of the head ends without CR");
    if (at >= 3 && data[at - 2] == '\n') return at + 1;
    if (at + 1 == data.size()) {  // the next byte tells whether the line is folded
      checked = at;
      return 0;
    }
    if (data[at + 1] == ' ' || data[at + 1] == '\t') return bad("a header line is folded over two lines");
    checked = at + 1;
  }
  return 0;
}

int status_of(const base::Error& error) {
  if (error.code == "HeadTooLarge") return 431;
  if (error.code == "NotImplemented") return 501;
  if (error.code == "VersionNotSupported") return 505;
  return 400;
}

struct Parser::Impl {
  explicit Impl(Kind k) : kind(k) {
    if (kind == Kind::kRequest) {
      request.emplace(seen);
    } else {
      response.emplace(seen);
      response->skip(kind == Kind::kResponseToHead);
    }
  }

  std::size_t put(std::string_view data, ErrorCode& ec) {
    const boost::asio::const_buffer buffer(data.data(), data.size());
    return request ? request->put(buffer, ec) : response->put(buffer, ec);
  }
  bool done() const { return request ? request->is_done() : response->is_done(); }
  Headers& headers() { return kind == Kind::kRequest ? seen.request.headers : seen.response.headers; }

  base::Status check_framing();
  base::Status check_target();

  Kind kind;
  Seen seen;
  std::optional<Push<true>> request;
  std::optional<Push<false>> response;
  Framing framing;
};

// Beast has refused Content-Length beside chunked, and lengths that differ; the rest is here.
base::Status Parser::Impl::check_framing() {
  const Headers& fields = headers();
  const auto coding = fields.find("transfer-encoding");
  const auto length = fields.find("content-length");
  if (coding) {
    if (length) return bad("both Content-Length and Transfer-Encoding");
    if (fields.count("transfer-encoding") != 1) return bad("more than one Transfer-Encoding");
    if (seen.request.minor_version == 0) return bad("Transfer-Encoding in HTTP/1.0");
    if (!equal_no_case(*coding, "chunked"))
      return base::fail(Fault::kInvalid, "NotImplemented", "only chunked is understood as Transfer-Encoding");
    framing.chunked = true;
  }
  if (length) {
    if (length->find_first_not_of("0123456789") != std::string_view::npos)
      return bad("Content-Length is not a number");
    const auto declared = request ? request->content_length() : response->content_length();
    if (declared) framing.length = *declared;
  }
  framing.keep_alive = request ? request->keep_alive() : response->keep_alive();
  framing.until_close = response && response->need_eof() && !response->is_done();
  return {};
}

base::Status Parser::Impl::check_target() {
  Request& head = seen.request;
  const std::size_t hosts = head.headers.count("host");
  if (hosts > 1 || (hosts == 0 && head.minor_version >= 1))
    return bad("there must be exactly one Host header");
  if (head.method == "CONNECT")
    return base::fail(Fault::kInvalid, "NotImplemented", "this server is no forward proxy");
  if (head.target.starts_with('/') || (head.target == "*" && head.method == "OPTIONS")) return {};
  // The absolute form: its authority is the Host.
  const auto scheme = head.target.find("://");
  const auto name = head.target.substr(0, scheme);
  if (scheme == std::string::npos || (!equal_no_case(name, "http") && !equal_no_case(name, "https")))
    return bad("the target must start with /");
  const auto path = head.target.find_first_of("/?", scheme + 3);
  const std::string authority =
      head.target.substr(scheme + 3, path == std::string::npos ? path : path - scheme - 3);
  if (authority.empty()) return bad("the target names no host");
  std::string origin_form = path == std::string::npos ? "/" : head.target.substr(path);
  if (origin_form.front() == '?') origin_form.insert(0, 1, '/');
  head.target = std::move(origin_form);
  head.headers.set("Host", authority);
  return {};
}

Parser::Parser(Kind kind) : impl_(std::make_unique<Impl>(kind)) {}
Parser::~Parser() = default;

base::Status Parser::head(std::string_view bytes) {
  ErrorCode ec;
  const std::size_t used = impl_->put(bytes, ec);
  if (ec == http::error::header_limit)
    return base::fail(Fault::kInvalid, "HeadTooLarge", "too many header fields");
  if (ec == http::error::bad_version)
    return base::fail(Fault::kInvalid, "VersionNotSupported", "only HTTP/1.0 and HTTP/1.1 are spoken here");
  if (ec) return bad(ec.message());
  if (used != bytes.size() || !impl_->seen.head_done) return bad("the head is not well formed");
  TRY(impl_->check_framing());
  if (impl_->kind == Kind::kRequest) TRY(impl_->check_target());
  return {};
}

Request& Parser::request() {
  return impl_->seen.request;
}
Response& Parser::response() {
  return impl_->seen.response;
}
const Parser::Framing& Parser::framing() const {
  return impl_->framing;
}
bool Parser::done() const {
  return impl_->done();
}

base::Result<Parser::Piece> Parser::body(std::string_view data) {
  impl_->seen.piece = {};
  if (data.empty()) return Piece{};
  // Beast asserts five bytes once it has seen that the very first chunk is the last, "0" CR LF, and would end
  // the program on a fourth that comes alone. No body that begins so is complete in fewer than five.
  if (impl_->framing.chunked && impl_->seen.chunk_left == 0 && data.size() < 5 && data.front() == '0')
    return Piece{};
  ErrorCode ec;
  const std::size_t used = impl_->put(data, ec);
  if (ec == http::error::need_more) {
    if (used == 0 && data.size() >= kChunkLineMax)
      return bad("a chunk's size line or the trailers are too long");
    ec = {};
  }
  if (ec) return bad(ec.message());
  return Piece{used, impl_->seen.piece};
}

base::Status Parser::end_of_input() {
  if (impl_->done()) return {};
  if (!impl_->framing.until_close) return bad("the message is cut off");
  return {};
}

}  // namespace stipend::net
