#include "store/sqlite/migrations.hpp"

#include <array>

namespace stipend::store::sqlite {
namespace {

// Enums are stored by their number; times are milliseconds since 1970 UTC, money nano-dollars.
constexpr const char* kVersion1 = R"sql(
CREATE TABLE epochs (one INTEGER PRIMARY KEY CHECK (one = 1), epoch INTEGER NOT NULL) STRICT;
INSERT INTO epochs VALUES (1, 0);

CREATE TABLE courses (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, plan INTEGER NOT NULL, catalogue TEXT NOT NULL, grace_s INTEGER NOT NULL,
  created INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE persons (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, mail TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE accounts (
  id TEXT PRIMARY KEY, course TEXT NOT NULL, person TEXT NOT NULL, role INTEGER NOT NULL, created INTEGER NOT NULL)
  STRICT, WITHOUT ROWID;
CREATE TABLE access_keys (
  access_key_id TEXT PRIMARY KEY, account TEXT NOT NULL, sealed_secret BLOB NOT NULL, created INTEGER NOT NULL,
  active INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE key_pairs (
  id TEXT PRIMARY KEY, account TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, fingerprint TEXT NOT NULL,
  public_key TEXT NOT NULL, tags TEXT NOT NULL, created INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE images (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, description TEXT NOT NULL, architecture TEXT NOT NULL,
  min_disk_gib INTEGER NOT NULL, jupyter INTEGER NOT NULL, created INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE disks (
  id TEXT PRIMARY KEY, account TEXT NOT NULL, kind INTEGER NOT NULL, gib INTEGER NOT NULL, attached TEXT NOT NULL,
  delete_on_termination INTEGER NOT NULL, price INTEGER NOT NULL, reserve_wanted INTEGER NOT NULL,
  reserved INTEGER NOT NULL, reserve_draws TEXT NOT NULL, posted INTEGER NOT NULL, house INTEGER NOT NULL,
  segment INTEGER NOT NULL, created INTEGER NOT NULL, posted_at INTEGER NOT NULL, deleted INTEGER, tags TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE instances (
  id TEXT PRIMARY KEY, account TEXT NOT NULL, reservation TEXT NOT NULL, launch_index INTEGER NOT NULL,
  image TEXT NOT NULL, type TEXT NOT NULL, key_name TEXT NOT NULL, authorized_key TEXT NOT NULL,
  user_data BLOB NOT NULL, client_token TEXT NOT NULL, root_disk TEXT NOT NULL, zone TEXT NOT NULL,
  private_address TEXT NOT NULL, public_address TEXT NOT NULL, last_public_address TEXT NOT NULL, state INTEGER NOT NULL, generation INTEGER NOT NULL,
  run TEXT, jupyter_token TEXT NOT NULL, stop_cause INTEGER NOT NULL, terminate_wanted INTEGER NOT NULL,
  terminate_on_guest_shutdown INTEGER NOT NULL, disable_api_termination INTEGER NOT NULL,
  state_reason_code TEXT NOT NULL, state_reason_message TEXT NOT NULL, transition_reason TEXT NOT NULL,
  failed_starts INTEGER NOT NULL, launched INTEGER NOT NULL, created INTEGER NOT NULL, stopped_at INTEGER,
  terminated_at INTEGER, tags TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE grants (
  id TEXT PRIMARY KEY, account TEXT NOT NULL, amount INTEGER NOT NULL, spent INTEGER NOT NULL,
  taken_back INTEGER NOT NULL, expired INTEGER NOT NULL, source TEXT NOT NULL, created INTEGER NOT NULL,
  expires INTEGER NOT NULL, only_types TEXT NOT NULL, segment INTEGER NOT NULL,
  note TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE holds (
  account TEXT PRIMARY KEY, amount INTEGER NOT NULL, draws TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE client_tokens (
  token TEXT PRIMARY KEY, request_hash TEXT NOT NULL, instances TEXT NOT NULL, created INTEGER NOT NULL)
  STRICT, WITHOUT ROWID;
CREATE TABLE passes (
  hash TEXT PRIMARY KEY, kind INTEGER NOT NULL, account TEXT NOT NULL, instance TEXT NOT NULL, parent TEXT NOT NULL,
  created INTEGER NOT NULL, expires INTEGER NOT NULL, seen INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE settings (
  name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE entries (
  number INTEGER PRIMARY KEY, account TEXT NOT NULL, kind INTEGER NOT NULL, debit TEXT NOT NULL, credit TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount > 0), subject TEXT NOT NULL, generation INTEGER NOT NULL,
  segment INTEGER NOT NULL, "from" INTEGER NOT NULL, "to" INTEGER NOT NULL, price INTEGER NOT NULL,
  catalogue TEXT NOT NULL, type TEXT NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL, chain TEXT NOT NULL) STRICT;
CREATE INDEX entries_of_account ON entries (account, number);
-- A segment of a run, a disk or a grant is posted once: a replay cannot charge twice.
CREATE UNIQUE INDEX entries_once ON entries (subject, generation, segment);
CREATE TABLE audits (
  number INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor TEXT NOT NULL, via TEXT NOT NULL, request_id TEXT NOT NULL,
  action TEXT NOT NULL, target TEXT NOT NULL, reason TEXT NOT NULL) STRICT;
CREATE INDEX audits_of_target ON audits (target, number);
)sql";

// Courses get homes, room and a folder of their own; people a roster's identifier, sections and join codes.
constexpr const char* kVersion2 = R"sql(
ALTER TABLE courses ADD COLUMN homes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE courses ADD COLUMN home_gib INTEGER NOT NULL DEFAULT 10;
ALTER TABLE courses ADD COLUMN share_percent INTEGER NOT NULL DEFAULT 0;
ALTER TABLE courses ADD COLUMN class_hours TEXT NOT NULL DEFAULT '[]';
ALTER TABLE courses ADD COLUMN wallet TEXT NOT NULL DEFAULT '';
ALTER TABLE courses ADD COLUMN folder TEXT NOT NULL DEFAULT '';
ALTER TABLE persons ADD COLUMN identifier TEXT NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN section TEXT NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN status INTEGER NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN seen INTEGER;
ALTER TABLE disks ADD COLUMN purge_at INTEGER;
ALTER TABLE disks ADD COLUMN image TEXT NOT NULL DEFAULT '';
ALTER TABLE disks ADD COLUMN origin TEXT NOT NULL DEFAULT '';
UPDATE disks SET origin = attached;
UPDATE disks SET image = coalesce((SELECT image FROM instances WHERE instances.root_disk = disks.id), '');
UPDATE instances SET run = json_set(run, '$.cpu_milli', 250 * json_extract(run, '$.vcpus')) WHERE run IS NOT NULL;
ALTER TABLE instances ADD COLUMN home_disk TEXT NOT NULL DEFAULT '';
ALTER TABLE instances ADD COLUMN notices TEXT NOT NULL DEFAULT '[]';

CREATE TABLE join_codes (
  code TEXT PRIMARY KEY, course TEXT NOT NULL, section TEXT NOT NULL, credit INTEGER NOT NULL, uses INTEGER NOT NULL,
  uses_max INTEGER NOT NULL, created INTEGER NOT NULL, expires INTEGER NOT NULL, revoked INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE course_links (
  code TEXT PRIMARY KEY, course TEXT NOT NULL, title TEXT NOT NULL, image TEXT NOT NULL, type TEXT NOT NULL,
  repository TEXT NOT NULL, branch TEXT NOT NULL, path TEXT NOT NULL, created INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE queue (
  id TEXT PRIMARY KEY, account TEXT NOT NULL, instance TEXT NOT NULL, image TEXT NOT NULL, type TEXT NOT NULL,
  name TEXT NOT NULL, since INTEGER NOT NULL, refused TEXT NOT NULL, passed INTEGER NOT NULL,
  token TEXT NOT NULL, key_name TEXT NOT NULL) STRICT, WITHOUT ROWID;
)sql";

// Courses get a policy, free hours and codes for credit.
constexpr const char* kVersion3 = R"sql(
ALTER TABLE courses ADD COLUMN policy TEXT NOT NULL DEFAULT '{}';
ALTER TABLE courses ADD COLUMN emergency_given INTEGER NOT NULL DEFAULT 0;
ALTER TABLE grants ADD COLUMN code TEXT NOT NULL DEFAULT '';
CREATE TABLE credit_codes (
  code TEXT PRIMARY KEY, course TEXT NOT NULL, amount INTEGER NOT NULL, uses INTEGER NOT NULL, uses_max INTEGER NOT NULL,
  created INTEGER NOT NULL, expires INTEGER NOT NULL, grant_s INTEGER NOT NULL, grant_expires INTEGER NOT NULL,
  only_types TEXT NOT NULL, label TEXT NOT NULL, revoked INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE spends (
  account TEXT PRIMARY KEY, day INTEGER NOT NULL, week INTEGER NOT NULL, today INTEGER NOT NULL,
  this_week INTEGER NOT NULL) STRICT, WITHOUT ROWID;
-- Suspension switched keys off once; now the account's state alone says it, and `active` is what the key's person wants.
UPDATE access_keys SET active = 1 WHERE account IN (SELECT id FROM accounts WHERE status = 2);
)sql";

// Prices change at instants, each day's usage is summed, budgets and mails are kept.
constexpr const char* kVersion4 = R"sql(
ALTER TABLE courses ADD COLUMN prices TEXT NOT NULL DEFAULT '[]';
ALTER TABLE accounts ADD COLUMN free_tier INTEGER NOT NULL DEFAULT 0;
ALTER TABLE disks ADD COLUMN catalogue TEXT NOT NULL DEFAULT '';
UPDATE disks SET catalogue = coalesce(
  (SELECT c.catalogue FROM accounts a JOIN courses c ON c.id = a.course WHERE a.id = disks.account), '');
UPDATE instances SET run = json_set(run, '$.catalogue', coalesce(
  (SELECT c.catalogue FROM accounts a JOIN courses c ON c.id = a.course WHERE a.id = instances.account), '')) WHERE run IS NOT NULL;
CREATE TABLE catalogues (
  edition TEXT PRIMARY KEY, source TEXT NOT NULL, types TEXT NOT NULL, gp2_gib_month INTEGER NOT NULL, course TEXT NOT NULL,
  created INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE outages (
  id TEXT PRIMARY KEY, account TEXT NOT NULL, instance TEXT NOT NULL, type TEXT NOT NULL, host TEXT NOT NULL, reason TEXT NOT NULL,
  "from" INTEGER NOT NULL, until INTEGER NOT NULL, given_back INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE budgets (
  id TEXT PRIMARY KEY, account TEXT NOT NULL, name TEXT NOT NULL, kind INTEGER NOT NULL, time INTEGER NOT NULL,
  "limit" INTEGER NOT NULL, unit TEXT NOT NULL, "from" INTEGER NOT NULL, until INTEGER NOT NULL, filters TEXT NOT NULL,
  given TEXT NOT NULL, notifications TEXT NOT NULL, actions TEXT NOT NULL, tags TEXT NOT NULL, updated INTEGER NOT NULL)
  STRICT, WITHOUT ROWID;
CREATE TABLE mails (
  id TEXT PRIMARY KEY, account TEXT NOT NULL, "to" TEXT NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL, about TEXT NOT NULL,
  state INTEGER NOT NULL, tries INTEGER NOT NULL, created INTEGER NOT NULL, next_try INTEGER NOT NULL, error TEXT NOT NULL)
  STRICT, WITHOUT ROWID;
CREATE TABLE usage_days (
  account TEXT NOT NULL, day INTEGER NOT NULL, kind INTEGER NOT NULL, type TEXT NOT NULL, catalogue TEXT NOT NULL,
  price INTEGER NOT NULL, house INTEGER NOT NULL, amount INTEGER NOT NULL, seconds INTEGER NOT NULL,
  PRIMARY KEY (account, day, kind, type, catalogue, price, house)) STRICT, WITHOUT ROWID;
-- Several grants may pay one posting: its seconds are those of its first entry.
INSERT INTO usage_days
  SELECT account, (at - 1) / 86400000 * 86400000, kind, type, catalogue, price, debit = 'house:unfunded_storage', sum(amount),
    sum(CASE WHEN EXISTS (SELECT 1 FROM entries b WHERE b.subject = e.subject AND b.generation = e.generation AND
      b.segment = e.segment - 1 AND b.kind = e.kind AND b."from" = e."from" AND b."to" = e."to") THEN 0 ELSE "to" - "from" END)
  FROM entries e WHERE kind IN (2, 3, 4) GROUP BY 1, 2, 3, 4, 5, 6, 7;
)sql";

// Snapshots, images of accounts and elastic addresses.
constexpr const char* kVersion5 = R"sql(
ALTER TABLE catalogues ADD COLUMN snapshot_gib_month INTEGER NOT NULL DEFAULT 50000000;
ALTER TABLE catalogues ADD COLUMN address INTEGER NOT NULL DEFAULT 5000000;
ALTER TABLE images ADD COLUMN account TEXT NOT NULL DEFAULT '';
ALTER TABLE images ADD COLUMN snapshot TEXT NOT NULL DEFAULT '';
ALTER TABLE images ADD COLUMN base TEXT NOT NULL DEFAULT '';
ALTER TABLE images ADD COLUMN shared INTEGER NOT NULL DEFAULT 0;
ALTER TABLE images ADD COLUMN deregistered INTEGER;
ALTER TABLE images ADD COLUMN tags TEXT NOT NULL DEFAULT '{}';
ALTER TABLE disks ADD COLUMN source TEXT NOT NULL DEFAULT '';
ALTER TABLE disks ADD COLUMN snapshot INTEGER NOT NULL DEFAULT 0;
ALTER TABLE disks ADD COLUMN stored_mib INTEGER NOT NULL DEFAULT 0;
ALTER TABLE disks ADD COLUMN description TEXT NOT NULL DEFAULT '';
UPDATE instances SET run = json_set(run, '$.host_address', public_address) WHERE run IS NOT NULL;
CREATE TABLE addresses (
  id TEXT PRIMARY KEY, account TEXT NOT NULL, address TEXT NOT NULL, instance TEXT NOT NULL, association TEXT NOT NULL,
  price INTEGER NOT NULL, catalogue TEXT NOT NULL, idle INTEGER NOT NULL, posted_idle INTEGER NOT NULL,
  idle_since INTEGER, reserve_wanted INTEGER NOT NULL,
  reserved INTEGER NOT NULL, reserve_draws TEXT NOT NULL, posted INTEGER NOT NULL, house INTEGER NOT NULL, segment INTEGER NOT NULL,
  created INTEGER NOT NULL, posted_at INTEGER NOT NULL, tags TEXT NOT NULL) STRICT, WITHOUT ROWID;
)sql";

constexpr std::array kVersions = {kVersion1, kVersion2, kVersion3, kVersion4, kVersion5};

}  // namespace

std::int64_t newest_version() { return kVersions.size(); }

base::Status migrate(Database& database) { return migrate_to(database, kVersions.size()); }

base::Status migrate_to(Database& database, std::size_t newest) {
  const auto failed = [&] {
    auto error = database.error("cannot bring the database up to date");
    database.execute("ROLLBACK");
    return std::unexpected(std::move(error));
  };
  if (database.execute("BEGIN IMMEDIATE") != 0)
    return std::unexpected(database.error("cannot write to the database"));
  std::int64_t version = 0;
  {
    TRY_ASSIGN(auto statement, database.prepare("PRAGMA user_version"));
    statement.step();
    version = statement.integer(0);
  }
  if (version > static_cast<std::int64_t>(kVersions.size())) {
    database.execute("ROLLBACK");
    return base::fail(base::Fault::kConflict, "StoreTooNew",
                      "this state was written by a newer Stipend (schema " + std::to_string(version) +
                          ", this one knows " + std::to_string(kVersions.size()) +
                          "): install that version again or use another state folder");
  }
  for (auto next = static_cast<std::size_t>(version); next < newest; ++next)
    if (database.execute(kVersions[next]) != 0) return failed();
  if (database.execute("PRAGMA user_version = " + std::to_string(newest)) != 0) return failed();
  if (database.execute("COMMIT") != 0) return failed();
  return {};
}

}  // namespace stipend::store::sqlite
