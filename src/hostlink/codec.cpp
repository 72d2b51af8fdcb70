#include "hostlink/codec.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "hostlink/fields.hpp"
#include "hostlink/grammar.hpp"

namespace stipend::hostlink {
namespace {

using nlohmann::json;

constexpr std::int64_t kMax = INT64_MAX;
constexpr int kMaxDepth = 8;

// ---- one write() and one read() a message ----
void write(json& j, const RunKey& key) {
  j["instance"] = key.instance.str();
  j["generation"] = key.generation;
}
void read(Fields& f, RunKey& key) {
  f.id("instance", key.instance);
  key.generation = f.integer("generation", 1, kMax);
}
void write(json& j, const Lease& lease) {
  j["seq"] = lease.seq;
  j["run_max_s"] = lease.run_max.count;
}
void read(Fields& f, Lease& lease) {
  lease.seq = f.integer("seq", 0, kMax);
  lease.run_max.count = f.integer("run_max_s", 0, kMaxRunSeconds);
}

void write(json& j, const Hello& m) {
  j["epoch"] = m.epoch;
}
void read(Fields& f, Hello& m) {
  m.epoch = f.integer("epoch", 0, kMax);
}

void write(json& j, const Start& m) {
  write(j, m.key);
  write(j, m.lease);
  j["epoch"] = m.epoch;
  j["image"] = m.image.str();
  j["disk"] = m.disk.str();
  j["root_gib"] = m.root_gib;
  if (!m.root_source.empty()) j["root_source"] = m.root_source.str();
  j["home"] = m.home.str();
  j["home_gib"] = m.home_gib;
  j["course"] = m.course.str();
  j["course_gib"] = m.course_gib;
  j["course_writable"] = m.course_writable;
  j["vcpus"] = m.vcpus;
  j["memory_mib"] = m.memory_mib;
  j["cpu_milli"] = m.cpu_milli;
  j["private_address"] = m.private_address;
  j["public_address"] = m.public_address;
  j["hostname"] = m.hostname;
  j["authorized_keys"] = to_base64(m.authorized_keys);
  j["user_data"] = to_base64(m.user_data);
  j["jupyter_token"] = m.jupyter_token;
  j["deadline_mono_ms"] = m.deadline_mono_ms;
  j["request_id"] = m.request_id;
}
void read(Fields& f, Start& m) {
  read(f, m.key);
  read(f, m.lease);
  m.epoch = f.integer("epoch", 0, kMax);
  f.id("image", m.image);
  f.id("disk", m.disk);
  m.root_gib = f.integer("root_gib", 1, 16'384);
  if (f.has("root_source")) f.id("root_source", m.root_source);
  f.id_or_none("home", m.home);
  m.home_gib = f.integer("home_gib", m.home.empty() ? 0 : 1, 16'384);
  f.id_or_none("course", m.course);
  m.course_gib = f.integer("course_gib", m.course.empty() ? 0 : 1, 16'384);
  m.course_writable = f.boolean("course_writable");
  m.vcpus = f.integer("vcpus", 1, 1024);
  m.memory_mib = f.integer("memory_mib", 64, 64LL * 1024 * 1024);
  m.cpu_milli = f.integer_or("cpu_milli", 0, 1'024'000, 0);
  m.private_address = f.word("private_address", is_ipv4);
  m.public_address = f.word("public_address", is_ipv4);
  m.hostname = f.word("hostname", is_hostname);
  m.authorized_keys = f.bytes("authorized_keys", 16 * 1024);
  m.user_data = f.bytes("user_data", 16 * 1024);
  m.jupyter_token = f.word("jupyter_token", is_token);
  m.deadline_mono_ms = f.integer("deadline_mono_ms", 0, kMax);
  m.request_id = f.word("request_id", is_token);
}

void write(json& j, const Renew& m) {
  write(j, m.key);
  write(j, m.lease);
  j["epoch"] = m.epoch;
}
void read(Fields& f, Renew& m) {
  read(f, m.key);
  read(f, m.lease);
  m.epoch = f.integer("epoch", 0, kMax);
}
void write(json& j, const Stop& m) {
  write(j, m.key);
  j["epoch"] = m.epoch;
  j["cause"] = to_word(m.cause);
  j["force"] = m.force;
  j["request_id"] = m.request_id;
}
void read(Fields& f, Stop& m) {
  read(f, m.key);
  m.epoch = f.integer("epoch", 0, kMax);
  f.take("cause", cause_of(f.text("cause", 16)), m.cause);
  m.force = f.boolean("force");
  m.request_id = f.word("request_id", is_token);
}
void write(json& j, const Reboot& m) {
  write(j, m.key);
  j["epoch"] = m.epoch;
  j["request_id"] = m.request_id;
}
void read(Fields& f, Reboot& m) {
  read(f, m.key);
  m.epoch = f.integer("epoch", 0, kMax);
  m.request_id = f.word("request_id", is_token);
}
void write(json& j, const Acknowledge& m) {
  write(j, m.key);
  j["epoch"] = m.epoch;
}
void read(Fields& f, Acknowledge& m) {
  read(f, m.key);
  m.epoch = f.integer("epoch", 0, kMax);
}
void write(json& j, const DeleteDisk& m) {
  j["disk"] = m.disk.str();
  j["epoch"] = m.epoch;
  j["request"] = m.request;
}
void read(Fields& f, DeleteDisk& m) {
  f.id("disk", m.disk);
  m.epoch = f.integer("epoch", 0, kMax);
  m.request = f.integer("request", 0, kMax);
}
void write(json& j, const SnapshotDisk& m) {
  j["from"] = m.from.str();
  j["to"] = m.to.str();
  j["epoch"] = m.epoch;
  j["request"] = m.request;
}
void read(Fields& f, SnapshotDisk& m) {
  f.id("from", m.from);
  f.id("to", m.to);
  if (m.from == m.to) f.wrong("to", "is the disk itself");
  m.epoch = f.integer("epoch", 0, kMax);
  m.request = f.integer("request", 0, kMax);
}
void write(json& j, const SetPublicAddress& m) {
  write(j, m.key);
  j["epoch"] = m.epoch;
  j["address"] = m.address;
  j["request"] = m.request;
}
void read(Fields& f, SetPublicAddress& m) {
  read(f, m.key);
  m.epoch = f.integer("epoch", 0, kMax);
  m.address = f.word("address", is_ipv4);
  m.request = f.integer("request", 0, kMax);
}
void write(json& j, const ReadConsole& m) {
  j["instance"] = m.instance.str();
  j["request"] = m.request;
}
void read(Fields& f, ReadConsole& m) {
  f.id("instance", m.instance);
  m.request = f.integer("request", 0, kMax);
}
void write(json& j, const Resync& m) {
  j["expected"] = json::array();
  for (const auto& key : m.expected) j["expected"].push_back({key.instance.str(), key.generation});
  j["last"] = m.last;
}
void read(Fields& f, Resync& m) {
  m.last = f.boolean("last");
  const json* list = f.array("expected", kMaxExpected);
  if (!list) return;
  for (const auto& pair : *list) {
    if (!pair.is_array() || pair.size() != 2) return f.wrong("expected", "is not a list of pairs");
    const json object = {{"instance", pair[0]}, {"generation", pair[1]}};
    Fields entry(object);
    read(entry, m.expected.emplace_back());
    if (!entry.fault()) return f.wrong("expected", "holds what is not an instance and a generation");
  }
}
void write(json& j, const OpenFiles& m) {
  j["disk"] = m.disk.str();
  if (!m.image.empty()) j["image"] = m.image.str();
  if (!m.copy.empty()) j["copy"] = m.copy;
  if (m.course_gib > 0) j["course_gib"] = m.course_gib;
  j["epoch"] = m.epoch;
  j["request"] = m.request;
}
void read(Fields& f, OpenFiles& m) {
  f.id("disk", m.disk);
  if (f.has("image")) f.id("image", m.image);
  if (f.has("copy")) m.copy = f.word("copy", is_date);
  m.course_gib = f.integer_or("course_gib", 0, 16'384, 0);
  m.epoch = f.integer("epoch", 0, kMax);
  m.request = f.integer("request", 0, kMax);
}
void write(json& j, const CopyDisk& m) {
  j["disk"] = m.disk.str();
  j["date"] = m.date;
  j["keep"] = m.keep;
  j["epoch"] = m.epoch;
  j["request"] = m.request;
}
void read(Fields& f, CopyDisk& m) {
  f.id("disk", m.disk);
  m.date = f.word("date", is_date);
  m.keep = f.integer("keep", 1, 1'000);
  m.epoch = f.integer("epoch", 0, kMax);
  m.request = f.integer("request", 0, kMax);
}
void write(json& j, const ListCopies& m) {
  j["disk"] = m.disk.str();
  j["request"] = m.request;
}
void read(Fields& f, ListCopies& m) {
  f.id("disk", m.disk);
  m.request = f.integer("request", 0, kMax);
}

void write(json& j, const Welcome& m) {
  j["host"] = m.host.str();
  j["boot_id"] = m.boot_id;
  j["private_cidr"] = m.private_cidr;
  j["public_cidr"] = m.public_cidr;
  j["epoch"] = m.epoch;
}
void read(Fields& f, Welcome& m) {
  f.id("host", m.host);
  m.boot_id = f.word("boot_id", is_boot_id);
  m.private_cidr = f.word("private_cidr", is_cidr);
  m.public_cidr = f.word("public_cidr", is_cidr);
  m.epoch = f.integer("epoch", 0, kMax);
}
void write(json& j, const Report& m) {
  write(j, m.key);
  j["phase"] = to_word(m.phase);
  j["ran_s"] = m.ran.count;
  j["lease_seq"] = m.lease_seq;
  j["cause"] = to_word(m.cause);
  j["halted_by_us"] = m.halted_by_us;
  j["known_to_end"] = m.known_to_end;
  j["host"] = m.host.str();
  j["boot_id"] = m.boot_id;
  j["detail"] = m.detail;
}
void read(Fields& f, Report& m) {
  read(f, m.key);
  f.take("phase", phase_of(f.text("phase", 16)), m.phase);
  m.ran.count = f.integer("ran_s", 0, kMaxRunSeconds);
  m.lease_seq = f.integer("lease_seq", 0, kMax);
  f.take("cause", cause_of(f.text("cause", 16)), m.cause);
  m.halted_by_us = f.boolean("halted_by_us");
  m.known_to_end = f.boolean("known_to_end");
  f.id("host", m.host);
  m.boot_id = f.word("boot_id", is_boot_id);
  m.detail = f.text("detail", 4096);
}
void write(json& j, const Done& m) {
  j["request"] = m.request;
  j["ok"] = m.ok;
  j["code"] = m.code;
  j["message"] = m.message;
}
void read(Fields& f, Done& m) {
  m.request = f.integer("request", 0, kMax);
  m.ok = f.boolean("ok");
  m.code = f.text("code", 64);
  m.message = f.text("message", 4096);
}
void write(json& j, const Console& m) {
  j["request"] = m.request;
  j["text"] = to_base64(m.text);
}
void read(Fields& f, Console& m) {
  m.request = f.integer("request", 0, kMax);
  m.text = f.bytes("text", 64 * 1024);
}
void write(json& j, const Room& m) {
  j["cpus"] = m.cpus;
  j["memory_mib"] = m.memory_mib;
  j["disk_free_mib"] = m.disk_free_mib;
  j["disk_total_mib"] = m.disk_total_mib;
}
void read(Fields& f, Room& m) {
  m.cpus = f.integer("cpus", 0, kMax);
  m.memory_mib = f.integer("memory_mib", 0, kMax);
  m.disk_free_mib = f.integer("disk_free_mib", 0, kMax);
  m.disk_total_mib = f.integer_or("disk_total_mib", 0, kMax, 0);
}
void write(json& j, const Fenced& m) {
  j["epoch"] = m.epoch;
}
void read(Fields& f, Fenced& m) {
  m.epoch = f.integer("epoch", 0, kMax);
}

constexpr const char* kNoticeWords[] = {"memory-full", "disk-filling", "home-filling"};

void write(json& j, const Notice& m) {
  write(j, m.key);
  j["kind"] = kNoticeWords[std::to_underlying(m.kind)];
  j["count"] = m.count;
  j["over"] = m.over;
  j["memory_mib"] = m.memory_mib;
  j["percent"] = m.percent;
  j["used_mib"] = m.used_mib;
  j["size_mib"] = m.size_mib;
}
void read(Fields& f, Notice& m) {
  read(f, m.key);
  const auto kind = f.text("kind", 16);
  if (kind == kNoticeWords[0])
    m.kind = NoticeKind::kMemoryFull;
  else if (kind == kNoticeWords[1])
    m.kind = NoticeKind::kDiskFilling;
  else if (kind == kNoticeWords[2])
    m.kind = NoticeKind::kHomeFilling;
  else
    f.wrong("kind", "is not a known word");
  m.count = f.integer("count", 1, kMax);
  m.over = f.boolean("over");
  m.memory_mib = f.integer("memory_mib", 0, kMax);
  m.percent = f.integer("percent", 0, 100);
  m.used_mib = f.integer("used_mib", 0, kMax);
  m.size_mib = f.integer("size_mib", 0, kMax);
}

void write(json& j, const FolderUse& m) {
  j["disk"] = m.disk.str();
  j["percent"] = m.percent;
  j["used_mib"] = m.used_mib;
  j["size_mib"] = m.size_mib;
}
void read(Fields& f, FolderUse& m) {
  f.id("disk", m.disk);
  m.percent = f.integer("percent", 0, 100);
  m.used_mib = f.integer("used_mib", 0, kMax);
  m.size_mib = f.integer("size_mib", 0, kMax);
}

template <class T>
constexpr const char* kType = nullptr;
template <>
constexpr const char* kType<Hello> = "hello";
template <>
constexpr const char* kType<Start> = "start";
template <>
constexpr const char* kType<Renew> = "renew";
template <>
constexpr const char* kType<Stop> = "stop";
template <>
constexpr const char* kType<Reboot> = "reboot";
template <>
constexpr const char* kType<Acknowledge> = "acknowledge";
template <>
constexpr const char* kType<DeleteDisk> = "delete-disk";
template <>
constexpr const char* kType<ReadConsole> = "read-console";
template <>
constexpr const char* kType<Resync> = "resync";
template <>
constexpr const char* kType<OpenFiles> = "open-files";
template <>
constexpr const char* kType<CopyDisk> = "copy-disk";
template <>
constexpr const char* kType<ListCopies> = "list-copies";
template <>
constexpr const char* kType<SnapshotDisk> = "snapshot-disk";
template <>
constexpr const char* kType<SetPublicAddress> = "set-public-address";
template <>
constexpr const char* kType<Welcome> = "welcome";
template <>
constexpr const char* kType<Report> = "report";
template <>
constexpr const char* kType<Done> = "done";
template <>
constexpr const char* kType<Console> = "console";
template <>
constexpr const char* kType<Room> = "room";
template <>
constexpr const char* kType<Fenced> = "fenced";
template <>
constexpr const char* kType<Notice> = "notice";
template <>
constexpr const char* kType<FolderUse> = "folder-use";

std::unexpected<base::Error> bad(std::string text) {
  return base::fail(base::Fault::kInvalid, "InvalidMessage", std::move(text));
}

template <class Variant>
std::string encode_any(const Variant& message) {
  return std::visit(
      [](const auto& m) {
        json j;
        j["v"] = kVersion;
        j["type"] = kType<std::decay_t<decltype(m)>>;
        write(j, m);
        return j.dump(-1, ' ', false, json::error_handler_t::replace);
      },
      message);
}

template <class Variant, std::size_t I = 0>
base::Result<Variant> decode_as(const json& j, const std::string& type, int version) {
  if constexpr (I == std::variant_size_v<Variant>) {
    return bad("unknown type of message");
  } else {
    using T = std::variant_alternative_t<I, Variant>;
    if (type != kType<T>) return decode_as<Variant, I + 1>(j, type, version);
    T message;
    Fields fields(j);
    read(fields, message);
    TRY(fields.fault());
    if constexpr (requires { message.version; }) message.version = version;
    return Variant(std::move(message));
  }
}

template <class Variant>
base::Result<Variant> decode_any(std::string_view packet, std::size_t limit) {
  if (packet.size() > limit) return bad("packet is too long");
  const auto shallow = [](int depth, json::parse_event_t, json&) { return depth <= kMaxDepth; };
  const json j = json::parse(packet, shallow, /*allow_exceptions=*/false);
  if (!j.is_object()) return bad("packet is not a JSON object");
  Fields fields(j);
  const auto version = static_cast<int>(fields.integer("v", 0, 1'000'000));
  const std::string type = fields.text("type", 32);
  TRY(fields.fault());
  // A newer peer's hello is heard, so that it can be answered with the version that both speak.
  if (version < kOldestVersion || (version > kVersion && type != "hello" && type != "welcome"))
    return bad("this build speaks other versions of the protocol; install the same version of both programs");
  return decode_as<Variant>(j, type, version);
}

}  // namespace

std::string encode(const Request& request) {
  return encode_any(request);
}
std::string encode(const Event& event) {
  return encode_any(event);
}
base::Result<Request> decode_request(std::string_view packet) {
  return decode_any<Request>(packet, kMaxRequestBytes);
}
base::Result<Event> decode_event(std::string_view packet) {
  return decode_any<Event>(packet, kMaxEventBytes);
}

}  // namespace stipend::hostlink
