#include "api/ec2/ids.hpp"

namespace stipend::api {

std::unexpected<base::Error> malformed_id(const IdWords& words, std::string_view id) {
  const bool disk = words.prefix == kVolumeIds.prefix || words.prefix == kSnapshotIds.prefix;  // InvalidVolume.NotFound, but InvalidVolumeID.Malformed
  return base::fail(base::Fault::kInvalid, fmt::format("{}{}.Malformed", words.code, disk ? "ID" : ""),
                    fmt::format("Invalid id: \"{}\" (expecting \"{}...\")", id.substr(0, 64), words.prefix));
}

std::unexpected<base::Error> ids_not_found(const IdWords& words, std::span<const std::string> ids) {
  return base::fail(
      base::Fault::kNotFound, fmt::format("{}.NotFound", words.code),
      fmt::format(fmt::runtime(ids.size() == 1 ? words.one : words.several), fmt::join(ids, ", ")));
}

bool well_formed(const IdWords& words, std::string_view id) {
  if (!id.starts_with(words.prefix)) return false;
  id.remove_prefix(words.prefix.size());
  return (id.size() == 8 || id.size() == 17) && id.find_first_not_of("0123456789abcdef") == id.npos;
}

base::Status check_ids(const IdWords& words, std::span<const std::string> texts) {
  if (texts.size() > kIdsMax)
    return base::fail(base::Fault::kInvalid, "InvalidParameterValue",
                      fmt::format("At most {} ids can be given in one call.", kIdsMax));
  for (const auto& text : texts)
    if (!well_formed(words, text)) return malformed_id(words, text);
  return {};
}

}  // namespace stipend::api
