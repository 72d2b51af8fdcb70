// What the gateway knows of coming in: join codes for visitors, course links for members, a way back for both. The same
// rules as ports.hpp.
#pragma once

#include "gateway/ports.hpp"

namespace stipend::gateway {

struct JoinOffer {
  std::string course;
  std::vector<std::string> teachers;
  Money credit;
};
struct JoinedView {
  Pass session;
  std::string sign_in_token;  // to come back with; shown once
};

// A course link as a member meets it.
struct GoView {
  std::string title, image, type, repository;
  Money price_per_hour;
  base::InstanceId instance;  // the machine it opens; empty: a new one
  std::string instance_name, instance_type, state;  // pending, running, stopping, stopped; empty without one
  std::string landing;        // path on the machine's origin
  bool broken = false;        // image or type is gone
  std::optional<PlaceView> place;  // in the queue for room, when it waits
};

struct CourseLinkView {
  std::string code, title, image, type;
};

class JoinPorts {
 public:
  virtual ~JoinPorts() = default;
  virtual awaitable<base::Result<JoinOffer>> look_at_code(std::string code) = 0;
  virtual awaitable<base::Result<JoinedView>> join(std::string code, std::string identifier, std::string request_id) = 0;

  virtual awaitable<base::Result<std::vector<CourseLinkView>>> course_links(base::AccountId account) = 0;
  virtual awaitable<base::Result<GoView>> look_at_link(base::AccountId account, std::string code) = 0;
  // The machine, in whatever state it is, or a place where room alone is missing; the place it has, when it waits already.
  virtual awaitable<base::Result<Begun>> open_link(base::AccountId account, std::string code, std::string request_id) = 0;

  // A new sign-in link for oneself; the earlier ones end.
  virtual awaitable<base::Result<std::string>> own_link(base::AccountId account, std::string request_id) = 0;
};

}  // namespace stipend::gateway
