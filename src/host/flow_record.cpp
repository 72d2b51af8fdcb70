#include "host/flow_record.hpp"

#include <endian.h>

#include <cstring>
#include <string>

namespace stipend::host {
namespace {

//  0 kind  1 protocol or mark  2 check  4 source  8 destination  12 outside
// 16 source port  18 destination port  20 outside port  22 holder  24 start  32 end
// Holder: 4 address  8 instance (68 bits)  22 number  24 generation  32 since
enum Kind : std::uint8_t { kOpened = 1, kEnded, kListed, kHolder, kSign };
constexpr std::size_t kInstanceDigits = 17;

std::uint64_t little(std::uint64_t v) { return htole64(v); }
std::uint32_t little(std::uint32_t v) { return htole32(v); }
std::uint16_t little(std::uint16_t v) { return htole16(v); }

template <class T>
void put(FlowBytes& bytes, std::size_t at, T value) {
  const auto raw = little(value);
  std::memcpy(bytes.data() + at, &raw, sizeof raw);
}
template <class T>
T get(std::string_view bytes, std::size_t at) {
  T raw{};
  std::memcpy(&raw, bytes.data() + at, sizeof raw);
  return little(raw);
}

std::uint16_t check_of(std::string_view bytes) {  // FNV-1a of all but itself: against torn writes, not against people
  std::uint64_t h = 14695981039346656037ULL;
  for (std::size_t i = 0; i < kFlowBytes; ++i)
    if (i != 2 && i != 3) h = (h ^ static_cast<unsigned char>(bytes[i])) * 1099511628211ULL;
  return static_cast<std::uint16_t>(h ^ (h >> 16) ^ (h >> 32) ^ (h >> 48));
}

int digit(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

void put_instance(FlowBytes& bytes, const base::InstanceId& id) {
  const std::string& text = id.str();  // i- and 17 digits
  for (std::size_t i = 0; i < kInstanceDigits; ++i)
    bytes[8 + i / 2] = static_cast<char>(bytes[8 + i / 2] | digit(text[2 + i]) << (i % 2 == 0 ? 4 : 0));
}
std::string get_instance(std::string_view bytes) {
  std::string text = "i-";
  for (std::size_t i = 0; i < kInstanceDigits; ++i)
    text += "0123456789abcdef"[static_cast<unsigned char>(bytes[8 + i / 2]) >> (i % 2 == 0 ? 4 : 0) & 15];
  return text;
}

void put_flow(FlowBytes& b, Kind kind, const Flow& f) {
  b[0] = static_cast<char>(kind);
  b[1] = static_cast<char>(f.tuple.protocol);
  put(b, 4, f.tuple.source);
  put(b, 8, f.tuple.destination);
  put(b, 12, f.outside);
  put(b, 16, f.tuple.source_port);
  put(b, 18, f.tuple.destination_port);
  put(b, 20, f.outside_port);
  put(b, 22, f.holder);
  put(b, 24, static_cast<std::uint64_t>(f.start_ms));
  put(b, 32, static_cast<std::uint64_t>(f.end_ms));
}

struct Writer {
  FlowBytes& b;
  void operator()(const FlowOpened& r) const { put_flow(b, kOpened, r.flow); }
  void operator()(const FlowEnded& r) const { put_flow(b, kEnded, r.flow); }
  void operator()(const FlowListed& r) const { put_flow(b, kListed, r.flow); }
  void operator()(const Holder& h) const {
    b[0] = static_cast<char>(kHolder);
    put(b, 4, h.address);
    put_instance(b, h.run.instance);
    put(b, 22, h.number);
    put(b, 24, static_cast<std::uint64_t>(h.run.generation));
    put(b, 32, static_cast<std::uint64_t>(h.since_ms));
  }
  void operator()(const FlowSign& s) const {
    b[0] = static_cast<char>(kSign);
    b[1] = static_cast<char>(s.mark);
    put(b, 24, static_cast<std::uint64_t>(s.at_ms));
  }
};

}  // namespace

FlowBytes encode(const FlowRecord& record) {
  FlowBytes bytes{};
  std::visit(Writer{bytes}, record);
  put(bytes, 2, check_of({bytes.data(), bytes.size()}));
  return bytes;
}

std::optional<FlowRecord> decode_flow(std::string_view b) {
  if (b.size() != kFlowBytes || get<std::uint16_t>(b, 2) != check_of(b)) return std::nullopt;
  const auto flow = [&] {
    return Flow{{static_cast<std::uint8_t>(b[1]), get<std::uint32_t>(b, 4), get<std::uint32_t>(b, 8), get<std::uint16_t>(b, 16),
                 get<std::uint16_t>(b, 18)},
                get<std::uint32_t>(b, 12),
                get<std::uint16_t>(b, 20),
                get<std::uint16_t>(b, 22),
                static_cast<std::int64_t>(get<std::uint64_t>(b, 24)),
                static_cast<std::int64_t>(get<std::uint64_t>(b, 32))};
  };
  switch (b[0]) {
    case kOpened: return FlowOpened{flow()};
    case kEnded: return FlowEnded{flow()};
    case kListed: return FlowListed{flow()};
    case kHolder: {
      const auto instance = base::InstanceId::parse(get_instance(b));
      if (!instance) return std::nullopt;
      return Holder{get<std::uint16_t>(b, 22), get<std::uint32_t>(b, 4),
                    {*instance, static_cast<std::int64_t>(get<std::uint64_t>(b, 24))},
                    static_cast<std::int64_t>(get<std::uint64_t>(b, 32))};
    }
    case kSign:
      if (static_cast<std::uint8_t>(b[1]) > static_cast<std::uint8_t>(FlowMark::kLost)) return std::nullopt;
      return FlowSign{static_cast<FlowMark>(b[1]), static_cast<std::int64_t>(get<std::uint64_t>(b, 24))};
    default: return std::nullopt;
  }
}

}  // namespace stipend::host
