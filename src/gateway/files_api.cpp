#include "gateway/files_api.hpp"

#include <charconv>

#include "base/file_name.hpp"
#include "gateway/console_api.hpp"
#include "gateway/uploads_api.hpp"
#include "gateway/file_answers.hpp"
#include "gateway/pages.hpp"
#include "net/url.hpp"

namespace stipend::gateway {
namespace {

constexpr std::string_view kPrefix = "/api/v1/files";
constexpr std::size_t kMaxOrderBytes = 32 * 1024;
constexpr std::size_t kMaxPathBytes = 4'000;
constexpr std::size_t kMaxNameBytes = 255;
constexpr std::int64_t kPage = 1'000, kMaxPage = 10'000;

base::Error nothing_here() { return {base::Fault::kNotFound, "NotFound", "There is nothing at this address."}; }

const char* word(FileKind kind) {
  switch (kind) {
    case FileKind::kFolder: return "folder";
    case FileKind::kFile: return "file";
    case FileKind::kLink: return "link";
    case FileKind::kOther: return "other";
  }
  return "other";
}

Json to_json(const FilePlace& place) {
  return {{"disk", place.disk.str()}, {"instance", place.instance.str()}, {"name", place.name}, {"home", place.home}, {"course", place.course},
          {"snapshot", place.snapshot}, {"writable", place.writable}, {"unready", place.unready}};
}

Json to_json(const FolderView& folder) {
  Json entries = Json::array();
  for (const auto& entry : folder.entries)
    entries.push_back({{"name", base::harmless_name(entry.name)},
                       {"link", net::percent_encode(entry.name)},
                       {"kind", word(entry.kind)},
                       {"size", entry.size},
                       {"modified", entry.modified_ns / 1'000'000}});
  return {{"entries", std::move(entries)},
          {"next", net::percent_encode(folder.next)},
          {"size_bytes", folder.size_bytes},
          {"free_bytes", folder.free_bytes}};
}

std::string last_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// The answer goes out as the bytes come in; one that breaks off is cut, so that nobody takes it for the whole.
net::Events pass_on(net::Response head, std::optional<std::uint64_t> length, std::shared_ptr<ByteSource> bytes) {
  net::Events events;
  events.head = std::move(head);
  events.length = length;
  events.run = [bytes = std::move(bytes)](std::shared_ptr<net::EventWriter> writer) -> awaitable<void> {
    while (true) {
      auto some = co_await bytes->next();
      if (!some) co_return writer->cut();
      if (some->empty()) co_return;
      if (!co_await writer->send(*std::move(some))) co_return;
    }
  };
  return events;
}

awaitable<net::Decision> content(FilesCall call, base::AccountId account, Spot spot, std::string path) {
  const auto file = co_await call.files.look(account, spot, path);
  if (!file) co_return problem(file.error(), call.request_id);
  if (file->kind != FileKind::kFile)
    co_return problem({base::Fault::kInvalid, "NotAFile", "This is not a file; a folder is downloaded as a zip."}, call.request_id);
  auto [head, slice] = download_head(call.request, *file, last_name(path));
  if (head.status == 304 || head.status == 416) co_return head;
  if (slice.length == 0) co_return head;
  if (call.request.method == "HEAD")
    co_return pass_on(std::move(head), static_cast<std::uint64_t>(slice.length), nullptr);
  auto opened = co_await call.files.read(account, spot, path, slice.from, slice.length);
  if (!opened) co_return problem(opened.error(), call.request_id);
  if (entity_tag(opened->file) != entity_tag(*file))
    co_return problem({base::Fault::kConflict, "FileChanged", "The file changed just now. Try again."}, call.request_id);
  co_return pass_on(std::move(head), static_cast<std::uint64_t>(slice.length), std::move(opened->bytes));
}

awaitable<net::Decision> zip(FilesCall call, base::AccountId account, Spot spot, std::string path) {
  net::Response head;
  head.headers.set("Content-Type", "application/zip");
  add_download_headers(head, (path.empty() ? "files" : last_name(path)) + ".zip");
  if (call.request.method == "HEAD") co_return head;
  auto bytes = co_await call.files.zip(account, spot, std::move(path));
  if (!bytes) co_return problem(bytes.error(), call.request_id);
  co_return pass_on(std::move(head), std::nullopt, std::move(*bytes));
}

awaitable<net::Decision> folder(FilesCall call, base::AccountId account, Spot spot, std::string path, const net::Pairs& query) {
  std::int64_t limit = kPage;
  if (const auto wanted = net::find(query, "limit")) {
    const auto [end, error] = std::from_chars(wanted->data(), wanted->data() + wanted->size(), limit);
    if (error != std::errc{} || limit < 1 || limit > kMaxPage)
      co_return problem({base::Fault::kInvalid, "InvalidLimit", "A page has 1 to 10000 entries."}, call.request_id);
  }
  std::string after(net::find(query, "after").value_or(""));
  if (after.size() > kMaxNameBytes + 1) co_return problem({base::Fault::kInvalid, "InvalidCursor", "Start the list from its beginning."}, call.request_id);
  const auto found = co_await call.files.list(account, spot, std::move(path), std::move(after), limit);
  co_return found ? ok(to_json(*found)) : problem(found.error(), call.request_id);
}

std::string text(const Json& body, const char* name) {
  const auto at = body.find(name);
  if (at == body.end() || !at->is_string()) return "/";  // which no path is
  return net::percent_decode(at->get<std::string>()).value_or("/");
}

bool is_relative(std::string_view path) {
  if (path.size() > kMaxPathBytes || path.contains('\0')) return false;
  while (!path.empty()) {
    const auto slash = path.find('/');
    const auto name = path.substr(0, slash);
    if (name.empty() || name == "." || name == ".." || name.size() > kMaxNameBytes || slash + 1 == path.size()) return false;
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  return true;
}

base::Error bad_path() { return {base::Fault::kInvalid, "InvalidPath", "A path is made of names below this folder, each of at most 255 bytes."}; }

awaitable<net::Response> order(FilesCall call, base::AccountId account, Spot spot, std::string verb) {
  const auto body = Json::parse(call.request.body, nullptr, false);
  if (!body.is_object()) co_return problem({base::Fault::kInvalid, "InvalidBody", "The request is not JSON."}, call.request_id);
  const bool two = verb == "move";
  std::string path = text(body, two ? "from" : "path"), to = two ? text(body, "to") : "";
  if (!is_relative(path) || !is_relative(to)) co_return problem(bad_path(), call.request_id);
  if (verb == "restore") {
    const auto where = co_await call.files.restore(account, spot, std::move(path));
    co_return where ? ok({{"name", base::harmless_name(last_name(*where))}, {"link", net::percent_encode(*where, "/")}}) : problem(where.error(), call.request_id);
  }
  base::Status done;
  if (verb == "folder") done = co_await call.files.make_folder(account, spot, std::move(path));
  if (verb == "move") done = co_await call.files.move(account, spot, std::move(path), std::move(to));
  if (verb == "remove") done = co_await call.files.remove(account, spot, std::move(path));
  co_return done ? ok(Json::object()) : problem(done.error(), call.request_id);
}

bool is_date(std::string_view text) {
  if (text.size() != 10) return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (i == 4 || i == 7 ? text[i] != '-' : text[i] < '0' || text[i] > '9') return false;
  return true;
}

}  // namespace

bool is_files_path(std::string_view path) { return path == kPrefix || (path.starts_with(kPrefix) && path[kPrefix.size()] == '/'); }

bool is_file_path(std::string_view path) { return !path.empty() && is_relative(path); }

awaitable<net::Decision> files_decision(FilesCall call) {
  const auto who = co_await call.ports.who(call.session);
  if (!who) co_return problem(who.error(), call.request_id);
  const auto account = who->account;
  const bool reads = call.request.method == "GET" || call.request.method == "HEAD";
  if (!reads && call.request.headers.get("x-stipend-csrf") != csrf_token(call.session))
    co_return problem({base::Fault::kDenied, "CsrfRefused", "This page is out of date. Load it again."}, call.request_id);
  std::string_view rest = call.request.path();
  rest.remove_prefix(kPrefix.size());
  if (rest.empty()) {
    const auto places = co_await call.files.places(account);
    if (!places) co_return problem(places.error(), call.request_id);
    Json list = Json::array();
    for (const auto& place : *places) list.push_back(to_json(place));
    co_return ok(list);
  }
  rest.remove_prefix(1);
  const auto slash = rest.find('/');
  const auto disk = base::DiskId::parse(rest.substr(0, slash));
  std::string verb(slash == std::string_view::npos ? "" : rest.substr(slash + 1));
  const auto query = net::parse_form(call.request.query(), 16);
  if (!disk) co_return problem(nothing_here(), call.request_id);
  if (verb == "uploads" || verb.starts_with("uploads/")) co_return co_await uploads_decision(std::move(call), account, {*disk}, verb.substr(7));
  if (reads && verb == "copies") {
    const auto dates = co_await call.files.copies(account, *disk);
    co_return dates ? ok(Json(*dates)) : problem(dates.error(), call.request_id);
  }
  const Spot spot{*disk, std::string(query ? net::find(*query, "copy").value_or("") : "")};
  if (!spot.copy.empty() && !is_date(spot.copy)) co_return problem(nothing_here(), call.request_id);
  if (reads) {
    std::string path(query ? net::find(*query, "path").value_or("") : "/");
    if (!is_relative(path)) co_return problem(bad_path(), call.request_id);
    if (verb.empty()) co_return co_await folder(std::move(call), account, spot, std::move(path), *query);
    if (verb == "content") co_return co_await content(std::move(call), account, spot, std::move(path));
    if (verb == "zip") co_return co_await zip(std::move(call), account, spot, std::move(path));
  } else if (call.request.method == "POST" && (verb == "restore" ? !spot.copy.empty() : spot.copy.empty() && (verb == "folder" || verb == "move" || verb == "remove"))) {
    net::Request waiting = call.request;
    auto kept = std::make_shared<FilesCall>(std::move(call));
    co_return net::WithBody{std::move(waiting), kMaxOrderBytes, [kept, account, spot, verb = std::move(verb)](net::Request whole) {
                              kept->request = std::move(whole);
                              return order(std::move(*kept), account, spot, verb);
                            }};
  }
  co_return problem(nothing_here(), call.request_id);
}

}  // namespace stipend::gateway
