// Ids as clients send them. An id of the right form that names nothing (also the 8 digits of old ones) is
// left to "not found"; another form is malformed. Pure; any thread.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "base/ids.hpp"

namespace stipend::api {

inline constexpr std::size_t kIdsMax = 1000;

// How AWS words the errors of one kind of id.
struct IdWords {
  std::string_view code;     // "InvalidInstanceID"
  std::string_view prefix;   // "i-"
  std::string_view one;      // "The instance ID '{}' does not exist"
  std::string_view several;  // "The instance IDs '{}' do not exist"
};

inline constexpr IdWords kInstanceIds{"InvalidInstanceID", "i-", "The instance ID '{}' does not exist",
                                      "The instance IDs '{}' do not exist"};
inline constexpr IdWords kImageIds{"InvalidAMIID", "ami-", "The image id '[{}]' does not exist",
                                   "The image ids '[{}]' do not exist"};
inline constexpr IdWords kVolumeIds{"InvalidVolume", "vol-", "The volume '{}' does not exist.",
                                    "The volumes '{}' do not exist."};
inline constexpr IdWords kSnapshotIds{"InvalidSnapshot", "snap-", "The snapshot '{}' does not exist.",
                                      "The snapshots '{}' do not exist."};
inline constexpr IdWords kVpcIds{"InvalidVpcID", "vpc-", "The vpc ID '{}' does not exist",
                                 "The vpc IDs '{}' do not exist"};
inline constexpr IdWords kSubnetIds{"InvalidSubnetID", "subnet-", "The subnet ID '{}' does not exist",
                                    "The subnet IDs '{}' do not exist"};
inline constexpr IdWords kGroupIds{"InvalidGroup", "sg-", "The security group '{}' does not exist",
                                   "The security groups '{}' do not exist"};
inline constexpr IdWords kKeyPairIds{"InvalidKeyPair", "key-", "The key pair ID '{}' does not exist",
                                     "The key pair IDs '{}' do not exist"};
inline constexpr IdWords kAllocationIds{"InvalidAllocationID", "eipalloc-", "The allocation ID '{}' does not exist",
                                        "The allocation IDs '{}' do not exist"};

std::unexpected<base::Error> malformed_id(const IdWords& words, std::string_view id);
std::unexpected<base::Error> ids_not_found(const IdWords& words, std::span<const std::string> ids);
// The prefix and 8 or 17 lower-case hex digits.
bool well_formed(const IdWords& words, std::string_view id);
// Each of the texts is well formed, and there are at most kIdsMax.
base::Status check_ids(const IdWords& words, std::span<const std::string> texts);

// Without repetitions, in the order given. Malformed before not found, as AWS.
template <class IdType>
base::Result<std::vector<IdType>> parse_ids(const IdWords& words, std::span<const std::string> texts) {
  TRY(check_ids(words, texts));
  std::vector<IdType> ids;
  std::vector<std::string> unknown;
  for (const auto& text : texts) {
    const auto id = IdType::parse(text);
    if (!id)
      unknown.push_back(text);
    else if (std::ranges::find(ids, *id) == ids.end())
      ids.push_back(*id);
  }
  if (!unknown.empty()) return ids_not_found(words, unknown);
  return ids;
}

}  // namespace stipend::api
