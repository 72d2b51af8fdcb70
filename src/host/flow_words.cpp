#include "host/flow_words.hpp"

#include <iostream>
#include <nlohmann/json.hpp>

#include "host/flow_logger.hpp"
#include "host/flow_query.hpp"

namespace stipend::host {
namespace {

constexpr int kOrders = 3;

nlohmann::json to_json(const FlowAnswer& a) {
  const Flow& f = a.flow;
  nlohmann::json j{{"protocol", f.tuple.protocol},
                   {"machine_address", to_address(f.tuple.source)},
                   {"machine_port", f.tuple.source_port},
                   {"outside_address", to_address(f.outside)},
                   {"outside_port", f.outside_port},
                   {"to_address", to_address(f.tuple.destination)},
                   {"to_port", f.tuple.destination_port},
                   {"start_ms", f.start_ms},
                   {"end_ms", f.end_ms}};
  if (a.holder) {
    j["instance_id"] = a.holder->run.instance.str();
    j["generation"] = a.holder->run.generation;
  }
  return j;
}

int wrong(const std::string& what) {
  std::cerr << "stipend-host: " << what << "\n";
  return 2;
}

}  // namespace

void FlowWords::add_to(CLI::App& flows, CLI::App& whose) {
  flows.add_option("--range", range, "the machines' private addresses")->required();
  flows.add_option("--days", days, "how long it is kept")->check(CLI::Range(1, 3'660));
  flows.add_option("--mib", mib, "how much it may take")->check(CLI::Range(16, 1 << 24));
  whose.add_option("--outside", outside, "source address as the outside saw it");
  whose.add_option("--outside-port", outside_port, "its source port")->check(CLI::Range(0, 65'535));
  whose.add_option("--to", to, "destination address");
  whose.add_option("--to-port", to_port, "destination port")->check(CLI::Range(0, 65'535));
  whose.add_option("--at", at_ms, "milliseconds since 1970 in UTC")->required();
  whose.add_option("--within", within_ms, "milliseconds around it")->check(CLI::Range(std::int64_t{0}, std::int64_t{86'400'000}));
}

int FlowWords::keep(const Names& names) const {
  const auto machines = parse_cidr(range);
  if (!machines) return wrong("--range is not a range");
  FlowLimits limits;
  limits.days = days;
  limits.bytes = mib << 20;
  return keep_flows(names, *machines, limits, Fd(kOrders));
}

int FlowWords::answer(const Names& names) const {
  FlowQuestion q{.outside = parse_address(outside), .to = parse_address(to), .outside_port = {}, .to_port = {}, .at_ms = at_ms,
                 .within_ms = within_ms};
  if ((!outside.empty() && !q.outside) || (!to.empty() && !q.to)) return wrong("addresses are like 192.0.2.7");
  if (!q.outside && !q.to) return wrong("--outside or --to is needed");
  if (outside_port != 0) q.outside_port = static_cast<std::uint16_t>(outside_port);
  if (to_port != 0) q.to_port = static_cast<std::uint16_t>(to_port);
  const auto found = find_flows(flow_folder(names), q);
  if (!found) return wrong(found.error().message);
  nlohmann::json flows = nlohmann::json::array(), silences = nlohmann::json::array();
  for (const auto& a : found->flows) flows.push_back(to_json(a));
  for (const auto& [from, to_ms] : found->silences) silences.push_back({{"from_ms", from}, {"to_ms", to_ms}});
  std::cout << nlohmann::json{{"flows", flows},       {"more", found->more},       {"from_ms", found->from_ms},
                              {"read_to_ms", found->read_to_ms}, {"lost", found->lost}, {"silences", silences}}
                   .dump()
            << "\n";
  return 0;
}

}  // namespace stipend::host
