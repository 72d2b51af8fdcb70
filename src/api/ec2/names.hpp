// Names that EC2 answers carry and that follow from an id, an address or the region. Pure; any thread.
// "Amazon VPC default VPC", "EC2 instance hostnames" of the user guides.
#pragma once

#include <string>
#include <string_view>

#include "api/settings.hpp"
#include "base/ids.hpp"

namespace stipend::api {

inline constexpr std::string_view kRootDevice = "/dev/sda1";
inline constexpr std::string_view kHomeDevice = "/dev/sdh";

// "ip-172-31-5-6.ec2.internal" (us-east-1), "….REGION.compute.internal" elsewhere. Empty for no address.
std::string private_dns_name(const Settings& settings, std::string_view address);
// The address itself: AWS's names for it do not resolve to machines here, and this works wherever a name
// does.
std::string public_dns_name(std::string_view address);

// "use1-az1" of us-east-1's first zone.
std::string zone_id(const Settings& settings, std::string_view zone);

// The objects of an account's default VPC have no rows: their ids are hashes of what they belong to, and stay
// the same for ever.
std::string vpc_id(const base::AccountId& account);
std::string subnet_id(const base::AccountId& account, std::string_view zone);
std::string default_group_id(const base::AccountId& account);
std::string network_interface_id(const base::InstanceId& instance);
std::string interface_attachment_id(const base::InstanceId& instance);

}  // namespace stipend::api
