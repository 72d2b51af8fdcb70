// RunInstances' parameters as control's LaunchRequest. A parameter that asks for something machines here do
// not have is refused by name, never dropped; what is already so (Tenancy=default, a public address) is
// accepted. Pure; any thread.
#pragma once

#include <string>

#include "api/settings.hpp"
#include "aws/ec2/shapes/run_instances_request.hpp"
#include "base/result.hpp"
#include "control/commands/instances.hpp"

namespace stipend::api {

base::Result<control::LaunchRequest> to_launch_request(const aws::ec2::RunInstancesRequest& request,
                                                       const Settings& settings,
                                                       const base::AccountId& account,
                                                       std::string request_hash);

// "UnsupportedOperation: …" naming the parameter.
std::unexpected<base::Error> not_served(std::string_view parameter,
                                        std::string_view instead = "leave it out");
// Decoded from base64; at most 16 KiB.
base::Result<std::string> decode_user_data(std::string_view base64_text);

}  // namespace stipend::api
