// All that the gateway knows of the rest: value messages, no engine, no rows, no AWS secrets. The gateway talks to
// hostile browsers and to machines that belong to students; behind this interface it can become a process of its own.
// Every call may be made from any of the gateway's executors and resumes there. Errors are for people: `message` is a
// sentence that may be shown.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/money.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "gateway/notice_view.hpp"
#include "gateway/origin_ports.hpp"
#include "gateway/queue_ports.hpp"

namespace stipend::gateway {

template <class T>
using awaitable = boost::asio::awaitable<T>;
using base::Money;
using base::WallTime;

struct Who {
  base::AccountId account;
  std::string name, course, role;  // role: student | teacher | administrator
  bool suspended = false;          // may look, and fetch files
};

struct Wallet {
  Money granted, used, left, held, reserved;
  Money rate_per_hour;
  bool anything_running = false;
  std::optional<WallTime> lasts_until;
  WallTime now;
  std::optional<WallTime> disks_kept_until = {};  // if the machines stop now; WallTime::never() for more than a lifetime
};

struct InstanceView {
  base::InstanceId id;
  std::string name, type, state, image;
  std::string public_address, private_address;
  std::string key_name;                // "": launched without a key pair
  std::string reason;                  // of the last stop, in words
  std::optional<WallTime> stopped_at;
  bool jupyter = false;
  Money price_per_hour;
  WallTime launched;
  std::optional<WallTime> stops_at;    // end of its lease, when nothing more can be held
  std::vector<NoticeView> notices;     // of its newest run
};

struct ImageView {
  base::ImageId id;
  std::string name, description;
  bool jupyter = false;
  bool house = true;                // not an account's own
};

struct TypeView {
  std::string name;
  std::int64_t vcpus = 0, memory_mib = 0;
  Money price_per_hour;
  std::int64_t hours_with_credit = 0;  // whole hours that what is left buys
};

struct LaunchWish {
  base::ImageId image;
  std::string type, name, idempotency_key;
  std::string key_name;  // "": no key pair, so no ssh
};

// Where a notebook request goes. Fails with `NotRunning` (message: why, since when) or `PassRefused`.
struct Route {
  base::InstanceId instance;
  std::int64_t generation = 0;
  std::string address, jupyter_token;
};

struct Pass {
  std::string secret;
  WallTime expires;
};

enum class Act : std::uint8_t { kStart, kStop, kReboot, kTerminate };

class Ports : public OriginPorts, public QueuePorts {
 public:
  virtual awaitable<base::Result<std::string>> peek_sign_in(std::string token) = 0;  // the person's name
  virtual awaitable<base::Result<Pass>> sign_in(std::string token) = 0;
  virtual awaitable<base::Status> sign_out(std::string session) = 0;
  virtual awaitable<base::Result<Who>> who(std::string session) = 0;

  virtual awaitable<base::Result<Wallet>> wallet(base::AccountId account) = 0;
  virtual awaitable<base::Result<std::vector<InstanceView>>> instances(base::AccountId account) = 0;
  virtual awaitable<base::Result<std::vector<ImageView>>> images(base::AccountId account) = 0;
  virtual awaitable<base::Result<std::vector<TypeView>>> types(base::AccountId account) = 0;
  virtual awaitable<base::Result<std::vector<std::string>>> key_pairs(base::AccountId account) = 0;  // their names
  virtual awaitable<base::Result<Begun>> launch(base::AccountId account, LaunchWish wish, std::string request_id) = 0;
  virtual awaitable<base::Result<Begun>> act(base::AccountId account, base::InstanceId instance, Act act, std::string request_id) = 0;

  virtual awaitable<base::Result<std::string>> make_ticket(std::string session, base::InstanceId instance) = 0;
  virtual awaitable<base::Result<Pass>> redeem_ticket(std::string ticket, base::InstanceId instance) = 0;
  virtual awaitable<base::Result<Route>> route(std::string pass, base::InstanceId instance) = 0;
};

}  // namespace stipend::gateway
