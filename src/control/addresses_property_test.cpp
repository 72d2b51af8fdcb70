// Whatever happens to machines and addresses: an elastic address costs exactly the seconds in which no machine ran with it. Table
// checks all invariants after each command; that an idle time is not counted by the row's own fields is this test's part.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/money.hpp"
#include "control/testing/table.hpp"
#include "domain/storage.hpp"

namespace stipend::control {
namespace {

class Life {
 public:
  explicit Life(std::int64_t milli) {
    RC_ASSERT(table_.run("course per-second grace 3600\naccount ada " + base::to_decimal({milli * 1'000'000})) == "");
  }

  void step(std::uint32_t x) {
    const auto a = x / 16 % 8, b = x / 128 % 8, c = x / 1024 % 64;
    const auto web = machine(a), ip = address(b);
    switch (x % 16) {
      case 0: act("launch ada m" + std::to_string(machines_.size()) + " t2.nano"); break;
      case 1: case 2: act("allocate ada ip" + std::to_string(addresses_.size())); break;
      case 3: act("release " + ip); break;
      case 4: case 5: act("associate " + ip + " " + web); break;
      case 6: act("disassociate " + ip); break;
      case 7: act("start " + web); break;
      case 8: act("stop " + web); break;
      case 9: act((c % 8 ? "report " : "terminate ") + web + (c % 8 ? " running " + std::to_string(c) : "")); break;
      case 10: act("report " + web + " ended " + std::to_string(c) + (c % 2 ? " guest" : " person")); break;
      case 11: act("report " + web + " running " + std::to_string(c)); break;
      case 12: act("renew ada\nunpaid"); break;
      case 13: act("grant ada 0.00" + std::to_string(c + 10)); break;
      default: pass(static_cast<std::int64_t>(c + 1) * (b + 1) * (a % 2 ? 1 : 97)); break;
    }
    RC_ASSERT(table_.broken() == "");
    check();
  }

 private:
  std::string machine(std::uint32_t a) const { return machines_.empty() ? "" : machines_[a % machines_.size()]; }
  std::string address(std::uint32_t b) const { return addresses_.empty() ? "" : addresses_[b % addresses_.size()]; }

  // A row that may be refused; one that names what was never made is left out.
  void act(const std::string& rows) {
    if (rows.find("  ") != rows.npos || rows.back() == ' ') return;
    const auto machines = table_.state().instances.size(), addresses = table_.state().elastic_addresses.size();
    table_.run(rows);
    if (table_.state().instances.size() > machines) machines_.push_back("m" + std::to_string(machines_.size()));
    if (table_.state().elastic_addresses.size() > addresses) {
      addresses_.push_back("ip" + std::to_string(addresses_.size()));
      ids_.push_back(table_.address(addresses_.back())->id);
    }
  }
  void pass(std::int64_t seconds) {
    for (const auto& id : ids_) {
      const auto* row = table_.state().find<domain::Address>(id);
      const auto* machine = row ? table_.state().find<domain::Instance>(row->instance) : nullptr;
      if (row && !(machine && machine->run)) idle_s_[id] += seconds;
    }
    table_.run("tick " + std::to_string(seconds));
  }
  void check() {
    std::map<std::string, base::Money> posted;
    for (const auto& entry : table_.entries())
      if (entry.type == "address") posted[entry.subject] += entry.amount;
    for (const auto& id : ids_) {
      const auto* row = table_.state().find<domain::Address>(id);
      const auto cost = base::cost({5'000'000}, {idle_s_[id]}, base::Rounding::kFloor);
      if (row) RC_ASSERT(domain::counted(*row, table_.now()).count == idle_s_[id]);
      if (row) RC_ASSERT(row->posted == posted[id]);
      if (row && !row->idle_since) RC_ASSERT(posted[id] == cost);
      if (!row) RC_ASSERT(posted[id] == cost);
      RC_ASSERT(posted[id] <= cost);
    }
  }

  Table table_;
  std::vector<std::string> machines_, addresses_, ids_;
  std::map<std::string, std::int64_t> idle_s_;
};

RC_GTEST_PROP(ElasticAddress, CostsExactlyTheSecondsInWhichNoMachineRanWithIt, ()) {
  Life life(*rc::gen::inRange<std::int64_t>(10, 3000));
  const auto steps = *rc::gen::resize(200, rc::gen::container<std::vector<std::uint32_t>>(rc::gen::inRange<std::uint32_t>(0, 65536)));
  for (const auto step : steps) life.step(step);
}

}  // namespace
}  // namespace stipend::control
