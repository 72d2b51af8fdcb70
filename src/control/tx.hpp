// Tx: what a command sees and may do while it runs on the engine's strand. A command is a function of
// (state, arguments, now, ids): it reads the head state, checks, then puts rows and asks for effects. When it
// returns an error everything it put is undone. Commands are in control/commands/, one file a subject.
#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "compute/provider.hpp"
#include "domain/state.hpp"
#include "store/change.hpp"

namespace stipend::control {

// Who asks, through what; written to the audit row of the command.
struct Actor {
  std::string who;  // account id, "uid:0", "guard", "host"
  std::string via;  // "aws", "console", "admin", "host", "clock"
  std::string request_id;
  base::AccountId account;  // empty for the operator and the system itself
  domain::Role role = domain::Role::kStudent;
};

// What happens in the world once the batch is committed: a wish to the provider that serves the instance.
struct StartEffect {
  compute::StartSpec spec;
};
struct RenewEffect {
  compute::RunKey key;
  compute::Lease lease;
};
struct StopEffect {
  compute::RunKey key;
  compute::StopWish wish;
};
struct RebootEffect {
  compute::RunKey key;
  std::string request_id = {};
};
struct AcknowledgeEffect {
  compute::RunKey key;
};
struct DeleteDiskEffect {
  base::DiskId disk;
};
struct SnapshotEffect {
  base::DiskId from, to;
};
struct AddressEffect {
  compute::RunKey key;
  std::string public_address;
};
using Effect = std::variant<StartEffect, RenewEffect, StopEffect, RebootEffect, AcknowledgeEffect, DeleteDiskEffect, SnapshotEffect,
                            AddressEffect>;

class Tx {
 public:
  virtual ~Tx() = default;
  virtual const domain::State& state() const = 0;
  virtual base::WallTime now() const = 0;  // server time, never backwards (persisted high-water)
  virtual base::Random& random() = 0;
  virtual const Actor& actor() const = 0;
  virtual void put(
      store::Change change) = 0;  // Put<Row> or Erase<Row>; entries and audits get their number here
  virtual void effect(Effect effect) = 0;
  virtual void audit(std::string action, std::string target, std::string reason) = 0;
  // Runs a part of the command; when it answers an error, all that the part put and asked for is undone and the command
  // may go on.
  virtual base::Status attempt(const std::function<base::Status()>& part) = 0;
  // Whether runs may begin now; false while the disk of the state is full.
  virtual bool may_begin() const = 0;

  template <class Row>
  void save(Row row) {
    put(store::Put<Row>{std::make_shared<const Row>(std::move(row))});
  }
  template <class Row>
  void erase(domain::Key<Row> key) {
    put(store::Erase<Row>{std::move(key)});
  }
};

}  // namespace stipend::control
