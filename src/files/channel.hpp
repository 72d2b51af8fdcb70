// The worker's end of one connection: frames and chunks over a blocking stream socket with time limits.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "host/fd.hpp"
#include "hostlink/file_messages.hpp"

namespace stipend::files {

class Channel {
 public:
  explicit Channel(host::Fd socket);
  int socket() const { return socket_.get(); }

  base::Result<std::string> read_frame(std::size_t limit);
  bool send(const hostlink::FileAnswer& answer);
  bool send_chunk(std::string_view bytes);  // empty: the last
  // Exactly `length` bytes of the file from `offset`; false: the peer left, or the file ended early.
  bool send_file(const host::Fd& file, std::int64_t offset, std::int64_t length);

 private:
  bool read_all(char* into, std::size_t size);
  bool send_all(std::string_view a, std::string_view b);
  host::Fd socket_;
};

}  // namespace stipend::files
