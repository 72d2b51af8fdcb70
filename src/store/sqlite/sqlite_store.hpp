// The Store in FOLDER/stipend.db: SQLite in WAL mode, synchronous=FULL, one typed table for each kind of row.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "store/store.hpp"

namespace stipend::store {

struct SqliteOptions {
  std::int64_t ballast_bytes = 64LL * 1024 * 1024;  // 0: none
  std::int64_t limit_bytes = 0;                     // 0: as large as the disk; tests fill a small one
  std::chrono::milliseconds lock_patience{};        // how long another server may take to be gone
};

// Locks the folder, opens or makes the database and brings it to the newest schema. Errors name the cure:
// folder in use, database locked, damaged, written by a newer version, no space.
base::Result<std::unique_ptr<Store>> open_sqlite(const std::string& folder, SqliteOptions options = {});

}  // namespace stipend::store
