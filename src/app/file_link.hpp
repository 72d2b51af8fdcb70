// One request to a disk's file worker and its answer, over a connection of its own.
#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "compute/disk_files.hpp"
#include "hostlink/file_messages.hpp"
#include "net/unix_stream.hpp"

namespace stipend::app {

class FileLink {
 public:
  // The worker is started when there is none; then a second passes at the most.
  static boost::asio::awaitable<base::Result<std::shared_ptr<FileLink>>> open(compute::DiskFiles& disks, compute::FilesWish wish);
  explicit FileLink(std::unique_ptr<net::UnixStream> stream) : stream_(std::move(stream)) {}

  boost::asio::awaitable<base::Result<hostlink::FileAnswer>> ask(hostlink::FileRequest request);
  boost::asio::awaitable<bool> send(hostlink::FileRequest request);
  boost::asio::awaitable<base::Result<hostlink::FileAnswer>> answer();

  boost::asio::awaitable<bool> send_chunk(std::string_view bytes);              // empty: the last
  boost::asio::awaitable<base::Result<std::string>> read_chunk();               // empty: the last
  boost::asio::awaitable<base::Result<std::string>> read_some(std::size_t most);  // never empty

 private:
  boost::asio::awaitable<base::Result<std::string>> read_frame(std::size_t limit);
  std::unique_ptr<net::UnixStream> stream_;
};

}  // namespace stipend::app
