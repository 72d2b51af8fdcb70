#pragma once

#include "api/describe/filter.hpp"
#include "api/ec2/instance_view.hpp"

namespace stipend::api {

// The filters of DescribeInstances.
extern const FilterTable<InstanceView> kInstanceFilters;

}  // namespace stipend::api
