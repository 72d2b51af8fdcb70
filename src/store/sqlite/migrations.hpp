// The schema, version by version. A version once released is never edited: a new one is added at the end.
#pragma once

#include "store/sqlite/database.hpp"

namespace stipend::store::sqlite {

// Brings the database to the newest version in one transaction; refuses one that a newer Stipend wrote.
base::Status migrate(Database& database);

}  // namespace stipend::store::sqlite
