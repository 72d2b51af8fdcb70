#include "app/file_link.hpp"

#include "control/await.hpp"
#include "hostlink/file_codec.hpp"

namespace stipend::app {

using boost::asio::awaitable;

namespace {

constexpr auto kConnectWithin = std::chrono::seconds(5);
constexpr auto kStall = std::chrono::seconds(100);  // a folder of a million files is read whole

std::unexpected<base::Error> cut_off() {
  return base::fail(base::Fault::kUnavailable, "FilesCutOff",
                    "The connection to the files was cut off: the machine may be starting. What was uploaded so far is kept; try again.");
}

}  // namespace

awaitable<base::Result<std::shared_ptr<FileLink>>> FileLink::open(compute::DiskFiles& disks, compute::FilesWish wish) {
  base::Result<std::unique_ptr<net::UnixStream>> stream = cut_off();
  for (int tries = 0; tries < 3 && !stream; ++tries) {  // a worker that nobody needed may end just now
    const auto path = co_await control::from_callback<std::string>(
        [&disks, wish](auto done) { disks.open_files(wish, [done = std::move(done)](base::Result<std::string> where) mutable { done(std::move(where)); }); });
    if (!path) co_return std::unexpected(path.error());
    stream = co_await net::UnixStream::connect(*path, kConnectWithin);
  }
  if (!stream) co_return cut_off();
  co_return std::make_shared<FileLink>(std::move(*stream));
}

awaitable<bool> FileLink::send(hostlink::FileRequest request) {
  const std::string payload = hostlink::encode(request);
  co_return co_await send_chunk(payload);
}

awaitable<bool> FileLink::send_chunk(std::string_view bytes) {
  const auto head = hostlink::frame_head(bytes.size());
  co_return co_await stream_->write({head.data(), head.size()}, bytes, kStall);
}

awaitable<base::Result<hostlink::FileAnswer>> FileLink::ask(hostlink::FileRequest request) {
  if (!co_await send(std::move(request))) co_return cut_off();
  co_return co_await answer();
}

awaitable<base::Result<hostlink::FileAnswer>> FileLink::answer() {
  const auto payload = co_await read_frame(hostlink::kMaxFileAnswerBytes);
  if (!payload) co_return std::unexpected(payload.error());
  auto answer = hostlink::decode_file_answer(*payload);
  if (!answer) co_return std::unexpected(answer.error());
  if (const auto* refusal = std::get_if<hostlink::FileRefusal>(&*answer)) co_return std::unexpected(refusal->error);
  co_return answer;
}

awaitable<base::Result<std::string>> FileLink::read_frame(std::size_t limit) {
  char head[hostlink::kFrameHead];
  if (!co_await stream_->read_all(head, sizeof head, kStall)) co_return cut_off();
  const auto length = hostlink::frame_length({head, sizeof head});
  if (length > limit) co_return cut_off();
  std::string payload(length, '\0');
  if (!co_await stream_->read_all(payload.data(), length, kStall)) co_return cut_off();
  co_return payload;
}

awaitable<base::Result<std::string>> FileLink::read_chunk() { return read_frame(hostlink::kMaxChunkBytes); }

awaitable<base::Result<std::string>> FileLink::read_some(std::size_t most) {
  std::string bytes;
  std::ptrdiff_t got = 0;
  bytes.resize_and_overwrite(most, [](char*, std::size_t size) { return size; });  // not filled with zeros first
  got = co_await stream_->read_some(bytes.data(), most, kStall);
  if (got <= 0) co_return cut_off();
  bytes.resize(static_cast<std::size_t>(got));
  co_return bytes;
}

}  // namespace stipend::app
