// Applies changes to a State and undoes them: tables, indexes, last entry and audit number. Used by the
// engine's head, by the memory store and when a store loads. Undoing must go in reverse order of applying.
#pragma once

#include <variant>

#include "store/change.hpp"

namespace stipend::store {

template <class Row>
struct Before {
  domain::Key<Row> key;
  domain::RowPtr<Row> row;  // null: there was none
};
struct BeforeLog {  // of an appended entry or audit row
  std::int64_t last_entry = 0, last_audit = 0;
  std::string last_chain;
};

using Undo = StateRows::Variant<Before, BeforeLog>;

Undo apply(domain::State& state, const Change& change);
void undo(domain::State& state, const Undo& before);

// Puts a loaded row into its table and indexes.
template <class Row>
void insert_loaded(domain::State& state, Row row);

}  // namespace stipend::store
