#include "hostlink/file_codec.hpp"

#include <algorithm>
#include <limits>
#include <type_traits>

namespace stipend::hostlink {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kMaxCursorBytes = kMaxNameBytes + 1;

class Writer {
 public:
  void number(std::int64_t& value, std::int64_t = 0, std::int64_t = kMost) { put(static_cast<std::uint64_t>(value), 8); }
  void number(std::uint64_t& value) { put(value, 8); }
  void flag(bool& value) { put(value ? 1 : 0, 1); }
  void text(std::string& value, std::size_t) {
    put(value.size(), 4);
    bytes_ += value;
  }
  void path(std::string& value) { text(value, 0); }
  void upload(std::string& value) { text(value, 0); }
  template <class Enum>
  void word(Enum& value, Enum) {
    put(static_cast<std::uint64_t>(value), 1);
  }
  template <class Item, class Each>
  void list(std::vector<Item>& items, std::int64_t, Each each) {
    put(items.size(), 4);
    for (auto& item : items) each(*this, item);
  }
  std::string take() { return std::move(bytes_); }
  void put(std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) bytes_ += static_cast<char>(value >> (8 * i) & 0xff);
  }

 private:
  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  void number(std::int64_t& value, std::int64_t least = 0, std::int64_t most = kMost) {
    value = static_cast<std::int64_t>(get(8));
    if (value < least || value > most) sound_ = false;
  }
  void number(std::uint64_t& value) { value = get(8); }
  void flag(bool& value) {
    const auto byte = get(1);
    value = byte == 1;
    if (byte > 1) sound_ = false;
  }
  void text(std::string& value, std::size_t most) {
    const auto size = get(4);
    if (!sound_ || size > most || size > rest_.size()) return void(sound_ = false);
    value = rest_.substr(0, size);
    rest_.remove_prefix(size);
  }
  void path(std::string& value) {
    text(value, kMaxPathBytes);
    if (!is_relative_path(value)) sound_ = false;
  }
  void upload(std::string& value) {
    text(value, 32);
    if (!is_upload_id(value)) sound_ = false;
  }
  template <class Enum>
  void word(Enum& value, Enum last) {
    const auto byte = get(1);
    if (byte > static_cast<std::uint64_t>(last)) return void(sound_ = false);
    value = static_cast<Enum>(byte);
  }
  template <class Item, class Each>
  void list(std::vector<Item>& items, std::int64_t most, Each each) {
    const auto count = get(4);
    if (!sound_ || count > static_cast<std::uint64_t>(most) || count > rest_.size()) return void(sound_ = false);
    for (std::uint64_t i = 0; i < count && sound_; ++i) each(*this, items.emplace_back());
  }
  bool whole() const { return sound_ && rest_.empty(); }
  std::uint64_t get(std::size_t bytes) {
    if (rest_.size() < bytes) return sound_ = false, 0;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) value |= std::uint64_t{static_cast<unsigned char>(rest_[i])} << (8 * i);
    rest_.remove_prefix(bytes);
    return value;
  }

 private:
  std::string_view rest_;
  bool sound_ = true;
};

// ---- one visit() a message, both ways ----
template <class Io>
void visit(Io& io, ListFolder& m) {
  io.path(m.path);
  io.text(m.after, kMaxCursorBytes);
  io.number(m.limit, 1, kMaxEntries);
}
template <class Io>
void visit(Io& io, LookAt& m) { io.path(m.path); }
template <class Io>
void visit(Io& io, ReadFile& m) {
  io.path(m.path);
  io.number(m.offset);
  io.number(m.length, -1);
}
template <class Io>
void visit(Io& io, ZipFolder& m) { io.path(m.path); }
template <class Io>
void visit(Io& io, BeginUpload& m) {
  io.upload(m.id);
  io.path(m.path);
  io.number(m.size, 0, kMaxUploadBytes);
  io.flag(m.replace);
}
template <class Io>
void visit(Io& io, LookAtUpload& m) { io.upload(m.id); }
template <class Io>
void visit(Io& io, ContinueUpload& m) {
  io.upload(m.id);
  io.number(m.offset, 0, kMaxUploadBytes);
}
template <class Io>
void visit(Io& io, DropUpload& m) { io.upload(m.id); }
template <class Io>
void visit(Io& io, MakeFolder& m) { io.path(m.path); }
template <class Io>
void visit(Io& io, MoveEntry& m) {
  io.path(m.from);
  io.path(m.to);
}
template <class Io>
void visit(Io& io, RemoveEntry& m) { io.path(m.path); }

