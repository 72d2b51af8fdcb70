#include "host/names.hpp"

#include <fmt/core.h>
#include <sys/stat.h>

#include "base/check.hpp"
#include "host/files.hpp"

namespace stipend::host {
namespace {

// FNV-1a folded to 32 bits: short enough for a 15 character device name; open() notices a collision.
std::string hash_of(std::string_view text) {
  std::uint64_t h = 14695981039346656037ULL;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return fmt::format("{:08x}", static_cast<std::uint32_t>(h ^ (h >> 32)));
}

std::string without_slash(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return std::string(path);
}

}  // namespace

Names Names::of(std::string_view state, std::string_view images) {
  CHECK(state.starts_with('/'), "a state folder's path is absolute");
  Names n;
  n.state = without_slash(state);
  n.images = images.empty() ? n.state + "/images" : without_slash(images);
  n.hash = hash_of(n.state);
  n.runtime = "/run/stipend/" + n.hash;
  n.mounts = n.runtime + "/mnt";
  n.nft_table = "stipend_" + n.hash;
  n.cgroup = "stipend-" + n.hash;
  n.device = "stgw" + n.hash;
  return n;
}

base::Result<Names> Names::open(std::string_view state, std::string_view images) {
  Names n = of(state, images);
  TRY(make_folders("/run/stipend", 0755));
  TRY(make_folders(n.runtime, 0711));
  TRY(make_folders(n.lxc_path(), 0711));
  const std::string owner = n.runtime + "/state";
  TRY_ASSIGN(Fd lock, lock_file(n.runtime + "/lock"));
  if (auto known = read_file(owner); !known) {
    TRY(write_file_atomic(owner, n.state + "\n", 0644, Keep::kFleeting));
  } else if (trimmed(*known) != n.state) {
    return base::fail(
        base::Fault::kConflict, "StateNameClash",
        fmt::format("the state folders {} and {} would share names on this host; use another path for one",
                    n.state, trimmed(*known)));
  }
  return n;
}

base::InstanceId stand_in(const base::DiskId& disk, const std::string& copy) {
  std::string digits(disk.view().substr(disk.view().find('-') + 1));
  if (!copy.empty()) digits = hash_of(digits + copy) + digits.substr(8);
  return *base::InstanceId::parse("i-" + digits);
}

std::string Names::veth(std::uint32_t slot) const {
  CHECK(slot < 65536, "slots fit a device name");
  return fmt::format("st{}{:x}", hash, slot);
}

}  // namespace stipend::host
