// Wallet: a working copy of one account's money at one instant: its grants, its hold and its disks. Commands
// change the copy and then put what changed; figures are read from one that is thrown away.
//
// What can never be false, whatever is called: for each grant, what its holds and reserves draw on it is at most
// what remains of it. Every amount that leaves a grant is an Entry.
// Pure. Amounts are nano-dollars; `now` is server time.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "domain/state.hpp"

namespace stipend::domain {

// Money that must be set aside: for the lease of a machine of this type, or for what the disks cost meanwhile (no
// type: unrestricted grants only).
struct Need {
  std::string type;
  Money amount;
};

class Wallet {
 public:
  Wallet(const State& state, const AccountId& account, WallTime now);

  Money granted() const;    // given, less what was taken back or expired
  Money spent() const;      // posted charges
  Money held() const;
  Money reserved() const;
  // What a new commitment may use now, with the disks' cost up to now already counted as spent.
  Money available() const;
  Money held_for(std::string_view type) const;  // empty: for the disks

  // What the grants carry if the present hold were given up: for asking often what the hold could be. Valid until
  // the wallet changes.
  class Capacity {
   public:
    bool carries(const std::vector<Need>& needs) const;
    // When no grant is restricted only the sum matters: carries() is `sum <= *total()`.
    std::optional<Money> total() const { return restricted_ ? std::nullopt : std::optional(total_); }

   private:
    friend class Wallet;
    void add(const Grant& grant, Money left);
    std::optional<std::vector<Draw>> draw(const std::vector<Need>& needs) const;
    std::vector<std::pair<const Grant*, Money>> left_;  // in the order of spending
    Money total_;
    bool restricted_ = false;
  };
  Capacity capacity() const;
  // What they carry beside the present hold.
  Capacity free_capacity() const;
  // Makes the hold exactly `needs`; false, changing nothing, when the grants do not carry it.
  bool hold(const std::vector<Need>& needs);
  // Adds to the hold; the same.
  bool hold_more(const std::vector<Need>& needs);
  // Frees up to `amount` of what is held for the type, first of the grants that expire last.
  void release(std::string_view type, Money amount);

  // Charges the run of `instance` up to `total` in all (its newest posting says what it has paid), out of its part
  // of the hold. Less than already posted gives the difference back, as a correction named `reason`.
  void charge_run(Instance& instance, Money total, RunSeconds to, WallTime at, const std::string& reason);

  // A new disk with its reserve; false, changing nothing, when the unrestricted grants do not reach.
  bool add_disk(Disk disk);
  // Charges every disk up to `at`: out of the hold's part for disks, else of what is available, else of the disk's
  // own reserve, else the house pays.
  void post_storage(WallTime at);
  // The same when reserves are in use already: before new money comes, which must not pay what they covered.
  void post_storage_if_short();
  // The student's cost ends now; the reserve is free again. Until `purge_at` it can be brought back.
  void delete_disk(const DiskId& id, std::optional<WallTime> purge_at = {});
  // A deleted one costs again from now, at its old price; the time between is nobody's. False, changing nothing, when
  // `reserve` cannot be set aside.
  bool restore_disk(const DiskId& id, Money reserve);
  // Fills reserves that were used, as far as the money goes. After a top-up.
  void refill_reserves();
  // A snapshot that is whole: it costs from now on, at this price, and keeps no more than the reserve.
  void complete_snapshot(const DiskId& id, std::int64_t stored_mib, Price price, Money reserve);
  // One that could not be made: it keeps nothing.
  void fail_snapshot(const DiskId& id);
  const Disk* disk(const DiskId& id) const;
  void detach_disk(const DiskId& id) { edit(id).attached = {}; }
  void attach_disk(const DiskId& id, const InstanceId& to) { edit(id).attached = edit(id).origin = to; }

  // Elastic addresses, likewise: a new one with its reserve, or false; what it is associated with, and whether it costs from
  // now on; and its end. The reserve is there for what is not yet looked at, never a reason to keep it.
  bool add_address(Address address);
  Address& edit_address(const std::string& id) { return addresses_.edit(id); }
  void set_idle(const std::string& id, bool idle);
  void release_address(const std::string& id);
  // Addresses that cost and that only their reserve pays for: to be released.
  std::vector<std::string> unpaid_addresses() const;

  // What the disks and addresses cost up to now and is not posted (each rounded up), and all of them an hour from now on.
  Money storage_due() const { return storage_due_; }
  Price storage_rate() const { return storage_rate_; }
  // The first posting that a UTC midnight has made due, if any.
  bool storage_older_than(WallTime midnight) const;

  void give(Grant grant, const std::string& reason);
  // At most available(): what is held, reserved or spent cannot be taken. Answers a grant it took from.
  GrantId take_back(Money amount, const std::string& reason);

  // What changed, for the command to put; first moves what expired and nobody drew on.
  struct Changes {
    std::vector<Grant> grants;
    std::optional<Hold> hold;
    std::vector<Disk> disks;
    std::vector<Address> addresses;
    std::vector<std::string> released;  // addresses that are no more
    std::vector<Entry> entries;
  };
  Changes take_changes();

  WallTime now() const { return now_; }

 private:
  // Rows of one kind, of which only the changed ones are copied.
  template <class Row>
  struct Kept {
    std::map<Key<Row>, RowPtr<Row>> rows;
    std::map<Key<Row>, std::shared_ptr<Row>> edited;  // own copies, in rows too
    Row& edit(const Key<Row>& id) {
      auto& own = edited[id];
      if (!own) rows.at(id) = own = std::make_shared<Row>(*rows.at(id));
      return *own;
    }
    Row& add(Row row) {
      auto own = std::make_shared<Row>(std::move(row));
      edited[own->key()] = own;
      rows[own->key()] = own;
      return *own;
    }
  };

  bool expired(const Grant& grant) const { return grant.expires <= now_; }
  Money unrestricted_free() const;
  Disk& edit(const DiskId& id) { return disks_.edit(id); }
  template <class Visit>
  void each_kept(Visit&& visit) const;  // every disk's and address's row
  template <class Row>
  bool add_kept(Kept<Row>& kept, Row row);
  template <class Row>
  void post_kept(Kept<Row>& kept, const Key<Row>& id, WallTime at);
  template <class Row>
  void refill(Kept<Row>& kept);
  template <class Row>
  void free_reserve(Row& row);
  void refresh_storage();
  Money free(const Grant& grant) const;
  Money owed_beyond_hold() const;
  bool can_reserve(Money amount) const;
  template <class Row>
  void draw_reserve(Row& row, Money amount);
  void spend(const GrantId& id, Money amount, Entry entry);
  void add_entry(Entry entry);
  void give_back(Instance& instance, Money amount, Entry entry);

  AccountId account_;
  WallTime now_;
  std::map<GrantId, Grant> grants_;
  std::vector<GrantId> order_;  // soonest to expire, narrowest, oldest
  Hold hold_;
  std::map<GrantId, Money> earmarked_;  // held and reserved of each grant
  Kept<Disk> disks_;
  Kept<Address> addresses_;
  std::vector<std::string> released_;
  Money storage_due_;
  Price storage_rate_;
  std::set<GrantId> touched_grants_;
  bool touched_hold_ = false;
  std::vector<Entry> entries_;
};

}  // namespace stipend::domain
