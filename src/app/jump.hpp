// The jump host as the keeper runs it: OpenSSH's sshd, root's, in process and mount namespaces of its own. It is the first
// process there, so whatever ends it ends every connection with it. It sees a /run that holds nothing but its own folder,
// and /etc/hosts is the server's list of machines by id. Who may pass is asked of the server, over a socket that only the
// jump user may speak to: without a server nobody gets in.
//   STATE/jump/            root, 0700: the host key
//   /run/stipend/HASH/jump root, 0755: sshd_config, keys.sock, hosts
#pragma once

#include <memory>
#include <string>

#include "app/config.hpp"
#include "app/paths.hpp"
#include "app/privileges.hpp"
#include "base/result.hpp"

namespace stipend::app {

// The server's ends; -1 each without a jump host.
struct JumpSockets {
  int keys = -1;   // listening: what does a key open?
  int end = -1;    // writes "PID START\n" for a connection that must end
  int log = -1;    // reads what sshd says
  int hosts = -1;  // the file that names machines
  unsigned user = 0;  // uid of the jump user
};

class JumpHost {
 public:
  // Root only. Null without [ssh] listen. `server` is the user the server runs as. Errors name the cure.
  static base::Result<std::unique_ptr<JumpHost>> prepare(const Paths& paths, const Config& config, User server);
  ~JumpHost();  // ends sshd and every connection, removes the folder in /run
  JumpHost(const JumpHost&) = delete;
  JumpHost& operator=(const JumpHost&) = delete;

  const JumpSockets& sockets() const { return sockets_; }
  const std::string& listen() const { return listen_; }  // with the real port when 0 was asked for
  void close_servers_ends();  // in the keeper, once the server has them

  void start();                         // once the server serves
  bool reaped(int pid, int status);     // was that sshd?
  int asked_to_end() const { return end_read_; }  // readable: call end_connections()
  void end_connections();
  void tick();                          // start again what died
  std::int64_t next_wait_ms() const;    // until tick() has something to do

 private:
  JumpHost(std::string folder, std::string listen) : folder_(std::move(folder)), listen_(std::move(listen)) {}

  std::string folder_, listen_;
  JumpSockets sockets_;
  int end_read_ = -1, log_write_ = -1;
  int pid_ = -1;
  std::int64_t started_at_ = 0, restart_at_ = -1, pause_ms_ = 0;
};

// Where sshd is, or "".
std::string find_sshd();
// The system user of the jump host: exists, is not root, is nobody else's, and sshd would let it in.
base::Result<User> find_jump_user(const Config& config);

}  // namespace stipend::app
