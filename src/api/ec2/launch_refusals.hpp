// What RunInstances can ask for and machines here do not have. Pure; any thread.
#pragma once

#include "aws/ec2/shapes/ebs_block_device.hpp"
#include "aws/ec2/shapes/run_instances_request.hpp"
#include "base/result.hpp"

namespace stipend::api {

base::Status refuse_what_is_not_served(const aws::ec2::RunInstancesRequest& request);
base::Status refuse_ebs_options(const aws::ec2::EbsBlockDevice& ebs);

}  // namespace stipend::api
