// The book of runs: one small durable file for each run, STATE/host/runs/INSTANCE.GENERATION. It is written
// before a run may start ("open") and when it has ended, with the final report; the newest one of an
// instance stays as the tombstone: a generation at or below it can never start (again).
// A write that fails (full disk) is kept in memory and tried again by flush(); until then the run does not
// start, or its end is not reported.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "hostlink/messages.hpp"

namespace stipend::host {

struct Run {
  hostlink::RunKey key;
  base::DiskId disk, home;        // home may be empty
  base::DiskId course;            // the folder it sees as /course; empty: none, or a run of an older release
  bool course_writable = false;
  std::string private_address, public_address;
  std::string boot_id;                           // of the boot it was opened in
  hostlink::Lease lease;                         // at the start
  std::optional<hostlink::Report> final_report;  // it has ended
  bool acknowledged = false;
};

class RunBook {
 public:
  static base::Result<RunBook> open(std::string folder);

  // Refuses (kConflict) a generation at or below the newest of its instance.
  base::Status begin(const Run& run);
  // Idempotent: a run that has ended keeps its first report. True when the file is durable.
  bool end(const hostlink::RunKey& key, const hostlink::Report& report);
  // A run that never was: only its tombstone. True when the file is durable.
  bool refuse(const hostlink::RunKey& key, const hostlink::Report& report);
  void acknowledge(const hostlink::RunKey& key);
  // Another public address of a run that has not ended. What cannot be kept changes nothing.
  base::Status readdress(const hostlink::RunKey& key, const std::string& public_address);

  const Run* find(const hostlink::RunKey& key) const;
  const Run* newest(const base::InstanceId& instance) const;
  bool durable(const hostlink::RunKey& key) const { return !unwritten_.contains(key); }
  const std::map<hostlink::RunKey, Run>& runs() const { return runs_; }

  // Writes what could not be written; answers the runs that are durable now.
  std::vector<hostlink::RunKey> flush();
  // Tombstones of machines that are long gone (acknowledged, and this many days old).
  void forget_older_than(int days);

 private:
  explicit RunBook(std::string folder) : folder_(std::move(folder)) {}
  std::string path(const hostlink::RunKey& key) const;
  bool write(const Run& run);

  std::string folder_;
  std::map<hostlink::RunKey, Run> runs_;
  std::map<hostlink::RunKey, bool> unwritten_;
};

}  // namespace stipend::host
