// A snapshot, taken on the strand, turned into AWS's "Snapshot" off it.
#pragma once

#include "api/describe/filter.hpp"
#include "aws/ec2/shapes/snapshot.hpp"
#include "domain/state.hpp"

namespace stipend::api {

using SnapshotView = domain::RowPtr<domain::Disk>;

aws::ec2::Snapshot to_aws(const SnapshotView& snapshot);

extern const FilterTable<SnapshotView> kSnapshotFilters;

}  // namespace stipend::api
