// For tests of this folder: the AWS side over an engine without threads or a store, with requests signed as a
// client signs them. Machines "run" when settle() says so.
#pragma once

#include <boost/asio/io_context.hpp>

#include <string>
#include <vector>

#include "api/api.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "control/head.hpp"
#include "control/vault.hpp"

namespace stipend::api {

// Runs each command at once on the caller's thread.
class TestEngine final : public control::Engine {
 public:
  TestEngine(const base::Clock& clock, base::Random& random) : clock_(clock), head_({}, random) {}
  void submit(control::Actor actor, Plan plan, Done done) override;
  void read(control::Actor actor,
            std::move_only_function<base::Status(const domain::State&, base::WallTime)> look,
            Done done) override;
  std::shared_ptr<const domain::AccessKey> access_key(const std::string& id) const override;
  std::string degraded() const override { return {}; }
  void stop() override {}

  const domain::State& state() const { return head_.state(); }
  std::vector<control::Effect> take_effects() { return std::exchange(effects_, {}); }

 private:
  const base::Clock& clock_;
  control::Head head_;
  std::vector<control::Effect> effects_;
};

struct Caller {
  base::AccountId account;
  std::string access_key_id, secret;
};

struct Got {
  int status = 0;
  std::string body, request_id;
  // The text of the first such element; "" when there is none.
  std::string operator[](std::string_view element) const;
  std::vector<std::string> all(std::string_view element) const;
  std::string code() const { return (*this)["Code"]; }
  std::string message() const { return (*this)["Message"]; }
};

class World {
 public:
  World();

  Caller add_account(const std::string& name, std::int64_t credit_dollars = 100,
                     domain::Role role = domain::Role::kStudent);
  base::ImageId add_image(const std::string& name);
  // A signed POST of a form without Version, which is added.
  Got call(const Caller& caller, std::string form, std::string_view service = "ec2");
  Got send(net::Request request);
  net::Request signed_post(const Caller& caller, std::string form, std::string_view service = "ec2");
  // What was asked of the provider happens: machines run, stopped ones have ended.
  void settle();
  void change(std::function<base::Status(control::Tx&)> plan);

  base::ManualClock clock;
  base::SeededRandom random{42};
  TestEngine engine{clock, random};
  control::Vault vault{std::array<unsigned char, control::Vault::kKeyBytes>{1, 2, 3}};
  std::string console = "login:";  // what every machine's console holds
  // Outlives the api's threads: one that made a key lets go of its executor after the answer.
  boost::asio::io_context context;
  Api api;

 private:
  std::string course_;
};

}  // namespace stipend::api
