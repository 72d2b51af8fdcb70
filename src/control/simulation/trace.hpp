// One account's part of each commit, on standard output: for finding out what went before a violation.
#pragma once

#include <string_view>

#include "store/change.hpp"

namespace stipend::control {

void print_commit(const store::Batch& batch, std::string_view account, std::int64_t at_ms);

}  // namespace stipend::control
