#include "gateway/console_api.hpp"

#include "base/digest.hpp"
#include "gateway/pages.hpp"

namespace stipend::gateway {
namespace {

Json instant(const std::optional<WallTime>& t) { return t ? Json(base::to_iso8601(*t)) : Json(nullptr); }

int status_of(const base::Error& error) {
  switch (error.fault) {
    case base::Fault::kInvalid: return 400;
    case base::Fault::kDenied: return error.code == "PassRefused" ? 401 : 403;
    case base::Fault::kNotFound: return 404;
    case base::Fault::kConflict: return 409;
    case base::Fault::kNoCredit: return 402;
    case base::Fault::kNoRoom: return error.code == "DiskFull" || error.code == "HostDiskFull" ? 507 : error.code == "ArchiveTooLarge" ? 413 : 503;
    case base::Fault::kThrottled: return 429;
    case base::Fault::kUnavailable: return 503;
    case base::Fault::kInternal: return 500;
  }
  return 500;
}

}  // namespace

Json to_json(const Who& who) {
  return {{"account", who.account.str()}, {"name", who.name}, {"course", who.course}, {"role", who.role}, {"suspended", who.suspended}};
}

Json to_json(const Wallet& wallet) {
  return {{"granted", base::to_decimal(wallet.granted)},
          {"used", base::to_decimal(wallet.used)},
          {"left", base::to_decimal(wallet.left)},
          {"set_aside", base::to_decimal(wallet.held)},
          {"kept_for_disks", base::to_decimal(wallet.reserved)},
          {"rate_per_hour", base::to_decimal(wallet.rate_per_hour)},
          // Shown money never flatters: what is left rounds down, what is used rounds up.
          {"rate_shown", base::to_rate_display(wallet.rate_per_hour)},
          {"left_shown", base::to_display(wallet.left, base::Rounding::kFloor)},
          {"granted_shown", base::to_display(wallet.granted, base::Rounding::kFloor)},
          {"used_shown", base::to_display(wallet.used, base::Rounding::kCeil)},
          {"set_aside_shown", base::to_display(wallet.held, base::Rounding::kCeil)},
          {"kept_for_disks_shown", base::to_display(wallet.reserved, base::Rounding::kCeil)},
          {"anything_running", wallet.anything_running},
          {"lasts_until", instant(wallet.lasts_until)},
          {"disks_kept_until", wallet.disks_kept_until == WallTime::never() ? Json("always") : instant(wallet.disks_kept_until)},
          {"now", base::to_iso8601(wallet.now)}};
}

static Json notices_json(const InstanceView& instance) {
  Json list = Json::array();
  for (const auto& n : instance.notices) list.push_back({{"kind", n.kind}, {"text", n.text}, {"at", base::to_iso8601(n.at)}});
  return list;
}

Json to_json(const InstanceView& instance) {
  return {{"id", instance.id.str()},
          {"name", instance.name},
          {"type", instance.type},
          {"state", instance.state},
          {"image", instance.image},
          {"public_address", instance.public_address},
          {"private_address", instance.private_address},
          {"key_name", instance.key_name},
          {"reason", instance.reason},
          {"stopped_at", instant(instance.stopped_at)},
          {"jupyter", instance.jupyter},
          {"price_per_hour", base::to_decimal(instance.price_per_hour)},
          {"price_shown", base::to_rate_display(instance.price_per_hour)},
          {"launched", base::to_iso8601(instance.launched)},
          {"stops_at", instant(instance.stops_at)},
          {"notices", notices_json(instance)}};
}

Json to_json(const ImageView& image) {
  return {{"id", image.id.str()}, {"name", image.name}, {"description", image.description}, {"jupyter", image.jupyter}, {"house", image.house}};
}

Json to_json(const TypeView& type) {
  return {{"name", type.name},
          {"vcpus", type.vcpus},
          {"memory_mib", type.memory_mib},
          {"price_per_hour", base::to_decimal(type.price_per_hour)},
          {"price_shown", base::to_rate_display(type.price_per_hour)},
          {"hours_with_credit", type.hours_with_credit}};
}

Json to_json(const PlaceView& place) {
  return {{"id", place.id},
          {"instance", place.instance.empty() ? Json(nullptr) : Json(place.instance.str())},
          {"image", place.image},
          {"type", place.type},
          {"name", place.name},
          {"since", base::to_iso8601(place.since)},
          {"position", place.position},
          {"of", place.of},
          {"refused", place.refused},
          {"line", place.line},
          {"wait", place.wait},
          {"by", instant(place.by)}};
}

Json to_json(const Begun& begun) {
  Json out = Json::object();
  if (begun.instance) out["id"] = begun.instance->str();
  if (!begun.place.empty()) out["place"] = begun.place;
  return out;
}

net::Response ok(const Json& body, int status) {
  auto response = net::json_response(status, body.dump(-1, ' ', false, Json::error_handler_t::replace));
  add_console_headers(response);
  return response;
}

net::Response problem(const base::Error& error, const std::string& request_id) {
  const int status = status_of(error);
  const Json body{{"status", status}, {"code", error.code}, {"title", error.message}, {"requestId", request_id}};
  auto response = net::make_response(status, "application/problem+json", body.dump(-1, ' ', false, Json::error_handler_t::replace));
  add_console_headers(response);
  return response;
}

std::string csrf_token(const std::string& session) { return base::sha256_hex("stipend csrf " + session); }

}  // namespace stipend::gateway
