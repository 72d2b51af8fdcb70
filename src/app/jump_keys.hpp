// The server's side of the jump host. sshd asks here, through curl on a Unix socket that only the jump user may speak to,
// what an offered key opens; the answer is one authorized_keys line that permits port 22 of the holder's own running
// machines, by every name they have, or nothing. Every connection that was let in is looked at again each second: one
// whose key was deleted, whose account was suspended, or for which an address has become somebody else's, is ended.
// One thread: the server's loop.
#pragma once

#include <sys/types.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "app/jump.hpp"
#include "app/jump_process.hpp"
#include "control/engine.hpp"
#include "control/ssh_access.hpp"
#include "net/server.hpp"

namespace stipend::app {

// The line for one key; empty when it opens nothing. `names` are all names of a machine that ssh may ask for.
std::string authorized_key_line(std::string_view key, const std::vector<std::string>& names);
// All names of one machine; `region` makes its private DNS name, `domain` is below what machines have names.
std::vector<std::string> ssh_names(const control::SshMachine& machine, const std::string& region, const std::string& domain);

class JumpKeys {
 public:
  struct Options {
    uid_t user = 0;       // who may ask
    std::string region, domain;
  };
  JumpKeys(control::Engine& engine, JumpSockets sockets, Options options)
      : engine_(engine), sockets_(sockets), options_(std::move(options)) {}

  net::HeadHandler handler();
  net::awaitable<void> watch();     // until the loop ends
  net::awaitable<void> read_log();  // sshd's words into ours

 private:
  struct Connection {
    Process process;
    std::string key, fingerprint;
    std::set<base::AccountId> accounts;
    std::set<std::string> addresses;  // that were permitted
  };

  net::awaitable<net::Decision> answer(net::Request head);
  net::awaitable<void> log_line(std::string line);
  void note(const net::UnixPeer& peer, Connection connection);
  void name_machines(const std::vector<control::SshMachine>& machines);

  control::Engine& engine_;
  JumpSockets sockets_;
  Options options_;
  std::map<int, Connection> connections_;            // by process
  std::map<std::string, std::string> hosts_;         // id -> private address, as in the file
  std::string hosts_text_;
};

}  // namespace stipend::app
