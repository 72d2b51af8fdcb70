// Images of accounts: a snapshot of a machine's root disk, over the house's image that it was a layer of. What is launched
// from one begins with a copy of the snapshot (docs/design/disks.md). Engine's strand only.
#pragma once

#include <string>
#include <string_view>

#include "control/commands/common.hpp"

namespace stipend::control {

// Whether the account may launch it: the house's, its own, and those that staff shares with its course.
bool may_launch(const domain::State& state, const base::AccountId& account, const domain::Image& image);
// "available", "pending" (its snapshot is being made), "failed", "deregistered".
std::string_view state_of(const domain::State& state, const domain::Image& image);
// One that the account may launch, now: InvalidAMIID.NotFound, InvalidAMIID.Unavailable.
base::Result<const domain::Image*> launchable_image(const domain::State& state, const base::AccountId& account, const base::ImageId& id);
// What a new root disk of it is: the layer's image, and what it is copied from.
void lay_root(const domain::Image& image, domain::Disk& disk);

struct ImageRequest {
  std::string name;
  std::string description;
  domain::Tags tags, snapshot_tags;
  bool dry_run = false;
};
// Of a machine that runs or is stopped; makes the snapshot too. The machine goes on: its file system stands still for the
// instant of the copy. IncorrectInstanceState, InvalidAMIName.Duplicate | .Malformed, and what create_snapshot() answers.
base::Result<domain::RowPtr<domain::Image>> create_image(Tx& tx, const base::InstanceId& instance, const ImageRequest& request);
// Of a snapshot of a root disk that is completed.
base::Result<domain::RowPtr<domain::Image>> register_own_image(Tx& tx, const base::DiskId& snapshot, const ImageRequest& request);
// Nothing is launched from it any more; machines that it made go on. Its snapshot stays, and costs, until it is deleted, too.
base::Status deregister_image(Tx& tx, const base::ImageId& id, bool dry_run);
// With the members of the course, by its staff alone: OperationNotPermitted else.
base::Status share_image(Tx& tx, const base::ImageId& id, bool shared, bool dry_run);
base::Status describe_image(Tx& tx, const base::ImageId& id, const std::string& description, bool dry_run);

}  // namespace stipend::control
