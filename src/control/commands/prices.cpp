#include "control/commands/prices.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "control/commands/people.hpp"
#include "control/roster/clean_text.hpp"

namespace stipend::control {

using base::Fault;

namespace {

base::Result<domain::RowPtr<domain::Course>> save_steps(Tx& tx, const domain::Course& course, std::vector<domain::PriceStep> steps) {
  domain::Course changed = course;
  changed.prices = std::move(steps);
  const auto id = changed.id;
  tx.save(std::move(changed));
  return tx.state().courses.at(id);
}

}  // namespace

base::Result<domain::RowPtr<domain::Catalogue>> add_price_list(Tx& tx, const std::string& name, domain::Catalogue catalogue) {
  TRY_ASSIGN(const auto* course, managed_course(tx.state(), tx.actor(), name));
  TRY(domain::check_price_list(catalogue));
  if (std::ranges::all_of(catalogue.edition, [](char c) { return c >= '0' && c <= '9'; }))
    return base::fail(Fault::kInvalid, "InvalidCatalogue",
                      "a year alone names a list of AWS: give this one a name of its own in \"edition\", like autumn-" + catalogue.edition);
  const auto source = clean_text(catalogue.source, 400, true);
  if (!source || source->empty())
    return base::fail(Fault::kInvalid, "InvalidCatalogue",
                      source ? "say in source where the prices are from, and as of when" : "the source " + source.error().message);
  catalogue.source = *source;
  if (domain::find_catalogue(tx.state(), catalogue.edition))
    return base::fail(Fault::kConflict, "CatalogueExists",
                      fmt::format("there is a price list '{}' already, and none is ever edited: give this one another name in \"edition\"",
                                  catalogue.edition));
  const auto own = std::ranges::count_if(tx.state().catalogues, [&](const auto& one) { return one.second->course == course->id; });
  if (static_cast<std::size_t>(own) >= domain::kEditionsMost)
    return base::fail(Fault::kNoRoom, "TooManyCatalogues", fmt::format("a course has at most {} price lists of its own", domain::kEditionsMost));
  catalogue.course = course->id;
  catalogue.created = tx.now();
  const auto edition = catalogue.edition;
  tx.audit("add-prices", course->id.str(), edition);
  tx.save(std::move(catalogue));
  return tx.state().catalogues.at(edition);
}

base::Result<domain::RowPtr<domain::Course>> use_price_list(Tx& tx, const std::string& name, const std::string& edition, base::WallTime from) {
  TRY_ASSIGN(const auto* course, managed_course(tx.state(), tx.actor(), name));
  TRY_ASSIGN(auto steps, domain::with_step(tx.state(), *course, {from, edition}, tx.now()));
  tx.audit("use-prices", course->id.str(), fmt::format("{} from {}", edition, base::to_iso8601(std::max(from, tx.now()))));
  return save_steps(tx, *course, std::move(steps));
}

base::Result<domain::RowPtr<domain::Course>> cancel_price_list(Tx& tx, const std::string& name, const std::string& edition) {
  TRY_ASSIGN(const auto* course, managed_course(tx.state(), tx.actor(), name));
  TRY_ASSIGN(auto steps, domain::without_steps(*course, edition, tx.now()));
  tx.audit("cancel-prices", course->id.str(), edition);
  return save_steps(tx, *course, std::move(steps));
}

}  // namespace stipend::control
