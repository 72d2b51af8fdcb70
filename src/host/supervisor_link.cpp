#include "host/supervisor_link.hpp"

#include <nlohmann/json.hpp>

#include "host/lease_json.hpp"
#include "hostlink/codec.hpp"
#include "hostlink/fields.hpp"

namespace stipend::host {
namespace {

using nlohmann::json;

constexpr int kVersion = 1;

base::Result<json> parse(std::string_view packet) {
  json j = json::parse(packet, nullptr, /*allow_exceptions=*/false);
  if (!j.is_object() || !j.contains("v") || j["v"] != kVersion)
    return base::fail(base::Fault::kInvalid, "InvalidMessage", "not a message of this version");
  return j;
}

json to_json(const DiskUse& d) {
  return {{"used_mib", d.used_mib}, {"size_mib", d.size_mib}, {"percent", d.percent}};
}

base::Result<DiskUse> disk_use_of(const json& j) {
  if (!j.is_object()) return base::fail(base::Fault::kInvalid, "InvalidMessage", "the disk is not an object");
  hostlink::Fields f(j);
  DiskUse d{f.integer("used_mib", 0, INT64_MAX), f.integer("size_mib", 0, INT64_MAX), f.integer("percent", 0, 100)};
  TRY(f.fault());
  return d;
}

json to_json(const Signals& s) {
  return {{"oom_kills", s.oom_kills},      {"memory_count", s.memory_count}, {"disk_filling", s.disk.now}, {"disk_count", s.disk.count},
          {"disk", to_json(s.disk.use)},   {"home_filling", s.home.now},     {"home_count", s.home.count}, {"home", to_json(s.home.use)}};
}

base::Result<Signals> signals_of(const json& j) {
  if (!j.is_object() || !j.contains("disk"))
    return base::fail(base::Fault::kInvalid, "InvalidMessage", "the signals are not whole");
  hostlink::Fields f(j);
  Signals s{.oom_kills = f.integer("oom_kills", 0, INT64_MAX),
            .memory_count = f.integer("memory_count", 0, INT64_MAX),
            .disk = {.now = f.boolean("disk_filling"), .count = f.integer("disk_count", 0, INT64_MAX), .use = {}},
            .home = {}};
  TRY(f.fault());
  TRY_ASSIGN(s.disk.use, disk_use_of(j["disk"]));
  if (!j.contains("home")) return s;  // of an older release
  s.home.now = f.boolean("home_filling");
  s.home.count = f.integer("home_count", 0, INT64_MAX);
  TRY(f.fault());
  TRY_ASSIGN(s.home.use, disk_use_of(j["home"]));
  return s;
}

}  // namespace

std::int64_t guaranteed_milli(const hostlink::Start& start) {
  return start.cpu_milli > 0 ? start.cpu_milli : start.vcpus * 1000;
}

std::string encode(const Measured& measured) {
  json j = {{"v", kVersion}, {"type", "measured"}};
  if (measured.oom_kills) j["oom_kills"] = *measured.oom_kills;
  if (measured.disk) j["disk"] = to_json(*measured.disk);
  if (measured.home) j["home"] = to_json(*measured.home);
  return j.dump();
}

base::Result<Measured> decode_measured(std::string_view packet) {
  TRY_ASSIGN(const json j, parse(packet));
  hostlink::Fields f(j);
  if (f.text("type", 16) != "measured")
    return base::fail(base::Fault::kInvalid, "InvalidMessage", "not a measure");
  Measured measured;
  if (j.contains("oom_kills")) measured.oom_kills = f.integer("oom_kills", 0, INT64_MAX);
  TRY(f.fault());
  if (j.contains("disk")) {
    TRY_ASSIGN(measured.disk, disk_use_of(j["disk"]));
  }
  if (j.contains("home")) {
    TRY_ASSIGN(measured.home, disk_use_of(j["home"]));
  }
  return measured;
}

std::string encode(const SupervisorSpec& spec) {
  return json{{"v", kVersion},           {"start", hostlink::encode(hostlink::Request(spec.start))},
              {"slot", spec.ids.slot},   {"gateway", spec.gateway},
              {"seccomp", spec.seccomp}, {"cpus", spec.cpus},
              {"proxy", spec.proxy.url}, {"no_proxy", spec.proxy.without}}
      .dump();
}

base::Result<SupervisorSpec> decode_spec(std::string_view packet) {
  TRY_ASSIGN(const json j, parse(packet));
  hostlink::Fields f(j);
  SupervisorSpec spec;
  const std::string start = f.text("start", hostlink::kMaxRequestBytes);
  spec.ids.slot = static_cast<std::uint32_t>(f.integer("slot", 0, kIdSlots - 1));
  spec.gateway = f.text("gateway", 32);
  spec.seccomp = f.text("seccomp", 256);
  spec.proxy = {f.text("proxy", 512), f.text("no_proxy", 16'384)};
  const json* cpus = f.array("cpus", 4096);
  TRY(f.fault());
  for (const auto& cpu : *cpus) {
    if (!cpu.is_number_unsigned())
      return base::fail(base::Fault::kInvalid, "InvalidMessage", "cpus are numbers");
    spec.cpus.push_back(cpu.get<int>());
  }
  TRY_ASSIGN(auto request, hostlink::decode_request(start));
  if (!std::holds_alternative<hostlink::Start>(request))
    return base::fail(base::Fault::kInvalid, "InvalidMessage", "not a start");
  spec.start = std::get<hostlink::Start>(std::move(request));
  return spec;
}

std::string encode(const SupervisorStatus& s) {
  return json{{"v", kVersion},
              {"instance", s.key.instance.str()},
              {"generation", s.key.generation},
              {"pid", s.pid},
              {"pid_started", s.pid_started},
              {"runner", s.runner},
              {"runner_started", s.runner_started},
              {"init", s.init},
              {"init_started", s.init_started},
              {"lease", to_json(s.lease)},
              {"ran_s", s.ran.count},
              {"over", s.over},
              {"detail", s.detail},
              {"memory_mib", s.memory_mib},
              {"signals", to_json(s.signals)}}
      .dump(-1, ' ', true, json::error_handler_t::replace);
}

base::Result<SupervisorStatus> decode_status(std::string_view packet) {
  TRY_ASSIGN(const json j, parse(packet));
  hostlink::Fields f(j);
  SupervisorStatus s;
  f.id("instance", s.key.instance);
  s.key.generation = f.integer("generation", 1, INT64_MAX);
  s.pid = static_cast<pid_t>(f.integer("pid", 0, INT32_MAX));
  s.pid_started = static_cast<std::uint64_t>(f.integer("pid_started", 0, INT64_MAX));
  s.runner = static_cast<pid_t>(f.integer("runner", 0, INT32_MAX));
  s.runner_started = static_cast<std::uint64_t>(f.integer("runner_started", 0, INT64_MAX));
  s.init = static_cast<pid_t>(f.integer("init", 0, INT32_MAX));
  s.init_started = static_cast<std::uint64_t>(f.integer("init_started", 0, INT64_MAX));
  s.ran.count = f.integer("ran_s", 0, hostlink::kMaxRunSeconds);
  s.over = f.boolean("over");
  s.detail = f.text("detail", 4096);
  TRY(f.fault());
  if (!j.contains("lease"))
    return base::fail(base::Fault::kInvalid, "InvalidMessage", "the lease is missing");
  TRY_ASSIGN(s.lease, lease_state_of(j["lease"]));
  if (j.contains("signals")) {  // a supervisor of an older release has none
    s.memory_mib = f.integer("memory_mib", 0, INT64_MAX);
    TRY(f.fault());
    TRY_ASSIGN(s.signals, signals_of(j["signals"]));
  }
  return s;
}

RunPaths RunPaths::of(const Names& names, const hostlink::RunKey& key) {
  const std::string& id = key.instance.str();
  RunPaths p;
  p.folder = names.runtime + "/m";
  p.socket = p.folder + "/" + id + ".sock";
  p.status = p.folder + "/" + id + ".status";
  p.lxc = names.lxc_path();
  p.lxc_log = p.folder + "/" + id + ".lxc";
  p.final = names.state + "/host/final/" + id + "." + std::to_string(key.generation);
  p.console = names.state + "/host/console/" + id;
  p.log = names.state + "/host/log/" + id;
  return p;
}

}  // namespace stipend::host
