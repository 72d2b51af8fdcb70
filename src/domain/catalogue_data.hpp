// The price catalogues as data; see catalogue.hpp for how they are read.
#pragma once

#include <vector>

#include "domain/catalogue.hpp"

namespace stipend::domain {

// Oldest edition first; types sorted by name.
const std::vector<Catalogue>& catalogues();

}  // namespace stipend::domain
