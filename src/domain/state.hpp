// State: every live row, by key, with the indexes that commands need. Held by the engine's strand alone.
// Iteration order is by key everywhere, so a step's result depends on nothing but its inputs.
// Entries and audit rows are not kept in memory; only their last numbers are.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <type_traits>

#include "domain/rows.hpp"

namespace stipend::domain {

template <class Row>
using RowPtr = std::shared_ptr<const Row>;

template <class Row>
using Key = std::remove_cvref_t<decltype(std::declval<const Row&>().key())>;

template <class Row>
using Table = std::map<Key<Row>, RowPtr<Row>>;

struct State {
  Table<Course> courses;
  Table<Person> persons;
  Table<Account> accounts;
  Table<JoinCode> join_codes;
  Table<CourseLink> course_links;
  Table<QueuePlace> queue;
  Table<AccessKey> access_keys;
  Table<KeyPair> key_pairs;
  Table<Image> images;
  Table<Disk> disks;
  Table<Instance> instances;
  Table<Grant> grants;
  Table<Hold> holds;
  Table<Spend> spends;
  Table<CreditCode> credit_codes;
  Table<Catalogue> catalogues;             // those of courses; see find_catalogue()
  Table<Outage> outages;
  Table<Budget> budgets;
  Table<Address> elastic_addresses;
  Table<Mail> mails;
  Table<ClientToken> client_tokens;
  Table<Pass> passes;
  Table<Setting> settings;
  std::int64_t last_entry = 0, last_audit = 0;
  std::string last_chain;

  // Indexes, derived from the tables above and kept by Tx::put/erase.
  std::map<AccountId, std::set<InstanceId>> instances_of;
  std::map<AccountId, std::set<DiskId>> disks_of;
  std::map<AccountId, std::set<GrantId>> grants_of;
  std::map<AccountId, std::set<std::string>> addresses_of;  // elastic ones
  std::map<AccountId, std::set<KeyPairId>> key_pairs_of;
  std::set<InstanceId> with_run;            // instances that have a run
  std::int64_t used_cpu_milli = 0, used_memory_mib = 0;  // of all runs
  std::int64_t disks_gib = 0;               // of all disks whose bytes are there
  std::set<std::string> addresses;          // private and public ones in use

  template <class Row>
  const Table<Row>& table() const;
  template <class Row>
  Table<Row>& table();

  template <class Row>
  const Row* find(const Key<Row>& key) const {
    const auto& rows = table<Row>();
    const auto at = rows.find(key);
    return at == rows.end() ? nullptr : at->second.get();
  }
};

#define STIPEND_TABLE(Row, member)                                             \
  template <>                                                                  \
  inline const Table<Row>& State::table<Row>() const { return member; }        \
  template <>                                                                  \
  inline Table<Row>& State::table<Row>() { return member; }
STIPEND_TABLE(Course, courses)
STIPEND_TABLE(Person, persons)
STIPEND_TABLE(Account, accounts)
STIPEND_TABLE(JoinCode, join_codes)
STIPEND_TABLE(CourseLink, course_links)
STIPEND_TABLE(QueuePlace, queue)
STIPEND_TABLE(AccessKey, access_keys)
STIPEND_TABLE(KeyPair, key_pairs)
STIPEND_TABLE(Image, images)
STIPEND_TABLE(Disk, disks)
STIPEND_TABLE(Instance, instances)
STIPEND_TABLE(Grant, grants)
STIPEND_TABLE(Hold, holds)
STIPEND_TABLE(Spend, spends)
STIPEND_TABLE(CreditCode, credit_codes)
STIPEND_TABLE(Catalogue, catalogues)
STIPEND_TABLE(Outage, outages)
STIPEND_TABLE(Budget, budgets)
STIPEND_TABLE(Address, elastic_addresses)
STIPEND_TABLE(Mail, mails)
STIPEND_TABLE(ClientToken, client_tokens)
STIPEND_TABLE(Pass, passes)
STIPEND_TABLE(Setting, settings)
#undef STIPEND_TABLE

}  // namespace stipend::domain
