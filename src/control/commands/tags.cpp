#include <fmt/format.h>

#include "control/commands/accounts.hpp"
#include "control/commands/common.hpp"
#include "control/commands/instances.hpp"
#include "control/commands/snapshots.hpp"
#include "control/commands/tag_rules.hpp"

namespace stipend::control {
namespace {

using base::Fault;

base::Status change_one(domain::Tags& tags, const TagChange& change) {
  for (const auto& [key, value] : change.tags) {
    if (change.remove) {
      const auto at = tags.find(key);
      if (at != tags.end() && !is_system_tag(key) && (!value || *value == at->second)) tags.erase(at);
    } else {
      TRY(check_tag(key, value.value_or("")));
      tags[key] = value.value_or("");
    }
  }
  if (change.remove && change.tags.empty()) std::erase_if(tags, [](const auto& tag) { return !is_system_tag(tag.first); });
  if (tags.size() > kTagsPerResource)
    return base::fail(Fault::kInvalid, "TagLimitExceeded", "The maximum number of Tags for a resource has been reached.");
  return {};
}

// Puts the row with its tags changed; false when the actor may not see such a row.
template <class Row>
base::Result<bool> try_key(Tx& tx, const domain::Key<Row>& key, const TagChange& change) {
  const Row* known = tx.state().find<Row>(key);
  if (!known || !may_act_for(tx.state(), tx.actor(), known->account)) return false;
  Row row = *known;
  TRY(change_one(row.tags, change));
  if (row.tags != known->tags) tx.save(std::move(row));
  return true;
}

template <class Row, class Id>
base::Result<bool> try_row(Tx& tx, const std::string& resource, const TagChange& change) {
  const auto id = Id::parse(resource);
  if (!id) return false;
  return try_key<Row>(tx, *id, change);
}

// A snapshot is a disk by another name, and by that alone.
base::Result<bool> try_disk(Tx& tx, const std::string& resource, const TagChange& change) {
  const auto snapshot = base::SnapshotId::parse(resource);
  const auto id = snapshot ? disk_of(*snapshot) : base::DiskId::parse(resource).value_or(base::DiskId());
  const auto* disk = tx.state().find<domain::Disk>(id);
  if (!disk || (disk->kind == domain::DiskKind::kSnapshot) != snapshot.has_value()) return false;
  return try_key<domain::Disk>(tx, id, change);
}

std::unexpected<base::Error> unknown(const std::string& resource) {
  if (base::InstanceId::parse(resource))
    return base::fail(Fault::kNotFound, "InvalidInstanceID.NotFound", fmt::format("The instance ID '{}' does not exist", resource));
  if (base::DiskId::parse(resource))
    return base::fail(Fault::kNotFound, "InvalidVolume.NotFound", fmt::format("The volume '{}' does not exist.", resource));
  if (base::KeyPairId::parse(resource))
    return base::fail(Fault::kNotFound, "InvalidKeyPair.NotFound", fmt::format("The key pair '{}' does not exist", resource));
  if (base::SnapshotId::parse(resource))
    return base::fail(Fault::kNotFound, "InvalidSnapshot.NotFound", fmt::format("The snapshot '{}' does not exist.", resource));
  if (base::ImageId::parse(resource))
    return base::fail(Fault::kNotFound, "InvalidAMIID.NotFound", fmt::format("The image id '[{}]' does not exist", resource));
  if (base::is_prefixed_hex(resource, "eipalloc-"))
    return base::fail(Fault::kNotFound, "InvalidAllocationID.NotFound", fmt::format("The allocation ID '{}' does not exist", resource));
  return base::fail(Fault::kInvalid, "InvalidID", fmt::format("The ID '{}' is not valid", resource.substr(0, 100)));
}

}  // namespace

base::Status change_tags(Tx& tx, const TagChange& change) {
  constexpr std::size_t kMostResources = 1000;
  if (change.resources.empty() || change.resources.size() > kMostResources)
    return base::fail(Fault::kInvalid, "InvalidParameterValue", fmt::format("name 1 to {} resources", kMostResources));
  if (!change.remove && change.tags.empty())
    return base::fail(Fault::kInvalid, "MissingParameter", "The request must contain the parameter Tag");
  for (const auto& resource : change.resources) {
    TRY_ASSIGN(bool done, (try_row<domain::Instance, base::InstanceId>(tx, resource, change)));
    if (!done) {
      TRY_ASSIGN(done, try_disk(tx, resource, change));
    }
    if (!done) {
      TRY_ASSIGN(done, (try_row<domain::KeyPair, base::KeyPairId>(tx, resource, change)));
    }
    if (!done) {
      TRY_ASSIGN(done, (try_row<domain::Image, base::ImageId>(tx, resource, change)));
    }
    if (!done && tx.state().find<domain::Address>(resource)) {
      TRY_ASSIGN(done, try_key<domain::Address>(tx, resource, change));
    }
    if (!done) return unknown(resource);
    tx.audit(change.remove ? "delete-tags" : "create-tags", resource, {});
  }
  if (change.dry_run) return dry_run_succeeded();
  return {};
}

}  // namespace stipend::control
