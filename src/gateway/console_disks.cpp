#include "gateway/console_disks.hpp"

#include "gateway/console_api.hpp"

namespace stipend::gateway {
namespace {

constexpr std::string_view kNewImage = "/start-on-new-image";

Json instant(const std::optional<WallTime>& t) { return t ? Json(base::to_iso8601(*t)) : Json(nullptr); }

Json to_json(const DiskView& disk) {
  return {{"id", disk.id.str()},
          {"shown", disk.shown},
          {"kind", disk.kind},
          {"name", disk.name},
          {"gib", disk.gib},
          {"price_shown", base::to_rate_display(disk.price_per_hour)},
          {"deleted", instant(disk.deleted)},
          {"gone_at", instant(disk.gone_at)},
          {"type", disk.type}};
}

Json to_json(const DisksView& view) {
  Json machines = Json::object();
  for (const auto& machine : view.machines)
    machines[machine.id.str()] = {{"home", machine.home}, {"newer_image", machine.newer_image}};
  Json out{{"keep_days", view.keep_days}, {"machines", machines}, {"available", Json::array()}, {"deleted", Json::array()}};
  for (const auto& disk : view.available) out["available"].push_back(to_json(disk));
  for (const auto& disk : view.deleted) out["deleted"].push_back(to_json(disk));
  return out;
}

std::string type_in(const std::string& body) {
  const auto json = Json::parse(body, nullptr, false);
  const auto at = json.is_object() ? json.find("type") : json.end();
  return json.is_object() && at != json.end() && at->is_string() ? at->get<std::string>().substr(0, 64) : "";
}

// "/disks/vol-…/VERB"
std::optional<base::DiskId> disk_in(std::string_view path, std::string_view verb) {
  constexpr std::string_view kPrefix = "/disks/";
  if (!path.starts_with(kPrefix) || !path.ends_with(verb) || path.size() <= kPrefix.size() + verb.size()) return std::nullopt;
  const auto id = base::DiskId::parse(path.substr(kPrefix.size(), path.size() - kPrefix.size() - verb.size()));
  return id ? std::optional(*id) : std::nullopt;
}

}  // namespace

bool is_disks_path(std::string_view path) {
  return path == "/disks" || path.starts_with("/disks/") || path.ends_with(kNewImage);
}

awaitable<net::Response> disks_api(DisksCall call) {
  const std::string_view path = call.path;
  if (!call.post && path == "/disks") {
    const auto view = co_await call.ports.disks(call.account);
    co_return view ? ok(to_json(*view)) : problem(view.error(), call.request_id);
  }
  if (const auto disk = call.post ? disk_in(path, "/restore") : std::nullopt) {
    const auto made = co_await call.ports.restore(call.account, *disk, type_in(call.body), call.request_id);
    co_return made ? ok({{"instance", *made}}) : problem(made.error(), call.request_id);
  }
  if (const auto disk = call.post ? disk_in(path, "/delete") : std::nullopt) {
    const auto done = co_await call.ports.remove(call.account, *disk, call.request_id);
    co_return done ? ok(Json::object()) : problem(done.error(), call.request_id);
  }
  constexpr std::string_view kInstances = "/instances/";
  if (call.post && path.starts_with(kInstances) && path.ends_with(kNewImage) && path.size() > kInstances.size() + kNewImage.size()) {
    const auto id = base::InstanceId::parse(path.substr(kInstances.size(), path.size() - kInstances.size() - kNewImage.size()));
    if (id) {
      const auto done = co_await call.ports.start_on_new_image(call.account, *id, call.request_id);
      co_return done ? ok(Json::object()) : problem(done.error(), call.request_id);
    }
  }
  co_return problem({base::Fault::kNotFound, "NotFound", "There is nothing at this address."}, call.request_id);
}

}  // namespace stipend::gateway
