// File messages <-> payloads of frames: little-endian numbers, texts with their length in front. A frame on the wire is
// the payload's length in four bytes, then the payload; a chunk of data is framed alike. Pure; any thread.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "hostlink/file_messages.hpp"

namespace stipend::hostlink {

std::string encode(const FileRequest& request);
std::string encode(const FileAnswer& answer);
// Whatever is not exactly one known message inside its bounds is kInvalid.
base::Result<FileRequest> decode_file_request(std::string_view payload);
base::Result<FileAnswer> decode_file_answer(std::string_view payload);

inline constexpr std::size_t kFrameHead = 4;
std::array<char, kFrameHead> frame_head(std::size_t length);
std::size_t frame_length(std::string_view head);  // of kFrameHead bytes

}  // namespace stipend::hostlink
