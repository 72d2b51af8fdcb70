#include "app/jump_config.hpp"

#include <fmt/format.h>

namespace stipend::app {

std::string sshd_config(const JumpSettings& s, SshdAge age) {
  const std::string host = s.listen.host.contains(':') ? "[" + s.listen.host + "]" : s.listen.host;
  using namespace fmt::literals;
  std::string text = fmt::format(R"(# Written at each start of the server; nothing of /etc/ssh is used.
ListenAddress {listen}
HostKey {host_key}
PidFile none
LogLevel INFO
LogVerbose channels.c:connect_next():*

AllowUsers {user}
PermitRootLogin no
AuthenticationMethods publickey
PubkeyAuthentication yes
PasswordAuthentication no
KbdInteractiveAuthentication no
HostbasedAuthentication no
UsePAM no
AuthorizedKeysFile none
AuthorizedKeysCommand /usr/bin/curl -q --silent --fail --max-time 4 --noproxy * --unix-socket {socket} --get --data-urlencode type=%t --data-urlencode key=%k --data-urlencode fingerprint=%f http://localhost/keys
AuthorizedKeysCommandUser {user}

# No session of any kind: no shell, command, subsystem or terminal. Only ssh's port may be asked for; which machines,
# the key's own line says.
MaxSessions 0
AllowTcpForwarding local
PermitOpen *:22
PermitListen none
GatewayPorts no
AllowStreamLocalForwarding no
AllowAgentForwarding no
X11Forwarding no
PermitTunnel no
PermitTTY no
PermitUserRC no
PermitUserEnvironment no
Compression no

LoginGraceTime 20
MaxAuthTries 12
MaxStartups 60:30:200
PerSourceMaxStartups 60
ClientAliveInterval 30
ClientAliveCountMax 4
UnusedConnectionTimeout 60
UseDNS no
PrintMotd no
PrintLastLog no

HostKeyAlgorithms ssh-ed25519
PubkeyAcceptedAlgorithms ssh-ed25519,rsa-sha2-512,rsa-sha2-256
KexAlgorithms -diffie-hellman-*,ecdh-sha2-*
Ciphers -*-cbc
MACs -*sha1*,umac-64*
)",
                                 "listen"_a = fmt::format("{}:{}", host, s.listen.port), "host_key"_a = s.host_key, "user"_a = s.user,
                                 "socket"_a = s.keys_socket);
  // A whole class may sit behind one address: one student's wrong key must not shut out the others for long.
  if (age == SshdAge::kRecent) text += "PerSourcePenalties authfail:1s noauth:1s grace-exceeded:5s crash:30s min:10s max:60s\n";
  return text;
}

}  // namespace stipend::app
