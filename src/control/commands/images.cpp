#include "control/commands/images.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <vector>

#include "control/commands/instances.hpp"
#include "control/commands/snapshots.hpp"
#include "control/commands/tag_rules.hpp"

namespace stipend::control {
namespace {

using base::Fault;
using domain::Image;
using domain::InstanceState;
using domain::SnapshotState;

constexpr std::size_t kMostOfAnAccount = 100;
constexpr std::size_t kDescriptionMost = 255;

std::unexpected<base::Error> not_found(const base::ImageId& id) {
  return base::fail(Fault::kNotFound, "InvalidAMIID.NotFound", fmt::format("The image id '[{}]' does not exist", id.str()));
}

// EC2 API Reference, CreateImage: 3 to 128 of letters, digits, parentheses, square brackets, spaces, periods, slashes,
// dashes, single quotes, at-signs, underscores.
base::Status check_ami_name(const std::string& name) {
  constexpr std::string_view kOther = "()[] ./-'@_";
  const bool good = name.size() >= 3 && name.size() <= 128 && std::ranges::all_of(name, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || kOther.contains(c);
  });
  if (good) return {};
  return base::fail(Fault::kInvalid, "InvalidAMIName.Malformed",
                    "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, spaces, single quotes, '(', ')', "
                    "'[', ']', '.', '/', '-', '@' and '_'");
}

base::Status check_description(const std::string& description) {
  if (description.size() <= kDescriptionMost) return {};
  return base::fail(Fault::kInvalid, "InvalidParameterValue", fmt::format("Description is limited to {} characters", kDescriptionMost));
}

base::Status check_new(const Tx& tx, const base::AccountId& account, const ImageRequest& request) {
  TRY(check_ami_name(request.name));
  TRY(check_description(request.description));
  TRY(check_tags(request.tags));
  std::size_t count = 0;
  for (const auto& [id, image] : tx.state().images) {
    if (image->account != account || image->deregistered) continue;
    ++count;
    if (image->name == request.name)
      return base::fail(Fault::kConflict, "InvalidAMIName.Duplicate",
                        fmt::format("AMI name {} is already in use by AMI {}", request.name, id.str()));
  }
  if (count >= kMostOfAnAccount)
    return base::fail(Fault::kNoRoom, "ImageLimitExceeded",
                      fmt::format("account {} has {} images, the most there may be. Deregister some first.", account.str(), count));
  return {};
}

// Rows of images that nothing is launched from and that no machine came from.
void forget_unused(Tx& tx, const base::AccountId& account) {
  std::vector<base::ImageId> unused;
  for (const auto& [id, image] : tx.state().images) {
    if (image->account != account || !image->deregistered) continue;
    const auto from_it = [&](const auto& row) { return row.second->image == id; };
    if (std::ranges::none_of(tx.state().instances, from_it) && std::ranges::none_of(tx.state().queue, from_it)) unused.push_back(id);
  }
  for (const auto& id : unused) tx.erase<Image>(id);
}

domain::RowPtr<Image> save_image(Tx& tx, const domain::Disk& snapshot, const ImageRequest& request, const base::ImageId& id) {
  const auto* base = tx.state().find<Image>(snapshot.image);
  Image image;
  image.id = id;
  image.name = request.name;
  image.description = request.description;
  image.min_disk_gib = snapshot.gib;
  image.jupyter = base && base->jupyter;
  image.created = tx.now();
  image.account = snapshot.account;
  image.snapshot = snapshot.id;
  image.base = snapshot.image;
  image.tags = request.tags;
  forget_unused(tx, image.account);
  tx.audit("register-image", id.str(), snapshot_id(snapshot.id).str());
  tx.save(std::move(image));
  return tx.state().images.at(id);
}

// One of the actor's own, to be changed.
base::Result<Image> own_image(const Tx& tx, const base::ImageId& id) {
  TRY(check_not_suspended(tx));
  TRY_ASSIGN(const auto* account, own_account(tx));
  const auto* image = tx.state().find<Image>(id);
  if (!image || image->deregistered || !may_launch(tx.state(), account->id, *image)) return not_found(id);
  if (image->account != account->id) return base::fail(Fault::kDenied, "AuthFailure", fmt::format("Not authorized for image:{}", id.str()));
  return *image;
}

}  // namespace

bool may_launch(const domain::State& state, const base::AccountId& account, const Image& image) {
  if (image.account.empty() || image.account == account) return true;
  const auto* owner = state.find<domain::Account>(image.account);
  const auto* other = state.find<domain::Account>(account);
  return image.shared && owner && other && owner->course == other->course;
}

