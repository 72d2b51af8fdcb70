// What AWS's bills call things here: services, usage types, operations, places. Pure; any thread.
// "AWS Cost and Usage Report", "Amazon EC2 usage reports" of the user guides; the prefixes of usage types by region there.
#pragma once

#include <string>
#include <string_view>

namespace stipend::domain {

inline constexpr std::string_view kServiceCode = "AmazonEC2";
inline constexpr std::string_view kComputeService = "Amazon Elastic Compute Cloud - Compute";
inline constexpr std::string_view kOtherService = "EC2 - Other";
inline constexpr std::string_view kRunOperation = "RunInstances";
inline constexpr std::string_view kVolumeOperation = "CreateVolume-Gp2";
inline constexpr std::string_view kSnapshotOperation = "CreateSnapshot";
inline constexpr std::string_view kAddressOperation = "AssociateAddressVPC";

// "BoxUsage:t2.medium"; "USW2-BoxUsage:t2.medium" in us-west-2.
std::string box_usage(std::string_view region, std::string_view type);
// "EBS:VolumeUsage.gp2"
std::string volume_usage(std::string_view region);
// "EBS:SnapshotUsage"
std::string snapshot_usage(std::string_view region);
// "ElasticIP:IdleAddress"
std::string address_usage(std::string_view region);
// "US East (N. Virginia)"; of a region that AWS does not have: its name.
std::string location_of(std::string_view region);
// "t2" of "t2.medium"
std::string_view family_of(std::string_view type);
// What an hour of a size counts in hours of a `small`, in quarters: 2 of t2.micro, 16 of t2.large; 0 of a size that AWS does
// not have. "Instance size flexibility" of the EC2 User Guide.
std::int64_t normalization_quarters(std::string_view type);

}  // namespace stipend::domain
