#include "api/ec2/snapshot_view.hpp"

#include "api/ec2/tags.hpp"
#include "control/commands/snapshots.hpp"

namespace stipend::api {
namespace {

using domain::SnapshotState;
using Field = FilterTable<SnapshotView>::Field;

std::string_view state_of(const SnapshotView& v) {
  switch (v->snapshot) {
    case SnapshotState::kCompleted: return "completed";
    case SnapshotState::kError: return "error";
    default: return "pending";
  }
}

// How far a copy is, its host does not say.
std::string_view progress_of(const SnapshotView& v) { return v->snapshot == SnapshotState::kCompleted ? "100%" : "0%"; }

// The filters of DescribeSnapshots (EC2 API Reference), from the same facts as the answer.
constexpr Field kFields[] = {
    {"description", [](const SnapshotView& v, Probe& p) { p(v->description); }},
    {"encrypted", [](const SnapshotView&, Probe& p) { p(false); }},
    {"owner-id", [](const SnapshotView& v, Probe& p) { p(v->account.str()); }},
    {"progress", [](const SnapshotView& v, Probe& p) { p(progress_of(v)); }},
    {"snapshot-id", [](const SnapshotView& v, Probe& p) { p(control::snapshot_id(v->id).str()); }},
    {"start-time", [](const SnapshotView& v, Probe& p) { p(base::to_iso8601(v->created)); }},
    {"status", [](const SnapshotView& v, Probe& p) { p(state_of(v)); }},
    {"storage-tier", [](const SnapshotView&, Probe& p) { p("standard"); }},
    {"transfer-type", [](const SnapshotView&, Probe& p) { p("standard"); }},
    {"volume-id", [](const SnapshotView& v, Probe& p) { p(v->source.str()); }},
    {"volume-size", [](const SnapshotView& v, Probe& p) { p(v->gib); }},
};
constexpr std::string_view kUnset[] = {"owner-alias"};

}  // namespace

const FilterTable<SnapshotView> kSnapshotFilters{
    kFields, kUnset, [](const SnapshotView& v) -> const domain::Tags& { return v->tags; }};

aws::ec2::Snapshot to_aws(const SnapshotView& v) {
  aws::ec2::Snapshot out;
  out.snapshot_id = control::snapshot_id(v->id).str();
  out.volume_id = v->source.str();
  out.volume_size = v->gib;
  out.state = state_of(v);
  if (v->snapshot == SnapshotState::kError) out.state_message = "The volume could not be copied. Nothing is charged; delete this snapshot.";
  out.progress = progress_of(v);
  out.start_time = v->created;
  if (v->snapshot == SnapshotState::kCompleted) {
    out.completion_time = v->created;
    out.full_snapshot_size_in_bytes = v->stored_mib << 20;
  }
  out.owner_id = v->account.str();
  out.description = v->description;
  out.encrypted = false;
  out.storage_tier = "standard";
  out.tags = to_aws(v->tags);
  return out;
}

}  // namespace stipend::api
