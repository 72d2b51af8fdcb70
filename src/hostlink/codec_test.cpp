#include "hostlink/codec.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "hostlink/grammar.hpp"

namespace stipend::hostlink {
namespace {

RunKey key() {
  return {*base::InstanceId::parse("i-0123456789abcdef0"), 3};
}

base::DiskId disk() { return *base::DiskId::parse("vol-0123456789abcdef0"); }
base::DiskId snapshot() { return *base::DiskId::parse("vol-0123456789abcdef1"); }

Start start() {
  Start m;
  m.key = key();
  m.epoch = 7;
  m.image = *base::ImageId::parse("ami-0123456789abcdef0");
  m.disk = *base::DiskId::parse("vol-0123456789abcdef0");
  m.private_address = "10.97.16.5";
  m.public_address = "10.97.32.5";
  m.hostname = "ip-10-97-16-5";
  m.authorized_keys = "ssh-ed25519 AAAA ada\n";
  m.user_data = std::string("#!/bin/sh\n\0\xff", 12);
  m.jupyter_token = "0123456789abcdef";
  m.lease = {4, {60}};
  m.deadline_mono_ms = 123'456;
  return m;
}

nlohmann::json as_json(const Request& request) {
  return nlohmann::json::parse(encode(request));
}

TEST(HostlinkCodec, EveryRequestSurvivesTheWire) {
  Start from_snapshot = start();
  from_snapshot.root_source = snapshot();
  const std::vector<Request> all = {Hello{.epoch = 7},
                                    start(),
                                    from_snapshot,
                                    Renew{key(), 7, {5, {3600}}},
                                    Stop{key(), 7, Cause::kTeacher, true, "0f0e-1"},
                                    Reboot{key(), 7},
                                    Acknowledge{key(), 7},
                                    DeleteDisk{*base::DiskId::parse("vol-0123456789abcdef0"), 7, 9},
                                    ReadConsole{key().instance, 11},
                                    OpenFiles{*base::DiskId::parse("vol-0123456789abcdef0"), {}, "", 20, 7, 12},
                                    SnapshotDisk{disk(), snapshot(), 7, 13},
                                    SetPublicAddress{key(), 7, "10.97.32.9", 14},
                                    Resync{{key(), key()}, false}};
  for (const auto& request : all) {
    const auto decoded = decode_request(encode(request));
    ASSERT_TRUE(decoded) << encode(request) << " " << decoded.error().message;
    EXPECT_EQ(decoded->index(), request.index());
    EXPECT_EQ(encode(*decoded), encode(request));
  }
}

TEST(HostlinkCodec, OpaqueBytesSurviveTheWire) {
  const auto decoded = decode_request(encode(Request(start())));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(std::get<Start>(*decoded).user_data, start().user_data);
  EXPECT_EQ(std::get<Start>(*decoded).authorized_keys, start().authorized_keys);
}

TEST(HostlinkCodec, EveryEventSurvivesTheWire) {
  const auto host = *base::HostId::parse("h-0123456789abcdef0");
  const std::string boot = "01234567-89ab-cdef-0123-456789abcdef";
  Report report{key(), Phase::kEnded, {59}, 4, Cause::kCredit, true, false, host, boot, "it said \"no\"\n"};
  const std::vector<Event> all = {Welcome{1, host, boot, "10.97.16.0/20", "10.97.32.0/20", 7},
                                  report,
                                  Done{9, false, "InUse", "a run uses it"},
                                  Console{11, std::string(65'536, '\xfe')},
                                  Room{2, 4096, 10'000, 20'000},
                                  Fenced{8},
                                  Notice{key(), NoticeKind::kDiskFilling, 2, true, 0, 84, 7'000, 8'000},
                                  Notice{key(), NoticeKind::kMemoryFull, 1, false, 4'096, 0, 0, 0},
                                  Notice{key(), NoticeKind::kHomeFilling, 1, false, 0, 91, 9'100, 10'000},
                                  FolderUse{*base::DiskId::parse("vol-0123456789abcdef0"), 93, 19'000, 20'000}};
  for (const auto& event : all) {
    const auto decoded = decode_event(encode(event));
    ASSERT_TRUE(decoded) << decoded.error().message;
    EXPECT_EQ(encode(*decoded), encode(event));
  }
}

TEST(HostlinkCodec, RefusesWhatIsOutsideItsBounds) {
  struct Row {
    const char* field;
    nlohmann::json value;
  };
  const std::vector<Row> rows = {
      {"instance", "i-0123456789abcdef"},
      {"instance", "../../etc"},
      {"instance", 5},
      {"generation", 0},
      {"generation", 1.5},
      {"generation", 18446744073709551615ULL},
      {"image", "i-0123456789abcdef0"},
      {"root_gib", 0},
      {"root_gib", 20'000},
      {"vcpus", -1},
      {"memory_mib", 1},
      {"cpu_milli", -1},
      {"cpu_milli", 2'000'000},
      {"private_address", "10.97.16.05"},
      {"private_address", "10.97.16.5/20"},
      {"public_address", ""},
      {"root_source", "../vol-0123456789abcdef1"},
      {"root_source", 5},
      {"hostname", "a b"},
      {"hostname", "a\nb"},
      {"hostname", "-a"},
      {"jupyter_token", "x\nY=1"},
      {"user_data", "not base64!"},
      {"user_data", std::string(30'000, 'A')},
      {"run_max_s", kMaxRunSeconds + 1},
      {"run_max_s", nullptr},
      {"type", "shell"},
      {"v", 99},
      {"v", 0},
  };
  for (const auto& row : rows) {
    auto j = as_json(start());
    j[row.field] = row.value;
    EXPECT_FALSE(decode_request(j.dump())) << row.field << " = " << row.value;
  }
  for (const auto& [field, value] : as_json(start()).items()) {
    if (field == "cpu_milli") continue;  // newer than the others
    auto j = as_json(start());
    j.erase(field);
    EXPECT_FALSE(decode_request(j.dump())) << "without " << field;
  }
}

TEST(HostlinkCodec, RefusesASnapshotOrAnAddressOutsideItsBounds) {
  const auto refused = [](const Request& request, const char* field, const nlohmann::json& value) {
    auto j = as_json(request);
    j[field] = value;
    return !decode_request(j.dump());
  };
  const SnapshotDisk taken{disk(), snapshot(), 7, 13};
  EXPECT_TRUE(refused(taken, "to", disk().str())) << "a disk is no snapshot of itself";
  for (const char* id : {"from", "to"})
    for (const auto& value : {nlohmann::json("vol-1"), nlohmann::json("../../etc/passwd"), nlohmann::json(), nlohmann::json("")})
      EXPECT_TRUE(refused(taken, id, value)) << id << " = " << value;
  EXPECT_TRUE(refused(taken, "epoch", -1));
  const SetPublicAddress moved{key(), 7, "10.97.32.9", 14};
  for (const char* address : {"", "10.97.32", "10.97.32.09", "10.97.32.9/32", "10.97.32.9 ", "a.b.c.d"})
    EXPECT_TRUE(refused(moved, "address", address)) << address;
  EXPECT_TRUE(refused(moved, "generation", 0));
  EXPECT_FALSE(refused(moved, "address", "10.97.32.8"));
}

TEST(HostlinkCodec, RefusesPacketsThatAreNotMessages) {
  for (const std::string_view packet :
       {"", "[]", "null", "{", "{}", "{\"v\":1}", "{\"v\":1,\"type\":\"hello\"}"})
    EXPECT_FALSE(decode_request(packet)) << packet;
  EXPECT_FALSE(decode_request(std::string(kMaxRequestBytes + 1, ' ')));
  EXPECT_FALSE(decode_request("{\"v\":1,\"type\":\"hello\",\"epoch\":1,\"x\":" + std::string(30'000, '[')));
}

TEST(HostlinkCodec, IgnoresFieldsOfANewerPeer) {
  auto j = as_json(Renew{key(), 7, {5, {3600}}});
  j["colour"] = "blue";
  EXPECT_TRUE(decode_request(j.dump()));
}

TEST(HostlinkCodec, UnderstandsAnOlderPeersStartAndRoom) {
  auto j = as_json(start());
  j.erase("cpu_milli");
  const auto old_start = decode_request(j.dump());
  ASSERT_TRUE(old_start);
  EXPECT_TRUE(std::get<Start>(*old_start).root_source.empty());
  EXPECT_EQ(std::get<Start>(*old_start).cpu_milli, 0);
  auto room = nlohmann::json::parse(encode(Event(Room{2, 4096, 10'000, 20'000})));
  room.erase("disk_total_mib");
  const auto old_room = decode_event(room.dump());
  ASSERT_TRUE(old_room);
  EXPECT_EQ(std::get<Room>(*old_room).disk_total_mib, 0);
}

TEST(HostlinkCodec, HearsTheHelloOfANewerServer) {
  auto j = as_json(Hello{.epoch = 1});
  j["v"] = kVersion + 1;
  const auto decoded = decode_request(j.dump());
  ASSERT_TRUE(decoded);
  EXPECT_EQ(std::get<Hello>(*decoded).version, kVersion + 1);
}

TEST(HostlinkCodec, WordsOfCausesAndPhasesReadBack) {
  for (int i = 0; i <= static_cast<int>(Cause::kStartFailed); ++i)
    EXPECT_EQ(*cause_of(to_word(static_cast<Cause>(i))), static_cast<Cause>(i));
  for (int i = 0; i <= static_cast<int>(Phase::kEnded); ++i)
    EXPECT_EQ(*phase_of(to_word(static_cast<Phase>(i))), static_cast<Phase>(i));
}

TEST(HostlinkGrammar, Hostnames) {
  for (const auto* good : {"a", "ip-10-0-0-1", "ip-10-0-0-1.campus.internal", "0a"})
    EXPECT_TRUE(is_hostname(good));
  for (const auto* wrong : {"", ".a", "a.", "a..b", "a-.b", "a.-b", "A", "a_b", "ä"})
    EXPECT_FALSE(is_hostname(wrong));
  EXPECT_FALSE(is_hostname(std::string(64, 'a')));
}

TEST(HostlinkGrammar, Addresses) {
  for (const auto* good : {"0.0.0.0", "255.255.255.255", "10.97.16.5"}) EXPECT_TRUE(is_ipv4(good));
  for (const auto* wrong : {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ", "1..2.3"})
    EXPECT_FALSE(is_ipv4(wrong));
  EXPECT_TRUE(is_cidr("10.97.16.0/20"));
  EXPECT_FALSE(is_cidr("10.97.16.0/33"));
}

}  // namespace
}  // namespace stipend::hostlink