std::string_view state_of(const domain::State& state, const Image& image) {
  if (image.deregistered) return "deregistered";
  if (image.account.empty()) return "available";
  const auto* snapshot = state.find<domain::Disk>(image.snapshot);
  if (!snapshot || snapshot->deleted || snapshot->snapshot == SnapshotState::kError) return "failed";
  return snapshot->snapshot == SnapshotState::kPending ? "pending" : "available";
}

base::Result<const Image*> launchable_image(const domain::State& state, const base::AccountId& account, const base::ImageId& id) {
  const auto* image = state.find<Image>(id);
  if (!image || image->deregistered || !may_launch(state, account, *image)) return not_found(id);
  if (state_of(state, *image) != "available")
    return base::fail(Fault::kConflict, "InvalidAMIID.Unavailable",
                      fmt::format("The image ID '{}' is {}, so it cannot be launched", id.str(), state_of(state, *image)));
  return image;
}

void lay_root(const Image& image, domain::Disk& disk) {
  disk.image = image.account.empty() ? image.id : image.base;
  disk.source = image.snapshot;
}

base::Result<domain::RowPtr<Image>> create_image(Tx& tx, const base::InstanceId& id, const ImageRequest& request) {
  TRY_ASSIGN(const auto* account, own_account(tx));
  TRY_ASSIGN(const auto instance, visible_instance(tx.state(), tx.actor(), id));
  if (instance->account != account->id)
    return base::fail(Fault::kNotFound, "InvalidInstanceID.NotFound", fmt::format("The instance ID '{}' does not exist", id.str()));
  if (instance->state != InstanceState::kRunning && instance->state != InstanceState::kStopped)
    return base::fail(Fault::kConflict, "IncorrectInstanceState",
                      fmt::format("The instance '{}' is not in the 'running' or 'stopped' state.", id.str()));
  TRY(check_new(tx, account->id, request));
  const auto ami = base::make_id<base::ImageId>(tx.random());
  const SnapshotRequest wanted{.disk = instance->root_disk,
                               .description = fmt::format("Created by CreateImage({}) for {}", id.str(), ami.str()),
                               .tags = request.snapshot_tags,
                               .dry_run = request.dry_run};
  TRY_ASSIGN(const auto snapshot, create_snapshot(tx, wanted));
  return save_image(tx, *snapshot, request, ami);
}

base::Result<domain::RowPtr<Image>> register_own_image(Tx& tx, const base::DiskId& id, const ImageRequest& request) {
  TRY(check_not_suspended(tx));
  TRY_ASSIGN(const auto* account, own_account(tx));
  TRY_ASSIGN(const auto* snapshot, find_snapshot(tx.state(), account->id, id));
  if (snapshot->image.empty())
    return base::fail(Fault::kInvalid, "InvalidParameterValue",
                      fmt::format("{} is no snapshot of a root disk: no machine could begin with it", snapshot_id(id).str()));
  if (snapshot->snapshot != SnapshotState::kCompleted)
    return base::fail(Fault::kConflict, "IncorrectState", fmt::format("The snapshot {} is not completed", snapshot_id(id).str()));
  TRY(check_new(tx, account->id, request));
  if (request.dry_run) return dry_run_succeeded();
  return save_image(tx, *snapshot, request, base::make_id<base::ImageId>(tx.random()));
}

base::Status deregister_image(Tx& tx, const base::ImageId& id, bool dry_run) {
  TRY_ASSIGN(auto image, own_image(tx, id));
  if (dry_run) return dry_run_succeeded();
  const auto account = image.account;
  image.deregistered = tx.now();
  tx.save(std::move(image));
  forget_unused(tx, account);
  tx.audit("deregister-image", id.str(), {});
  return {};
}

base::Status share_image(Tx& tx, const base::ImageId& id, bool shared, bool dry_run) {
  TRY_ASSIGN(auto image, own_image(tx, id));
  const auto* owner = tx.state().find<domain::Account>(image.account);
  if (shared && owner->role == domain::Role::kStudent)
    return base::fail(Fault::kDenied, "OperationNotPermitted",
                      "Only the staff of a course shares images with its members: who launches one runs what is on it.");
  if (dry_run) return dry_run_succeeded();
  if (image.shared == shared) return {};
  image.shared = shared;
  tx.save(std::move(image));
  tx.audit(shared ? "share-image" : "unshare-image", id.str(), {});
  return {};
}

base::Status describe_image(Tx& tx, const base::ImageId& id, const std::string& description, bool dry_run) {
  TRY_ASSIGN(auto image, own_image(tx, id));
  TRY(check_description(description));
  if (dry_run) return dry_run_succeeded();
  image.description = description;
  tx.save(std::move(image));
  tx.audit("describe-image", id.str(), {});
  return {};
}

}  // namespace stipend::control
