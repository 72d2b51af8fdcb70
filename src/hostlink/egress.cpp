#include "hostlink/egress.hpp"

#include <fmt/core.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/dns.hpp"
#include "hostlink/fields.hpp"

namespace stipend::hostlink {
namespace {

using base::fail;
using base::Fault;

template <class... Args>
std::unexpected<base::Error> wrong(fmt::format_string<Args...> text, Args&&... args) {
  return fail(Fault::kInvalid, "InvalidEgress", fmt::format(text, std::forward<Args>(args)...));
}

std::optional<std::uint16_t> port_of(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value == 0 || value > 65'535 || text.front() == '0')
    return std::nullopt;
  return static_cast<std::uint16_t>(value);
}

constexpr std::string_view kScheme = "http://";

// Never opened: this network, loopback, link-local (a cloud's metadata service among it), multicast and above.
constexpr base::Cidr kNever[] = {{0, 8}, {127U << 24, 8}, {169U << 24 | 254U << 16, 16}, {224U << 24, 3}};

struct Bound {
  const char* name;
  std::int64_t Egress::*member;
  std::int64_t least, most;
};
constexpr Bound kBounds[] = {
    {"connections", &Egress::connections, 16, 65'536},
    {"connections_per_second", &Egress::connections_per_second, 1, 100'000},
    {"rate_mbit", &Egress::rate_mbit, 0, 400'000},
    {"flow_log_days", &Egress::flow_log_days, 0, 3'660},
    {"flow_log_mib", &Egress::flow_log_mib, 16, 1 << 24},
};

}  // namespace

base::Result<Proxy> parse_proxy(std::string_view url) {
  constexpr const char* kForm = "must be like \"http://proxy.example.edu:3128\"";
  if (url.size() > 256 || !url.starts_with(kScheme)) return wrong("{}", kForm);
  std::string_view rest = url.substr(kScheme.size());
  if (rest.find('@') != std::string_view::npos)
    return wrong("must not hold a user and password, which every student could read; have the proxy admit this computer's "
                 "address instead");
  if (rest.ends_with('/')) rest.remove_suffix(1);
  const auto colon = rest.rfind(':');
  if (colon == std::string_view::npos) return wrong("{}: the port is missing", kForm);
  const auto host = rest.substr(0, colon);
  const auto port = port_of(rest.substr(colon + 1));
  if (!port) return wrong("{}: that is no port", kForm);
  if (const auto address = base::parse_address(host)) {
    for (const auto& range : kNever)
      if (range.contains(*address)) return wrong("must not be {}: machines never reach {}", host, range.str());
  } else if (!base::is_dns_name(host)) {
    return wrong("{}: that is no name in lower case and no address", kForm);
  }
  return Proxy{std::string(host), *port};
}

base::Result<Opening> parse_opening(std::string_view text) {
  const auto form = [&](std::string_view what) {
    return wrong("has \"{}\", {}; entries are like \"10.1.2.3:443\", \"10.1.2.0/24\" or \"10.1.2.0/24:27000-27009\"",
                 text.substr(0, 64), what);
  };
  Opening out;
  std::string_view target = text;
  if (const auto colon = text.rfind(':'); colon != std::string_view::npos) {
    target = text.substr(0, colon);
    const auto ports = text.substr(colon + 1);
    const auto dash = ports.find('-');
    const auto first = port_of(ports.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : port_of(ports.substr(dash + 1));
    if (!first || !last || *last < *first) return form("whose ports are none");
    out.first_port = *first;
    out.last_port = *last;
  }
  if (const auto address = base::parse_address(target)) out.to = {*address, 32};
  else if (const auto range = base::parse_cidr(target)) out.to = *range;
  else return form("which is no address and no range whose host bits are zero");
  if (out.to.bits < 8) return form("a range larger than /8");
  for (const auto& range : kNever)
    if (range.overlaps(out.to)) return form(fmt::format("but machines never reach {}", range.str()));
  return out;
}

base::Status check_no_proxy(std::string_view name) {
  const auto bare = name.starts_with('.') ? name.substr(1) : name;
  if (base::is_dns_name(bare) || (bare == name && (base::parse_address(name) || base::parse_cidr(name)))) return {};
  return wrong("has \"{}\"; entries are like \"mirror.example.edu\", \".example.edu\" or \"10.1.2.3\"", name.substr(0, 64));
}

base::Status check(const Egress& e) {
  const auto in = [](const char* key, const base::Error& error) { return wrong("[network] {} {}", key, error.message); };
  if (!e.proxy.empty())
    if (const auto proxy = parse_proxy(e.proxy); !proxy) return in("proxy", proxy.error());
  if (e.no_proxy.size() > kMaxNoProxy) return wrong("[network] no_proxy has more than {} entries", kMaxNoProxy);
  for (const auto& name : e.no_proxy)
    if (const auto good = check_no_proxy(name); !good) return in("no_proxy", good.error());
  if (e.allow.size() > kMaxOpenings) return wrong("[network] allow has more than {} entries", kMaxOpenings);
  for (const auto& entry : e.allow)
    if (const auto opening = parse_opening(entry); !opening) return in("allow", opening.error());
  for (const auto& bound : kBounds)
    if (const auto value = e.*bound.member; value < bound.least || value > bound.most)
      return wrong("[network] {} must be from {} to {}", bound.name, bound.least, bound.most);
  return {};
}

std::string encode(const Egress& e) {
  nlohmann::json j{{"proxy", e.proxy}, {"no_proxy", e.no_proxy}, {"direct", e.direct}, {"allow", e.allow}};
  for (const auto& bound : kBounds) j[bound.name] = e.*bound.member;
  return j.dump();
}

base::Result<Egress> decode_egress(std::string_view text) {
  const auto j = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!j.is_object()) return wrong("the settings of the network are not a JSON object");
  Fields f(j);
  Egress e;
  e.proxy = f.text("proxy", 256);
  e.direct = f.boolean("direct");
  for (const auto& bound : kBounds) e.*bound.member = f.integer(bound.name, bound.least, bound.most);
  const auto list = [&](const char* name, std::size_t most, std::vector<std::string>& out) {
    const auto* array = f.array(name, most);
    for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
      if ((*array)[i].is_string()) out.push_back((*array)[i].get<std::string>());
      else f.wrong(name, "holds something else than texts");
    }
  };
  list("no_proxy", kMaxNoProxy, e.no_proxy);
  list("allow", kMaxOpenings, e.allow);
  TRY(f.fault());
  TRY(check(e));
  return e;
}

}  // namespace stipend::hostlink
