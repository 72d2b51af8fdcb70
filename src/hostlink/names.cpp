#include "hostlink/names.hpp"

#include <fmt/format.h>

namespace stipend::hostlink {

std::string state_hash(std::string_view state_path) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const unsigned char c : state_path) hash = (hash ^ c) * 0x100000001b3;
  return fmt::format("{:08x}", static_cast<std::uint32_t>(hash ^ (hash >> 32)));
}

std::string runtime_folder(std::string_view state_path) { return "/run/stipend/" + state_hash(state_path); }

std::string host_socket(std::string_view state_path) { return runtime_folder(state_path) + "/host.sock"; }

std::string files_name(std::string_view disk, std::string_view copy) { return fmt::format("{}{}{}", disk, copy.empty() ? "" : "@", copy); }

std::string files_socket(std::string_view runtime_folder, std::string_view disk, std::string_view copy) {
  return fmt::format("{}/files/{}.sock", runtime_folder, files_name(disk, copy));
}

std::string host_lock(std::string_view state_path) { return runtime_folder(state_path) + "/host.lock"; }

}  // namespace stipend::hostlink
