// Instance types and prices as data (src/domain/catalogue_data.cpp, with the source and date of each edition).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/state.hpp"

namespace stipend::domain {

// A built-in edition.
const Catalogue* find_catalogue(std::string_view edition);
// Built in, or of a course.
const Catalogue* find_catalogue(const State& state, std::string_view edition);
// The edition at which a course sells at an instant, and its list. An edition carries on all types of the one before
// it, so the type of any machine is in every later one.
const std::string& edition_at(const Course& course, WallTime at);
const Catalogue* catalogue_at(const State& state, const Course& course, WallTime at);
const InstanceType* find_type(const Catalogue& catalogue, std::string_view name);
// Of a whole disk: ceil(gib * month price / 730) nano-dollars an hour.
Price disk_price(const Catalogue& catalogue, std::int64_t gib);
// Of a whole snapshot that occupies so much, likewise.
Price snapshot_price(const Catalogue& catalogue, std::int64_t stored_mib);

}  // namespace stipend::domain
