#include "ledger/checks.hpp"

#include <fmt/format.h>

#include "base/money.hpp"

namespace stipend::ledger {
namespace {
constexpr std::size_t kShown = 10;
}

Check::Check(std::string name, std::string rule) {
  verdict_.name = std::move(name);
  verdict_.rule = std::move(rule);
}

void Check::found(std::string what) {
  ++verdict_.found;
  if (verdict_.findings.size() < kShown) verdict_.findings.push_back(std::move(what));
}

std::string dollars(Wide nano) {
  const auto narrow = static_cast<std::int64_t>(nano);
  return narrow == nano ? base::to_decimal({narrow}) : fmt::format("{} nano-dollars", nano);
}

}  // namespace stipend::ledger
