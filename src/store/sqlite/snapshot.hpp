// Snapshot: one committed state of a store's file through a connection of its own that only reads. Rows and entries are
// of the same commit, while a server may go on writing. For whoever judges a ledger: nothing is brought up to date, no
// epoch is taken and no lock of the folder. One thread.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "domain/state.hpp"
#include "store/sqlite/database.hpp"

namespace stipend::store::sqlite {

class Snapshot {
 public:
  // FOLDER/stipend.db. StoreTooOld, StoreTooNew: this program does not know its tables.
  static base::Result<Snapshot> open(const std::string& folder);

  // Courses, their price lists, accounts, disks, addresses, instances, grants, holds and settings, with the number and chain of the last entry.
  base::Result<domain::State> rows();
  // Courses whose policy was ever changed.
  base::Result<std::set<base::CourseId>> courses_with_policy();
  // Every entry in the order of numbers, one in memory at a time; `damaged` hears of one that cannot be read. Until
  // either answers false.
  base::Status each_entry(const std::function<bool(domain::Entry)>& entry,
                          const std::function<bool(std::int64_t number, std::string why)>& damaged);
  // Every sum that is kept beside the entries, one in memory at a time, until it answers false. StoreDamaged: one cannot be read.
  base::Status each_usage_day(const std::function<bool(const domain::UsageDay&)>& day);
  // Of postings (subject, generation, segment) that are there more than once: at most `limit`, in words.
  base::Result<std::vector<std::string>> repeated_postings(std::size_t limit);
  // Whether the database itself still refuses them.
  base::Result<bool> refuses_repeated_postings();

 private:
  explicit Snapshot(Database database) : database_(std::move(database)) {}
  template <class Row>
  base::Status read(domain::State& state);

  Database database_;
};

}  // namespace stipend::store::sqlite