template <class Io>
void visit(Io& io, FileRefusal& m) {
  io.word(m.error.fault, base::Fault::kInternal);
  io.text(m.error.code, 64);
  io.text(m.error.message, 2'000);
}
template <class Io>
void visit(Io&, FileDone&) {}
template <class Io>
void visit(Io& io, FileEntry& m) {
  io.text(m.name, kMaxNameBytes);
  io.word(m.kind, FileKind::kOther);
  io.number(m.size);
  io.number(m.modified_ns, std::numeric_limits<std::int64_t>::min());
  io.number(m.inode);
}
template <class Io>
void visit(Io& io, Listing& m) {
  io.list(m.entries, kMaxEntries, [](Io& each, FileEntry& entry) { visit(each, entry); });
  io.text(m.next, kMaxCursorBytes);
  io.number(m.size_bytes);
  io.number(m.free_bytes);
}
template <class Io>
void visit(Io& io, UploadState& m) {
  io.number(m.offset, 0, kMaxUploadBytes);
  io.number(m.size, 0, kMaxUploadBytes);
  io.path(m.path);
}

template <class Variant>
std::string encode_any(Variant message) {
  Writer out;
  out.put(message.index(), 1);
  std::visit([&out](auto& m) { visit(out, m); }, message);
  return out.take();
}

template <class Variant, std::size_t I = 0>
base::Result<Variant> decode_as(std::uint64_t index, Reader in) {
  if constexpr (I < std::variant_size_v<Variant>) {
    if (index != I) return decode_as<Variant, I + 1>(index, in);
    std::variant_alternative_t<I, Variant> message;
    visit(in, message);
    if (in.whole()) return Variant(std::move(message));
  }
  return base::fail(base::Fault::kInvalid, "InvalidMessage", "not a message about files");
}

template <class Variant>
base::Result<Variant> decode_any(std::string_view payload, std::size_t limit) {
  Reader in(payload.substr(0, limit + 1));
  const auto index = in.get(1);
  return decode_as<Variant>(payload.size() > limit || payload.empty() ? ~0ULL : index, in);
}

}  // namespace

bool is_relative_path(std::string_view path) {
  if (path.empty()) return true;
  if (path.size() > kMaxPathBytes || path.contains('\0')) return false;
  while (true) {
    const auto slash = path.find('/');
    const auto name = path.substr(0, slash);
    if (name.empty() || name == "." || name == ".." || name.size() > kMaxNameBytes) return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

bool is_upload_id(std::string_view id) {
  return id.size() == 32 && std::ranges::all_of(id, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string encode(const FileRequest& request) { return encode_any(request); }
std::string encode(const FileAnswer& answer) { return encode_any(answer); }
base::Result<FileRequest> decode_file_request(std::string_view payload) {
  return decode_any<FileRequest>(payload, kMaxFileRequestBytes);
}
base::Result<FileAnswer> decode_file_answer(std::string_view payload) {
  return decode_any<FileAnswer>(payload, kMaxFileAnswerBytes);
}

std::array<char, kFrameHead> frame_head(std::size_t length) {
  return {static_cast<char>(length & 0xff), static_cast<char>(length >> 8 & 0xff), static_cast<char>(length >> 16 & 0xff),
          static_cast<char>(length >> 24 & 0xff)};
}
std::size_t frame_length(std::string_view head) {
  Reader in(head.substr(0, kFrameHead));
  return in.get(kFrameHead);
}

}  // namespace stipend::hostlink
