#include "host/identity.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <functional>

#include "base/dns.hpp"
#include "host/address.hpp"
#include "host/disk.hpp"
#include "host/files.hpp"
#include "host/home.hpp"
#include "host/mounts.hpp"
#include "host/process.hpp"
#include "host/tree.hpp"

namespace stipend::host {
namespace {

using base::fail;
using base::Fault;

constexpr uid_t kUbuntu = 1000;
constexpr std::size_t kKeysBytes = 256 * 1024;  // of an authorized_keys that keys are added to; a longer one is replaced

bool is_printable_lines(std::string_view text) {
  return std::ranges::all_of(
      text, [](unsigned char c) { return c == '\n' || c == '\t' || (c >= 0x20 && c != 0x7f); });
}

base::Status check(const Identity& i) {
  const auto invalid = [](const char* what) { return fail(Fault::kInvalid, "InvalidIdentity", what); };
  if (i.instance.empty() || i.disk.empty()) return invalid("a machine has an id and a disk");
  if (!base::is_dns_label(i.hostname)) return invalid("a host name is one DNS label in lower case");
  if (!parse_address(i.private_address) || !parse_address(i.nameserver))
    return invalid("addresses are dotted quads");
  if (i.authorized_keys.size() > 64 * 1024 || !is_printable_lines(i.authorized_keys))
    return invalid("authorized_keys are printable lines of 64 KiB at most");
  if (i.user_data.size() > 16 * 1024) return invalid("user data has 16 KiB at most");
  if (i.jupyter_token.size() < 16 || i.jupyter_token.size() > 128 ||
      i.jupyter_token.find_first_not_of("0123456789abcdef") != std::string::npos)
    return invalid("a Jupyter token is 16 to 128 hex digits");
  return {};
}

// On the state's tmpfs: owned by the guest's root, but it sees the folder read-only.
base::Status write_facts(const Names& names, const Identity& i) {
  const std::string folder = names.machine_facts(i.instance);
  TRY(make_folders(folder, 0755));
  const uid_t root = i.ids.base(), ubuntu = i.ids.base() + kUbuntu;
  const auto put = [&](const char* name, std::string_view text, mode_t mode, gid_t group) -> base::Status {
    const std::string path = folder + "/" + name;
    TRY(write_file_atomic(path, text, mode, Keep::kFleeting));
    if (chown(path.c_str(), root, group) != 0) return base::fail_errno("chown " + path, errno);
    return {};
  };
  if (chown(folder.c_str(), root, root) != 0) return base::fail_errno("chown " + folder, errno);
  TRY(put("instance-id", i.instance.str() + "\n", 0644, root));
  TRY(put("jupyter.env", "JUPYTER_TOKEN=" + i.jupyter_token + "\n", 0640, ubuntu));
  TRY(put("proxy.env", login_environment(i.proxy), 0644, root));
  TRY(put("systemd.conf", manager_environment(i.proxy), 0644, root));
  if (!i.user_data.empty()) TRY(put("user-data", i.user_data, 0600, root));
  return {};
}

struct HostKey {
  std::string secret, shared;
};

base::Result<HostKey> make_host_key(const Names& names, const base::InstanceId& id) {
  const std::string path = names.mounts + "/hostkey-" + id.str();
  const auto forget = [&] {
    unlink(path.c_str());
    unlink((path + ".pub").c_str());
  };
  forget();
  auto key = [&]() -> base::Result<HostKey> {
    TRY(run_tool({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "root@" + id.str(), "-f", path},
                 10'000));
    TRY_ASSIGN(std::string secret, read_file(path));
    TRY_ASSIGN(std::string shared, read_file(path + ".pub"));
    return HostKey{std::move(secret), std::move(shared)};
  }();
  forget();
  return key;
}

std::string hosts_text(const Identity& i) {
  return fmt::format("127.0.0.1 localhost\n{0} {1}\n::1 localhost ip6-localhost ip6-loopback\n",
                     i.private_address, i.hostname);
}

// Every line of `known`, then those of `keys` that are not among them.
std::string with_keys(std::string known, std::string_view keys) {
  if (!known.empty() && !known.ends_with('\n')) known += '\n';
  while (!keys.empty()) {
    const auto end = std::min(keys.find('\n'), keys.size());
    const std::string line = std::string(keys.substr(0, end)) + "\n";
    keys.remove_prefix(std::min(end + 1, keys.size()));
    if (line.size() > 1 && !("\n" + known).contains("\n" + line)) known += line;
  }
  return known;
}

}  // namespace

base::Result<std::vector<std::string>> write_identity(const Names& names, const Identity& i) {
  TRY(check(i));
  TRY(write_facts(names, i));
  std::vector<std::string> notes;
  const auto note = [&](const char* what, base::Status s) {
    if (!s) notes.push_back(fmt::format("{}: {} {}", i.instance.str(), what, s.error().message));
    return s.has_value();
  };
  // The mark lies on the disk beside the guest's tree, where the guest cannot reach.
  const std::string mark = raw_disk_path(names, i.disk) + "/instance";
  const auto marked = read_file(mark);
  const bool first = !marked || trimmed(*marked) != i.instance.str();
  HostKey key;
  if (first) {
    TRY_ASSIGN(key, make_host_key(names, i.instance));
  }
  bool personal = true;
  TRY_ASSIGN(Tree tree, Tree::open(names.machine_root(i.instance)));
  {
    FsUser guest_root(i.ids.base(), i.ids.base());
    const auto put = [&](const char* path, std::string_view text, mode_t mode) {
      return note(path, tree.write(path, text, mode));
    };
    put("etc/resolv.conf", "nameserver " + i.nameserver + "\n", 0644);
    put("etc/hostname", i.hostname + "\n", 0644);
    put("etc/hosts", hosts_text(i), 0644);
    if (first) {
      std::string machine_id = i.instance.str().substr(2);  // 17 digits of the id and the disk's make the 32
      machine_id = (machine_id + i.disk.str().substr(4)).substr(0, 32) + "\n";
      personal &= put("etc/machine-id", machine_id, 0444);
      personal &= put("etc/ssh/ssh_host_ed25519_key", key.secret, 0600);
      personal &= put("etc/ssh/ssh_host_ed25519_key.pub", key.shared, 0644);
      for (const char* kind : {"rsa", "ecdsa", "dsa"})  // its guest's own, in a disk that was another machine's
        for (const char* part : {"_key", "_key.pub"}) {
          const std::string other = std::string("etc/ssh/ssh_host_") + kind + part;
          note(other.c_str(), tree.remove(other));
        }
    }
  }
  if (first) {
    TRY_ASSIGN(const Tree home, Tree::open(i.own_home ? names.machine_root(i.instance) : names.machine_home(i.instance)));
    const std::string ssh = i.own_home ? std::string(kLoginHome) + "/.ssh" : ".ssh", keys = ssh + "/authorized_keys";
    FsUser ubuntu(i.ids.base() + kUbuntu, i.ids.base() + kUbuntu);
    personal &= note(ssh.c_str(), home.make_folder(ssh, 0700));
    if (!i.authorized_keys.empty())
      personal &= note(keys.c_str(), home.write(keys, with_keys(home.read(keys, kKeysBytes), i.authorized_keys), 0600));
  }
  if (first && personal) TRY(write_file_atomic(mark, i.instance.str() + "\n", 0600));
  return notes;
}

base::Status remove_facts(const Names& names, const base::InstanceId& instance) {
  std::error_code error;
  std::filesystem::remove_all(names.machine_facts(instance), error);
  if (error) return base::fail_errno("remove " + names.machine_facts(instance), error.value());
  return {};
}

}  // namespace stipend::host
