// What the gateway knows of a class: its members as staff sees them, and what staff does. The same rules as ports.hpp;
// every call names the account that asks, and StaffOnly is the answer to all but staff of the course.
#pragma once

#include "gateway/credit_ports.hpp"

namespace stipend::gateway {

struct MemberQuery {
  std::string find;            // in name, identifier, mail, account number; any letter case
  std::string state;           // invited | joined | suspended | running | out-of-credit | staff; empty: all
  std::string section;         // one section; "-": those without; empty: all
  std::string sort = "name";   // name | identifier | section | state | left | used | seen | running
  bool descending = false;
  std::size_t offset = 0, limit = 100;
};

struct MemberMachine {
  base::InstanceId id;
  std::string name, type, state;
};

struct MemberView {
  base::AccountId account;
  std::string name, identifier, mail, section, role, status;
  Money left, used;
  bool out_of_credit = false;  // nothing is left that a machine could run on
  std::optional<WallTime> lasts_until, seen;
  std::vector<MemberMachine> machines;  // that run or are on the way
};

struct ClassCounters {  // of the whole course
  std::int64_t members = 0, invited = 0, suspended = 0, machines = 0, people_with_machines = 0, out_of_credit = 0;
  Money rate_per_hour;
  std::optional<NoticeView> folder;  // the course's folder fills
};

struct MemberPage {
  ClassCounters counters;
  std::vector<std::string> sections;
  std::size_t found = 0;             // with the query, in all pages
  std::int64_t found_machines = 0;   // running ones of all that were found
  std::vector<MemberView> rows;
  WallTime now;
};

// Some members, by number, or all that a query finds.
struct Selection {
  std::vector<base::AccountId> accounts;
  std::optional<MemberQuery> query;
};

enum class MemberAct : std::uint8_t { kStop, kGrant, kSuspend, kUnsuspend, kSection, kErase };
struct MemberWish {
  MemberAct act = MemberAct::kStop;
  Selection who;
  Money amount;      // of a grant
  std::string text;  // a grant's reason, a section's name
  std::string once;  // the same again: nothing is given twice
  std::optional<WallTime> expires;  // of a grant; empty: never
  std::vector<std::string> types;   // that it pays for; empty: all, and disks
};
struct MemberDone {
  std::int64_t members = 0, machines = 0;
};

struct SignInLinks {
  struct Link {
    std::string name, identifier, url;
  };
  std::vector<Link> links;
  std::string csv;
};

struct RosterWish {
  std::string bytes;  // the file as it is
  Money credit;
  bool suspend_missing = false, skip_wrong = false;
};
struct RosterPreview {
  struct Row {
    std::int64_t line = 0;
    std::string name, identifier, mail, section, what;
  };
  struct WrongLine {
    std::int64_t line = 0;
    std::string column, reason;
  };
  // The first of each; the figures count all.
  std::vector<Row> fresh, changed;
  std::vector<std::string> missing;
  std::vector<WrongLine> wrong;
  std::int64_t fresh_count = 0, changed_count = 0, unchanged = 0, missing_count = 0, wrong_count = 0;
  std::vector<std::string> ignored_columns;
  std::string digest;
};
struct RosterDone {
  std::int64_t invited = 0, changed = 0, suspended = 0;
};

struct CodeView {
  std::string code, section;
  Money credit;
  std::int64_t uses = 0, uses_max = 0;
  WallTime expires;
  std::string state;  // usable | used-up | expired | ended
};
struct CodeWish {
  std::string section;
  Money credit;
  std::int64_t uses = 0, days = 0;
};

struct CreditCodeView {
  std::string code, printed;
  Money amount;
  std::int64_t uses = 0, uses_max = 0;
  WallTime made, expires;
  std::optional<WallTime> credit_expires;  // of what it gives
  std::int64_t credit_days = 0;            // or how long that lasts; 0: neither
  std::vector<std::string> types;
  std::string label, state;                // usable | used-up | expired | ended
};
struct CreditCodeWish {
  Money amount;
  std::int64_t count = 0, uses = 0, days = 0, credit_days = 0;
  std::optional<WallTime> credit_expires;
  std::vector<std::string> types;
  std::string label;
};

struct LinkView {
  std::string code, title, image, type, repository, branch, path;
  bool broken = false;  // its image or type is gone
};

class ClassPorts {
 public:
  virtual ~ClassPorts() = default;
  virtual awaitable<base::Result<MemberPage>> members(base::AccountId staff, MemberQuery query) = 0;
  // OK when `staff` may see what this member sees.
  virtual awaitable<base::Result<Who>> member(base::AccountId staff, base::AccountId account) = 0;
  // What that member was given, newest first.
  virtual awaitable<base::Result<std::vector<GrantView>>> grants(base::AccountId staff, base::AccountId account) = 0;
  virtual awaitable<base::Result<MemberDone>> act(base::AccountId staff, MemberWish wish, std::string request_id) = 0;
  // `origin` begins each address. Earlier links of the members end.
  virtual awaitable<base::Result<SignInLinks>> new_links(base::AccountId staff, Selection who, std::string origin, std::string request_id) = 0;

  virtual awaitable<base::Result<RosterPreview>> preview_roster(base::AccountId staff, RosterWish wish) = 0;
  virtual awaitable<base::Result<RosterDone>> import_roster(base::AccountId staff, RosterWish wish, std::string digest, std::string request_id) = 0;
  virtual awaitable<base::Result<std::string>> export_roster(base::AccountId staff) = 0;

  virtual awaitable<base::Result<std::vector<CodeView>>> codes(base::AccountId staff) = 0;
  virtual awaitable<base::Result<CodeView>> make_code(base::AccountId staff, CodeWish wish, std::string request_id) = 0;
  virtual awaitable<base::Status> end_code(base::AccountId staff, std::string code, std::string request_id) = 0;

  virtual awaitable<base::Result<std::vector<CreditCodeView>>> credit_codes(base::AccountId staff) = 0;
  virtual awaitable<base::Result<std::vector<CreditCodeView>>> make_credit_codes(base::AccountId staff, CreditCodeWish wish, std::string request_id) = 0;
  // All or none of them.
  virtual awaitable<base::Status> end_credit_codes(base::AccountId staff, std::vector<std::string> codes, std::string request_id) = 0;

  virtual awaitable<base::Result<std::vector<LinkView>>> links(base::AccountId staff) = 0;
  virtual awaitable<base::Result<LinkView>> make_link(base::AccountId staff, LinkView wish, std::string request_id) = 0;
  virtual awaitable<base::Status> delete_link(base::AccountId staff, std::string code, std::string request_id) = 0;
};

}  // namespace stipend::gateway
