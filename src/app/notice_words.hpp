// What a host saw inside a machine, in words for its person.
#pragma once

#include <string>

#include "domain/catalogue.hpp"
#include "domain/rows.hpp"

namespace stipend::app {

std::string notice_kind(domain::NoticeKind kind);  // memory, disk

// The figures, what became of it, and the next larger type with its price: of the same family, else the cheapest.
// The catalogue may be absent.
std::string notice_sentence(const domain::Notice& notice, const domain::Instance& instance,
                            const domain::Catalogue* catalogue);

}  // namespace stipend::app
