// ssh where only HTTPS is open: GET /ssh?machine=NAME on the console's host, a WebSocket of binary frames to port 22 of
// one of the account's own running machines. Signed as AWS requests are (SigV4, service `stipend`, in the header), so that
// a student needs nothing but the profile. One thread: the server's loop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "control/engine.hpp"
#include "control/ssh_access.hpp"
#include "net/server.hpp"

namespace stipend::app {

class SshBridge {
 public:
  struct Parts {
    control::Engine& engine;
    const base::Clock& clock;
    std::function<base::Result<std::string>(const domain::AccessKey&)> open_secret;
    std::string region;
    std::function<void(const std::string& access_key_id)> key_used;  // its signature was right
  };
  static constexpr std::string_view kPath = "/ssh";
  static constexpr std::string_view kService = "stipend";
  static constexpr int kOpenMax = 64;  // of one account

  explicit SshBridge(Parts parts) : parts_(std::move(parts)) {}

  net::HeadHandler handler();
  // Ends those whose machine stopped, whose access key is gone or whose account is suspended; until the loop ends.
  net::awaitable<void> watch(net::Server& server);

 private:
  struct Open {
    control::SshMachine machine;
    std::string access_key;
    int count = 0;
  };
  net::awaitable<net::Decision> decide(net::Request head);
  base::Result<base::AccountId> signer(const net::Request& head, std::string& access_key) const;

  struct Books {  // outlived by no connection that is counted in them
    std::map<std::string, Open> open;  // by the key of its tunnels
    std::map<base::AccountId, int> of_account;
  };

  Parts parts_;
  std::shared_ptr<Books> books_ = std::make_shared<Books>();
};

}  // namespace stipend::app
