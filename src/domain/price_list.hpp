// Which price lists a course may have of its own, and which may follow which (docs/design/money.md, "Prices that change").
// Pure. An error's message says what is wrong with which type, and what would do.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/catalogue.hpp"

namespace stipend::domain {

inline constexpr std::size_t kTypesMost = 300;      // of one list
inline constexpr std::size_t kEditionsMost = 100;   // of one course
inline constexpr std::size_t kStepsMost = 100;      // of one course, those that began included
// So that no bill of an account overflows: a machine's hour, a GiB of disk or snapshot for a month, an address's hour.
inline constexpr Money kHourMost = Money::dollars(1'000);
inline constexpr Money kGibMonthMost = Money::dollars(10);
inline constexpr Money kAddressHourMost = Money::dollars(10);
inline constexpr std::int64_t kStepFurthestS = 10 * 366LL * 86400;

// Letters, digits, '.', '-' and '_', at most 40, a letter or digit first.
bool is_edition_name(std::string_view name);
// Sorts the types by name, then: names and sizes in their bounds, no type twice, each with a price above 0. InvalidCatalogue.
base::Status check_price_list(Catalogue& catalogue);

// Types of the older list that the newer one lacks.
std::vector<std::string> types_missing(const Catalogue& older, const Catalogue& newer);

// The course's steps with one more. The type of any machine must be in every later list, so the edition must have all types of
// the one that holds before it, and the one that follows all of its. `from` not after `now`: it begins a millisecond later. NoSuchCatalogue, InvalidPriceStep.
base::Result<std::vector<PriceStep>> with_step(const State& state, const Course& course, PriceStep step, WallTime now);
// Without the steps to the edition that have not begun. NoSuchPriceStep: there is none.
base::Result<std::vector<PriceStep>> without_steps(const Course& course, std::string_view edition, WallTime now);

}  // namespace stipend::domain
