// Rows in the words that people and JSON see.
#pragma once

#include <string>

#include "base/result.hpp"
#include "domain/rows.hpp"

namespace stipend::app {

std::string to_word(domain::InstanceState state);  // pending, running, …
std::string to_word(domain::Role role);            // student, teacher, administrator
std::string to_word(domain::AccountStatus status);  // invited, joined, suspended
std::string to_word(domain::EntryKind kind);
std::string to_word(domain::DiskKind kind);      // root, home, data, course
std::string to_word(domain::HomePolicy homes);   // keep, machine
base::Result<domain::HomePolicy> homes_of(const std::string& word);

// Why an instance does not run, in one sentence; empty while it runs.
std::string stop_sentence(const domain::Instance& instance);

}  // namespace stipend::app
