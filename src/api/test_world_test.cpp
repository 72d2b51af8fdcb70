#include "api/test_world.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <future>

#include "aws/sigv4.hpp"
#include "control/commands/accounts.hpp"
#include "control/commands/addresses.hpp"
#include "control/commands/reports.hpp"
#include "control/commands/room.hpp"

namespace stipend::api {
namespace {

control::Actor system_actor() {
  control::Actor actor;
  actor.who = "test";
  actor.via = "admin";
  actor.role = domain::Role::kAdministrator;
  return actor;
}

Parts parts_of(World& world) {
  return {world.engine,
          world.clock,
          world.random,
          [&world](const domain::AccessKey& key) { return world.vault.open(key.sealed_secret); },
          [&world](base::InstanceId, ConsoleDone done) { done(world.console); },
          Settings{},
          {}};
}

}  // namespace

void TestEngine::submit(control::Actor actor, Plan plan, Done done) {
  const auto status = head_.run(actor, plan, clock_.wall(), {});
  auto batch = head_.take();
  for (auto& effect : batch.effects) effects_.push_back(std::move(effect));
  done(status);
}

void TestEngine::read(control::Actor,
                      std::move_only_function<base::Status(const domain::State&, base::WallTime)> look,
                      Done done) {
  done(look(head_.state(), clock_.wall()));
}

std::shared_ptr<const domain::AccessKey> TestEngine::access_key(const std::string& id) const {
  const auto at = head_.state().access_keys.find(id);
  return at == head_.state().access_keys.end() ? nullptr : at->second;
}

std::string Got::operator[](std::string_view element) const {
  const auto found = all(element);
  return found.empty() ? "" : found.front();
}

std::vector<std::string> Got::all(std::string_view element) const {
  const std::string open = "<" + std::string(element) + ">", close = "</" + std::string(element) + ">";
  std::vector<std::string> found;
  for (auto at = body.find(open); at != body.npos; at = body.find(open, at)) {
    at += open.size();
    found.push_back(body.substr(at, body.find(close, at) - at));
  }
  return found;
}

World::World() : api(parts_of(*this)) {
  change([this](control::Tx& tx) -> base::Status {
    compute::HostRoom host{base::make_id<base::HostId>(random), "boot", 64, 256 * 1024, 1024 * 1024};
    TRY(control::set_room(tx, host, {}));
    TRY(control::set_addresses(tx, {"10.97.16.0/20", "127.97.16.0/20"}));
    TRY_ASSIGN(const auto course, control::create_course(tx, {.name = "ml", .catalogue = "2017"}));
    course_ = course->name;
    return {};
  });
}

void World::change(std::function<base::Status(control::Tx&)> plan) {
  engine.submit(
      system_actor(), [&](control::Tx& tx) { return plan(tx); },
      [](base::Status status) { EXPECT_TRUE(status.has_value()) << status.error().message; });
}

Caller World::add_account(const std::string& name, std::int64_t credit_dollars, domain::Role role) {
  Caller caller;
  change([&](control::Tx& tx) -> base::Status {
    TRY_ASSIGN(const auto made, control::create_account(
                                    tx, vault, {course_, name, role, base::Money::dollars(credit_dollars)}));
    caller = {made.account, made.access_key_id, made.secret_access_key};
    return {};
  });
  return caller;
}

base::ImageId World::add_image(const std::string& name) {
  domain::Image image;
  image.id = base::make_id<base::ImageId>(random);
  image.name = name;
  image.description = "for " + name;
  image.created = clock.wall();
  change([&](control::Tx& tx) { return control::register_image(tx, image); });
  return image.id;
}

net::Request World::signed_post(const Caller& caller, std::string form, std::string_view service) {
  net::Request request;
  request.method = "POST";
  request.body = std::move(form) + (service == "ec2" ? "&Version=2016-11-15" : "&Version=2011-06-15");
  request.headers = {{"Host", "stipend.test:8080"}, {"Content-Type", "application/x-www-form-urlencoded"}};
  std::vector<aws::Header> headers;
  for (const auto& [header, value] : request.headers) headers.push_back({header, value});
  const auto added = aws::sign({request.method, request.target, headers, request.body},
                               {caller.access_key_id, caller.secret, "", "us-east-1", service}, clock.wall());
  for (const auto& [header, value] : added) request.headers.add(header, value);
  return request;
}

Got World::send(net::Request request) {
  context.restart();
  auto answer = boost::asio::co_spawn(context, api.handle(std::move(request)), boost::asio::use_future);
  context.run();
  auto response = answer.get();
  return {response.status, response.body, std::string(response.headers.get("x-amzn-RequestId"))};
}

Got World::call(const Caller& caller, std::string form, std::string_view service) {
  return send(signed_post(caller, std::move(form), service));
}

void World::settle() {
  for (const auto& effect : engine.take_effects()) {
    if (const auto* moved = std::get_if<control::AddressEffect>(&effect)) {
      change([&](control::Tx& tx) { return control::address_confirmed(tx, moved->key, moved->public_address); });
      continue;
    }
    compute::Report report;
    report.host = *base::HostId::parse("h-00000000000000001");
    report.boot_id = "boot";
    if (const auto* start = std::get_if<control::StartEffect>(&effect)) {
      report.key = start->spec.key;
      report.phase = compute::Phase::kRunning;
      report.lease_seq = start->spec.lease.seq;
    } else if (const auto* stop = std::get_if<control::StopEffect>(&effect)) {
      report.key = stop->key;
      report.phase = compute::Phase::kEnded;
      report.ran = {100};
      report.cause = stop->wish.cause;
      report.halted_by_us = true;
    } else {
      continue;
    }
    change([&](control::Tx& tx) -> base::Status {
      TRY(control::handle_report(tx, report));
      return {};
    });
  }
}

}  // namespace stipend::api
