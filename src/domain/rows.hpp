// The rows: all that Stipend knows, as immutable values. A row is replaced, never changed in place; the
// engine (control) swaps shared_ptr<const Row> and the store writes the same swap to SQL in one transaction.
// Every row has a key() and lives in one table of State (state.hpp). Words are those of docs/design/words.md.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "base/money.hpp"
#include "base/time.hpp"

namespace stipend::domain {

using base::AccountId;
using base::CourseId;
using base::DiskId;
using base::GrantId;
using base::HostId;
using base::ImageId;
using base::InstanceId;
using base::KeyPairId;
using base::Money;
using base::PersonId;
using base::Price;
using base::ReservationId;
using base::RunSeconds;
using base::WallTime;

using Tags = std::map<std::string, std::string>;

// per-second: 60 s minimum at each start, then by the second. per-hour: every started hour of every start.
enum class RatePlan : std::uint8_t { kPerSecond, kPerHour };
// kCourse: no person's, the course's own: it pays for what the course shares.
enum class Role : std::uint8_t { kStudent, kTeacher, kAdministrator, kCourse };

// kMachine: the home is part of the root disk, as on AWS. kKeep: a disk of its own, which outlives image, type and
// Terminate and is attached to one machine at a time.
enum class HomePolicy : std::uint8_t { kMachine, kKeep };

// Room kept for a course: from `from` to `to` as many machines of the type can start for its members.
struct ClassHours {
  WallTime from, to;
  std::string type;
  std::int64_t machines = 0;
};

// [from, to), UTC.
struct Window {
  WallTime from, to;
};

// What happens when free hours end: the machine stops, or goes on as far as its own credit reaches.
enum class FreeEnd : std::uint8_t { kGoOn, kStop };

// So many hours of a type a month that cost nothing, for so many months after the account was made, as AWS's free tier
// of 2017: 750 hours of t2.micro for 12 months. No hours: none.
struct FreeTier {
  std::string type;
  std::int64_t hours = 0, months = 0;
};

// What a course allows its members (not its staff). Decided when something starts or is made, and at each renewal
// of what runs; a refusal names the rule. Zero and empty: no rule.
struct Policy {
  std::vector<std::string> types;     // that may be launched or started
  std::int64_t machines_max = 0;      // of one account that run at once
  std::int64_t vcpus_max = 0;         // of them together
  std::int64_t disk_gib_max = 0;      // of all disks of one account
  Money day_max, week_max;            // what runs may cost an account in a UTC day, and in a week from Monday on
  std::vector<Window> open;           // machines may run only then
  std::vector<Window> free;           // what runs then costs nothing
  FreeEnd free_end = FreeEnd::kGoOn;
  WallTime ends = WallTime::never();  // of the course: nothing runs after it
  Money emergency, emergency_total;   // once for each member who asks, while the course's total lasts
  FreeTier free_tier;
};

// An instance type as a catalogue sells it.
struct InstanceType {
  std::string name;
  std::int64_t vcpus = 1;
  std::int64_t memory_mib = 1024;
  Price price;
  std::string provider;  // empty: the configured default; "ec2": only real EC2 has such hardware
  std::int64_t baseline_milli = 0;  // of a burstable type: thousandths of a CPU it always has; 0: has no baseline
  std::int64_t gpus = 0;
  std::string gpu;       // "K80"; empty: none
};

// One edition of the price list. Those of AWS are built in (catalogue_data.cpp), those of a course are rows; none is
// ever edited, since what was sold at it keeps its price.
struct Catalogue {
  std::string edition;
  std::string source;                 // where the prices are from, and as of when
  std::vector<InstanceType> types;    // by name
  Money gp2_gib_month;                // 730 h
  Money snapshot_gib_month;           // of what a snapshot occupies
  Price address;                      // of an elastic address that is not in use
  CourseId course;                    // whose it is; empty: built in
  WallTime created;
  const std::string& key() const { return edition; }
};

// From then on the course sells at this edition.
struct PriceStep {
  WallTime from;
  std::string edition;
};

struct Course {
  CourseId id;
  std::string name;
  RatePlan plan = RatePlan::kPerSecond;
  std::string catalogue;            // edition it began with; find_catalogue() says which one holds at an instant
  std::int64_t grace_s = 14 * 86400;  // how long the reserve keeps disks after the credit is gone
  WallTime created;
  HomePolicy homes = HomePolicy::kMachine;
  std::int64_t home_gib = 10;         // of a new home
  std::int64_t share_percent = 0;     // of the host's room that only this course may use
  std::vector<ClassHours> class_hours;
  AccountId wallet;                   // of the role kCourse; empty: the course shares nothing that costs
  DiskId folder;                      // seen as /course by its members; empty: none
  Policy policy;
  Money emergency_given;
  std::vector<PriceStep> prices;      // later editions, by their time
  const CourseId& key() const { return id; }
};

// Who signs in. The only table, with roster text, that holds names and mail; erasable.
struct Person {
  PersonId id;
  std::string name;
  std::string mail;
  std::string identifier;           // as the roster names them: student number, login, pseudonym
  const PersonId& key() const { return id; }
};

// kInvited: never signed in. kSuspended: starts and changes nothing, has no keys; machines stopped, disks
// kept. Signs in only to see what there is and to fetch its files.
enum class AccountStatus : std::uint8_t { kInvited, kJoined, kSuspended };

// What AWS clients see: 12 digits, one course, one wallet.
struct Account {
  AccountId id;
  CourseId course;
  PersonId person;
  Role role = Role::kStudent;
  WallTime created;
  std::string section;              // of the course; empty: none
  AccountStatus status = AccountStatus::kInvited;
  std::optional<WallTime> seen;     // last sign-in
  WallTime free_tier;               // the first instant of the newest month whose free tier it got
  const AccountId& key() const { return id; }
};

// Whoever has the code becomes a member of the course, with this credit. Made by staff, shown to them again.
struct JoinCode {
  std::string code;
  CourseId course;
  std::string section;
  Money credit;
  std::int64_t uses = 0, uses_max = 0;
  WallTime created, expires;
  bool revoked = false;
  const std::string& key() const { return code; }
};

// /go/CODE: from a course page to a running notebook.
struct CourseLink {
  std::string code;
  CourseId course;
  std::string title;
  std::string image;                // its name, so that a repaired image is used
  std::string type;
  std::string repository, branch;   // cloned into the home; empty: none
  std::string path;                 // opened in Jupyter, below the home; empty: the launcher
  WallTime created;
  const std::string& key() const { return code; }
};

// A start that waits for room. Free; becomes a start, with money and room decided then, when its turn comes.
struct QueuePlace {
  std::string id;                   // q- and 17 hex digits
  AccountId account;
  InstanceId instance;              // to be started; empty: a launch
  ImageId image;                    // of a launch
  std::string type, name;
  WallTime since;
  std::string refused;              // why its last turn did not start it, a code; empty: no turn yet
  std::int64_t passed = 0;          // times that others began before it because it did not fit
  std::string token;                // of a launch: the page's idempotency key
  std::string key_name;             // of a launch; empty: none
  const std::string& key() const { return id; }
};

struct AccessKey {
  std::string access_key_id;        // AKIA + 16
  AccountId account;
  std::string sealed_secret;        // secretbox under STATE/master.key; never in a log or a reply
  WallTime created;
  bool active = true;
  const std::string& key() const { return access_key_id; }
};

struct KeyPair {
  KeyPairId id;
  AccountId account;
  std::string name;
  std::string type;                 // "rsa" | "ed25519"
  std::string fingerprint;          // as AWS prints it for the kind
  std::string public_key;           // OpenSSH line
  Tags tags;
  WallTime created;
  const KeyPairId& key() const { return id; }
};

// The house's are built from recipes. An account's own is a snapshot of a root disk and the house's image under it.
struct Image {
  ImageId id;
  std::string name;                 // the house's: recipe's name, IMAGES/NAME.erofs
  std::string description;
  std::string architecture = "x86_64";
  std::int64_t min_disk_gib = 8;
  bool jupyter = false;
  WallTime created;
  AccountId account;                // empty: the house's
  DiskId snapshot;                  // of an own one: what root disks are copied from
  ImageId base;                     // of an own one: the house's image that they are a layer over
  bool shared = false;              // of an own one: members of the course may launch it
  std::optional<WallTime> deregistered;  // nothing is launched from it any more; kept for the machines it made
  Tags tags;
  const ImageId& key() const { return id; }
};

// Money of one grant that is set aside: for the leases of an account's machines of one type, for the disks' cost
// during the leases (no type), or as a disk's reserve (on the disk's own row, no type). Machines of one type can
// use the same grants, so what each of them holds follows from its run and need not be named.
struct Draw {
  GrantId grant;
  Money amount;
  std::string type;
};

enum class DiskKind : std::uint8_t { kRoot, kHome, kData, kCourse, kSnapshot };

// Of a disk of the kind kSnapshot. kPending: being copied, costs nothing yet. kError: could not be copied, and is no more.
enum class SnapshotState : std::uint8_t { kNone, kPending, kCompleted, kError };

// Root, home, data volumes and snapshots are one thing: bytes that cost by the second of their existence.
struct Disk {
  DiskId id;
  AccountId account;
  DiskKind kind = DiskKind::kRoot;
  std::int64_t gib = 8;
  InstanceId attached;              // empty: to none
  bool delete_on_termination = true;
  Price price;                      // of the whole disk, an hour; frozen at creation
  Money reserve_wanted;             // what grace costs at that price; locked
  Money reserved;                   // of which is set aside now: the sum of reserve_draws
  std::vector<Draw> reserve_draws;  // from grants without a restriction only
  Money posted;                     // charged so far (cumulative, see domain/storage.hpp)
  Money house;                      // of which the house paid
  std::int64_t segment = 0;         // next posting's number; (disk, segment) is unique
  WallTime created;
  WallTime posted_at;               // up to when `posted` reaches
  std::optional<WallTime> deleted;  // the student's cost ends here; bytes may go later
  Tags tags;
  std::optional<WallTime> purge_at; // of a deleted one: until then it can be brought back, at the house's cost
  ImageId image;                    // a root disk is a layer over this image and no other
  InstanceId origin;                // the machine it was last attached to
  std::string catalogue;            // edition that `price` is from
  DiskId source;                    // it is a copy of that disk or snapshot, as it was; empty: made new
  SnapshotState snapshot = SnapshotState::kNone;
  std::int64_t stored_mib = 0;      // of a snapshot: what it occupies, which is what it costs
  std::string description;          // of a snapshot, as its owner gave it
  const DiskId& key() const { return id; }
};

// An elastic address: kept by its account, on whichever machine it says. Costs by the second while no machine runs with
// it; no work is lost with it, so its reserve is an hour, and with the credit's end it is given up (design/money.md).
struct Address {
  std::string id;                   // eipalloc- and 17 hex digits
  AccountId account;
  std::string address;              // dotted quad
  InstanceId instance;              // associated with it; empty: with none
  std::string association;          // eipassoc- and 17 hex digits
  Price price;                      // while idle; frozen at allocation
  std::string catalogue;            // edition that `price` is from
  RunSeconds idle;                  // of the idle times that are over
  RunSeconds posted_idle;           // of all of them, up to where `posted` reaches
  std::optional<WallTime> idle_since;  // costs since; empty: a machine runs with it
  Money reserve_wanted, reserved;   // as a disk's
  std::vector<Draw> reserve_draws;
  Money posted, house;
  std::int64_t segment = 0;         // next posting's number; (id, segment) is unique
  WallTime created;
  WallTime posted_at;
  Tags tags;
  const std::string& key() const { return id; }
};

enum class InstanceState : std::uint8_t { kPending, kRunning, kShuttingDown, kTerminated, kStopping, kStopped };
// Who or what stopped it last; shown as the reason in every surface. kHostDisk: its host's disk was almost full.
// kPolicy: the course's limit of what runs may cost. The numbers are those of compute::Cause as far as that goes.
enum class StopCause : std::uint8_t {
  kNone, kPerson, kTeacher, kCredit, kIdle, kSchedule, kFault, kGuest, kStartFailed, kHostDisk, kPolicy
};

// What the newest lease of a run ends at, so that its end can be told in words: the credit, or a rule of the course.
enum class LeaseLimit : std::uint8_t { kCredit, kFreeEnd, kHours, kCourseEnd, kDay, kWeek };

// Which seconds of a run cost nothing, since they were in free hours (domain/free_time.hpp).
struct FreeTime {
  bool began_free = false;
  RunSeconds ran;                   // in free hours that are over
  RunSeconds hour_shift;            // per-hour: those of them in which no hour that was paid for ran
  std::optional<RunSeconds> from;   // it is in free hours since
  RunSeconds to;                    // and until; without `from` the end of the newest ones
  WallTime until;                   // when those end, by the course's clock
  bool operator==(const FreeTime&) const = default;
};

// One start of an instance, from the hold to the settled charge.
struct Run {
  std::int64_t generation = 0;
  Price price;
  RatePlan plan = RatePlan::kPerSecond;
  std::int64_t vcpus = 0, memory_mib = 0;  // the room it takes
  std::int64_t cpu_milli = 0;       // thousandths of a CPU that are guaranteed; vcpus are the cap
  HostId host;
  std::string boot_id;
  std::int64_t lease_seq = 0;       // newest lease committed
  std::int64_t acked_seq = 0;       // newest lease the machine's enforcer reported to hold
  RunSeconds lease_run_max;         // of that lease: right to run
  RunSeconds held_run_max;          // what the hold covers; >= lease_run_max until a shortening is acknowledged
  RunSeconds seen_ran;              // newest figure reported
  RunSeconds posted_ran;            // up to where the ledger is posted
  Money posted;                     // charged for this run so far
  std::int64_t segment = 0;         // next posting's number; (instance, generation, segment) is unique
  std::optional<RunSeconds> charge_until;  // a person's stop ends the charge here; hook and halt are the house's
  std::optional<WallTime> posted_at;  // of the newest posting; a posting never spans a UTC midnight
  WallTime start_committed;
  std::optional<WallTime> running_since;
  std::optional<WallTime> seen_at;  // wall time of seen_ran, for accrual between reports
  FreeTime free;
  LeaseLimit limit = LeaseLimit::kCredit;
  std::string catalogue;            // edition that `price` is from
  std::string host_address;         // public address that its host confirmed; another one than the machine's is a wish
};

// What the host saw inside a machine and its person should know. The figures make the sentence.
enum class NoticeKind : std::uint8_t { kOutOfMemory, kDiskFilling, kHomeFilling };  // kHomeFilling: the home that is a disk of its own
struct Notice {
  NoticeKind kind = NoticeKind::kOutOfMemory;
  WallTime at;
  std::int64_t figure = 0;          // memory in MiB; percent of the disk
  std::int64_t used_mib = 0, size_mib = 0;  // of the disk
  std::int64_t count = 0;           // how often in this run: the same once more is nothing new
};

struct Instance {
  InstanceId id;
  AccountId account;
  ReservationId reservation;
  std::int64_t launch_index = 0;
  ImageId image;
  std::string type;
  std::string key_name;             // as given at launch; the key's text was copied into authorized_key
  std::string authorized_key;
  std::string user_data;
  std::string client_token;
  DiskId root_disk;
  std::string zone;
  std::string private_address;      // kept through stop and start
  std::string public_address;       // empty unless a run wants it; new at each start
  std::string last_public_address;  // so that the next one differs
  InstanceState state = InstanceState::kPending;
  std::int64_t generation = 0;      // of the newest run
  std::optional<Run> run;           // present from start's commit until settled
  std::string jupyter_token;        // of the present run
  StopCause stop_cause = StopCause::kNone;
  bool terminate_wanted = false;    // outranks stop; disk goes once the run is settled
  bool terminate_on_guest_shutdown = false;
  bool disable_api_termination = false;
  std::string state_reason_code, state_reason_message, transition_reason;
  std::int64_t failed_starts = 0;   // in a row; backs off
  WallTime launched;                // LaunchTime: of the newest start
  WallTime created;
  std::optional<WallTime> stopped_at, terminated_at;
  Tags tags;
  DiskId home_disk;                 // empty: the home is on the root disk
  std::vector<Notice> notices;      // newest of each kind, of the newest run
  const InstanceId& key() const { return id; }
};

// Credit given. A grant is a ledger account: remaining = amount - spent - taken_back - expired.
struct Grant {
  GrantId id;
  AccountId account;
  Money amount, spent, taken_back, expired;
  std::string source;               // "course" | "top-up" | "refund" | "code" | "emergency" | "free-tier"
  WallTime created;
  WallTime expires = WallTime::never();
  std::vector<std::string> only_types;  // empty: any
  std::int64_t segment = 0;         // next entry's number with this grant as its subject
  std::string note;                 // what the giver wrote; free text, erasable, never in the ledger
  std::string code;                 // the credit code it came from
  Money remaining() const { return amount - spent - taken_back - expired; }
  const GrantId& key() const { return id; }
};

// Worth this much to whoever of the course enters it: once for each account. Printed or mailed by staff.
struct CreditCode {
  std::string code;
  CourseId course;
  Money amount;
  std::int64_t uses = 0, uses_max = 1;
  WallTime created, expires;          // the code itself
  std::int64_t grant_s = 0;           // how long the grant lasts from then on; 0: as long as grant_expires says
  WallTime grant_expires = WallTime::never();
  std::vector<std::string> only_types;
  std::string label;                  // of the batch it was made in
  bool revoked = false;
  const std::string& key() const { return code; }
};

// What the runs of an account were charged lately, for the limits of a day and a week: one mutable row an account.
struct Spend {
  AccountId account;
  WallTime day, week;                 // when they began, UTC
  Money today, this_week;
  const AccountId& key() const { return account; }
};

// Money set aside for the leases of all of an account's machines: one mutable row an account. The draws
// name the grants (soonest to expire, narrowest, oldest) at hold time.
struct Hold {
  AccountId account;
  Money amount;
  std::vector<Draw> draws;
  const AccountId& key() const { return account; }
};

enum class EntryKind : std::uint8_t { kGrant, kTakeBack, kCharge, kStorage, kCorrection, kExpiry };

// One immutable line of the double-entry ledger: `amount` moves from `debit` to `credit`. Ledger accounts are
// text: "grant:g-…", "usage:ACCOUNT", "house:unfunded_storage", "house:issued", "house:faults", "expired:ACCOUNT".
// (subject, generation, segment) is unique for every kind of entry: replaying a posting cannot charge twice.
struct Entry {
  std::int64_t number = 0;          // 1, 2, 3… without a gap
  AccountId account;
  EntryKind kind = EntryKind::kCharge;
  std::string debit, credit;
  Money amount;                     // > 0
  std::string subject;              // instance, disk, address or grant id
  std::int64_t generation = 0, segment = 0;
  RunSeconds from, to;              // of the run, or of the disk's age
  Price price;
  std::string catalogue, type, reason;  // ids and codes only, no names
  WallTime at;
  std::string chain;                // hex SHA-256 over the previous entry's chain and this one
  std::int64_t key() const { return number; }
};

// What an account was charged on one day of UTC, at one price: the sums of its entries, kept by the store beside them,
// so that costs of a period are read without its history. An entry at midnight belongs to the day that ends.
struct UsageDay {
  AccountId account;
  WallTime day;                     // when it began
  EntryKind kind = EntryKind::kCharge;  // kCharge, kStorage or kCorrection; the amount of the last is what was given back
  std::string type, catalogue;      // as in the entries
  Price price;
  bool house = false;               // the house paid, not a grant
  Money amount;
  std::int64_t seconds = 0;         // counted once, however many grants paid; of a correction as a rule below zero
};

// A run that ended with its host or its supervisor and not by anybody's wish: who lost how long.
struct Outage {
  std::string id;                   // INSTANCE/GENERATION
  AccountId account;
  InstanceId instance;
  std::string type;
  HostId host;
  std::string reason;               // a code
  WallTime from, until;             // last known to work; known to have ended
  Money given_back;
  const std::string& key() const { return id; }
};

// AWS Budgets. Names are those of its API Reference; a threshold is in billionths of a dollar or of a percent.
enum class BudgetTime : std::uint8_t { kDaily, kMonthly, kQuarterly, kAnnually };
enum class BudgetKind : std::uint8_t { kCost, kUsage };
enum class BudgetComparison : std::uint8_t { kGreaterThan, kLessThan, kEqualTo };
struct BudgetFilter {
  std::string dimension;            // "InstanceType", "Service", …
  std::vector<std::string> values;
};
struct BudgetSubscriber {
  bool sns = false;                 // else e-mail
  std::string address;
};
struct BudgetTrigger {
  bool forecast = false;            // else what was spent already
  bool percent = true;              // of the limit, else absolute
  BudgetComparison comparison = BudgetComparison::kGreaterThan;
  std::int64_t threshold = 0;
};
struct BudgetNotification {
  BudgetTrigger trigger;
  std::vector<BudgetSubscriber> subscribers;
  bool alarm = false;               // over the threshold in the period that `told` is the beginning of
  WallTime told;
};
enum class BudgetActionStatus : std::uint8_t {
  kStandby, kPending, kExecutionInProgress, kExecutionSuccess, kExecutionFailure, kReverseInProgress, kReverseSuccess,
  kReverseFailure, kResetInProgress, kResetFailure
};
struct BudgetActionEvent {
  WallTime at;
  BudgetActionStatus status = BudgetActionStatus::kStandby;
  std::string event;                // "SYSTEM", "CREATE_ACTION", "DELETE_ACTION", "UPDATE_ACTION", "EXECUTE_ACTION"
  std::string message;
};
struct BudgetAction {
  std::string id;                   // UUID
  BudgetTrigger trigger;
  std::vector<InstanceId> stop;     // RUN_SSM_DOCUMENTS with STOP_EC2_INSTANCES: the machines to stop
  std::string region, role;
  bool automatic = true;            // else a person approves
  std::vector<BudgetSubscriber> subscribers;
  BudgetActionStatus status = BudgetActionStatus::kStandby;
  WallTime told;                    // beginning of the period in which it last ran or asked
  std::vector<BudgetActionEvent> history;  // newest last, bounded
};
struct Budget {
  std::string id;                   // ACCOUNT/NAME
  AccountId account;
  std::string name;
  BudgetKind kind = BudgetKind::kCost;
  BudgetTime time = BudgetTime::kMonthly;
  Money limit;                      // of a usage budget: billionths of `unit`
  std::string unit = "USD";
  WallTime from, until = WallTime::never();
  std::vector<BudgetFilter> filters;
  std::string given;                // what else CreateBudget was told, as JSON, to be answered back
  std::vector<BudgetNotification> notifications;
  std::vector<BudgetAction> actions;
  std::map<std::string, std::string> tags;
  WallTime updated;
  const std::string& key() const { return id; }
};

// A message to a person, from the step that made it until it is delivered or given up: at least once.
enum class MailState : std::uint8_t { kWaiting, kSent, kFailed };
struct Mail {
  std::string id;                   // m- and 17 hex digits
  AccountId account;                // on whose behalf: its limits apply
  std::string to, subject, text;
  std::string about;                // a code: "budget", …
  MailState state = MailState::kWaiting;
  std::int64_t tries = 0;
  WallTime created, next_try;
  std::string error;                // of the newest try
  const std::string& key() const { return id; }
};

// Who did what, why: one row with each command that changes something. Ids only.
struct Audit {
  std::int64_t number = 0;
  WallTime at;
  std::string actor;                // account id, "uid:0", "supervisor", "guard", …
  std::string via;                  // "aws", "console", "admin", "host", "clock"
  std::string request_id, action, target, reason;
  std::int64_t key() const { return number; }
};

// Idempotency of a ClientToken: what was made for it.
struct ClientToken {
  std::string token;                // account id + '/' + token
  std::string request_hash;
  std::vector<InstanceId> instances;
  WallTime created;
  const std::string& key() const { return token; }
};

// Sign-in links, sessions, notebook tickets. Only hashes (hex SHA-256) of the secrets are kept.
enum class PassKind : std::uint8_t { kSignInLink, kSession, kNotebookTicket, kNotebookSession };
struct Pass {
  std::string hash;
  PassKind kind = PassKind::kSession;
  AccountId account;
  InstanceId instance;              // for the notebook kinds
  std::string parent;               // hash of the session it came from; ends with it
  WallTime created, expires, seen;
  const std::string& key() const { return hash; }
};

// Single values that must survive: epoch is the store's own; here the wall-clock high-water, counters, host.
struct Setting {
  std::string name;
  std::string value;
  const std::string& key() const { return name; }
};

}  // namespace stipend::domain
