// What the gateway knows of credit that was given: a member's own grants, a code that is entered, the emergency credit. The
// same rules as ports.hpp.
#pragma once

#include "gateway/guess_limit.hpp"
#include "gateway/ports.hpp"

namespace stipend::gateway {

struct GrantView {
  Money amount, left;
  std::string source;               // course | top-up | refund | code | emergency | free-tier
  std::string reason;
  WallTime given;
  std::optional<WallTime> expires;  // empty: never
  std::vector<std::string> types;   // empty: all, and disks
};

struct CreditView {
  std::vector<GrantView> grants;    // newest first
  std::optional<Money> emergency;   // can be taken now
};

class CreditPorts {
 public:
  virtual ~CreditPorts() = default;
  virtual awaitable<base::Result<CreditView>> credit(base::AccountId account) = 0;
  virtual awaitable<base::Result<GrantView>> redeem(base::AccountId account, std::string code, std::string request_id) = 0;
  virtual awaitable<base::Result<GrantView>> take_emergency(base::AccountId account, std::string request_id) = 0;
};

// The ports, and how often codes that nobody made may be tried: by an account, and from an address, behind which a whole
// class may sit.
struct CreditWays {
  CreditPorts& ports;
  GuessLimit accounts{10};
  GuessLimit addresses{100};
};

}  // namespace stipend::gateway
