// The schema, version by version. A version once released is never edited: a new one is added at the end.
#pragma once

#include "store/sqlite/database.hpp"

namespace stipend::store::sqlite {

// Brings the database to the newest version in one transaction; refuses one that a newer Stipend wrote.
base::Status migrate(Database& database);
// As above, but to an older version: what tests of a migration begin with.
base::Status migrate_to(Database& database, std::size_t version);
std::int64_t newest_version();

}  // namespace stipend::store::sqlite
