// Where RunInstances puts a machine: zone, subnet, security groups, the one network interface. Pure; any
// thread.
#pragma once

#include <string>

#include "api/settings.hpp"
#include "aws/ec2/shapes/run_instances_request.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"

namespace stipend::api {

// The zone that placement or subnet name, or the default one. Subnets and groups must be the default VPC's.
base::Result<std::string> launch_zone(const aws::ec2::RunInstancesRequest& request, const Settings& settings,
                                      const base::AccountId& account);

}  // namespace stipend::api
