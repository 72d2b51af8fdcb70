// Price lists of a course's own, and from when on it sells at which. A list is never edited and never taken away: what was
// sold at it keeps its price. A run keeps the price of its start, a disk that of its making.
#pragma once

#include <string>

#include "control/tx.hpp"
#include "domain/price_list.hpp"

namespace stipend::control {

// A list for the course, by its staff or the operator. InvalidCatalogue; CatalogueExists: editions are named once on a server.
base::Result<domain::RowPtr<domain::Catalogue>> add_price_list(Tx& tx, const std::string& course, domain::Catalogue catalogue);
// From then on (at once, if that is past) the course sells at it. InvalidPriceStep names the types that it lacks.
base::Result<domain::RowPtr<domain::Course>> use_price_list(Tx& tx, const std::string& course, const std::string& edition, base::WallTime from);
// Takes away what was planned and has not begun.
base::Result<domain::RowPtr<domain::Course>> cancel_price_list(Tx& tx, const std::string& course, const std::string& edition);

}  // namespace stipend::control
