// What a host saw inside a machine, in words for its person.
#pragma once

#include <string>

#include "control/commands/notices.hpp"
#include "domain/catalogue.hpp"
#include "domain/rows.hpp"

namespace stipend::app {

std::string notice_kind(domain::NoticeKind kind);  // memory, disk, home

// The figures, what became of it, and the next larger type with its price: of the same family, else the cheapest.
// The catalogue may be absent.
std::string notice_sentence(const domain::Notice& notice, const domain::Instance& instance,
                            const domain::Catalogue* catalogue);

// For the staff of the course.
std::string folder_sentence(const control::FolderFills& fills);

}  // namespace stipend::app
