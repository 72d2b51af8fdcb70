#include "gateway/uploads_api.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "gateway/console_api.hpp"
#include "gateway/pages.hpp"

namespace stipend::gateway {
namespace {

constexpr std::string_view kVersion = "1.0.0";
constexpr std::int64_t kMaxBytes = 10LL * 1000 * 1000 * 1000;

std::optional<std::string> from_base64(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  while (text.ends_with('=')) text.remove_suffix(1);
  for (const char c : text) {
    constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const auto value = kAlphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xff);
  }
  return out;
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

net::Response tus(int status) {
  net::Response response;
  response.status = status;
  add_console_headers(response);
  response.headers.set("Tus-Resumable", kVersion);
  return response;
}

net::Response refused(const FilesCall& call, base::Error error, int status = 0) {
  auto response = problem(error, call.request_id);
  if (status != 0) response.status = status;
  response.headers.set("Tus-Resumable", kVersion);
  return response;
}

net::Response progress(const UploadView& upload, int status) {
  auto response = tus(status);
  response.headers.set("Upload-Offset", std::to_string(upload.offset));
  response.headers.set("Upload-Length", std::to_string(upload.size));
  return response;
}

class FromBrowser final : public ByteSource {
 public:
  explicit FromBrowser(std::shared_ptr<net::BodyReader> body) : body_(std::move(body)) {}
  awaitable<base::Result<std::string>> next() override { return body_->next(); }

 private:
  std::shared_ptr<net::BodyReader> body_;
};

awaitable<net::Decision> create(FilesCall call, base::AccountId account, Spot spot) {
  auto wish = upload_wish(call.request);
  if (!wish)
    co_return refused(call, {base::Fault::kInvalid, "InvalidUpload", "An upload names its Upload-Length and, in Upload-Metadata, its path."});
  if (wish->size > kMaxBytes)
    co_return refused(call, {base::Fault::kInvalid, "UploadTooLarge", "A file of at most 10 GB can be uploaded."}, 413);
  const auto id = co_await call.files.begin_upload(account, spot, std::move(wish->path), wish->size, wish->replace);
  if (!id) co_return refused(call, id.error());
  auto response = tus(201);
  response.headers.set("Location", fmt::format("/api/v1/files/{}/uploads/{}", spot.disk.str(), *id));
  response.headers.set("Upload-Offset", "0");
  co_return response;
}

awaitable<net::Decision> go_on(FilesCall call, base::AccountId account, Spot spot, std::string id) {
  const auto offset = number(call.request.headers.get("upload-offset"));
  if (call.request.headers.get("content-type") != "application/offset+octet-stream")
    co_return refused(call, {base::Fault::kInvalid, "InvalidUpload", "A part of an upload is application/offset+octet-stream."}, 415);
  if (!offset || *offset > kMaxBytes) co_return refused(call, {base::Fault::kInvalid, "InvalidUpload", "A part of an upload names its Upload-Offset."});
  net::Request waiting = call.request;
  auto kept = std::make_shared<FilesCall>(std::move(call));
  co_return net::WithStream{std::move(waiting), static_cast<std::uint64_t>(kMaxBytes),
                            [kept, account, spot, id = std::move(id), offset = *offset](
                                net::Request, std::shared_ptr<net::BodyReader> body) -> awaitable<net::Response> {
                              const auto answer = co_await kept->files.go_on_upload(account, spot, id, offset, std::make_shared<FromBrowser>(body));
                              co_return answer ? progress(*answer, 204) : refused(*kept, answer.error());
                            }};
}

}  // namespace

std::optional<UploadWish> upload_wish(const net::Request& request) {
  UploadWish wish;
  const auto size = number(request.headers.get("upload-length"));
  if (!size || request.headers.count("upload-metadata") != 1) return std::nullopt;
  wish.size = *size;
  for (std::string_view rest = request.headers.get("upload-metadata"); !rest.empty();) {
    const auto comma = rest.find(',');
    const auto pair = net::trim(rest.substr(0, comma));
    const auto space = pair.find(' ');
    const auto name = pair.substr(0, space);
    if (name == "replace") wish.replace = true;
    if (name == "path") {
      auto path = space == std::string_view::npos ? std::nullopt : from_base64(net::trim(pair.substr(space + 1)));
      if (!path || !is_file_path(*path)) return std::nullopt;
      wish.path = *std::move(path);
    }
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  }
  return wish.path.empty() ? std::nullopt : std::optional(std::move(wish));
}

awaitable<net::Decision> uploads_decision(FilesCall call, base::AccountId account, Spot spot, std::string rest) {
  const std::string method = call.request.method;
  if (call.request.headers.get("tus-resumable") != kVersion) {
    auto response = refused(call, {base::Fault::kInvalid, "InvalidUpload", "Uploads speak tus 1.0.0."}, 412);
    response.headers.set("Tus-Version", kVersion);
    co_return response;
  }
  if (rest.empty() && method == "POST") co_return co_await create(std::move(call), account, spot);
  const std::string id = rest.empty() ? "" : rest.substr(1);
  const bool known = id.size() == 32 && id.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (known && method == "PATCH") co_return co_await go_on(std::move(call), account, spot, id);
  if (known && method == "HEAD") {
    const auto upload = co_await call.files.look_at_upload(account, spot, id);
    co_return upload ? progress(*upload, 200) : refused(call, upload.error());
  }
  if (known && method == "DELETE") {
    const auto done = co_await call.files.drop_upload(account, spot, id);
    co_return done ? tus(204) : refused(call, done.error());
  }
  co_return refused(call, {base::Fault::kNotFound, "NotFound", "There is nothing at this address."});
}

}  // namespace stipend::gateway
