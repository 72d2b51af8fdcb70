#include <fmt/format.h>

#include <algorithm>

#include "control/commands/homes.hpp"
#include "control/commands/images.hpp"
#include "control/commands/instances.hpp"
#include "control/commands/policy.hpp"
#include "control/commands/queue.hpp"
#include "control/commands/room.hpp"
#include "control/commands/runs.hpp"
#include "control/commands/tag_rules.hpp"
#include "domain/charge.hpp"
#include "domain/lease.hpp"
#include "domain/storage.hpp"

namespace stipend::control {
namespace {

using base::Fault;
using domain::Instance;

constexpr std::int64_t kMostInOneRequest = 100;
constexpr std::size_t kMostOfAnAccount = 20'000;  // rows, terminated ones of the last hour too
constexpr std::size_t kUserDataBytes = 16384;
constexpr std::int64_t kRootGibMax = 1024;

// What the request names, found and checked.
struct Order {
  const domain::Account* account;
  const domain::Course* course;
  const domain::Catalogue* catalogue;
  const domain::Image* image;
  const domain::InstanceType* type;
  const domain::KeyPair* key = nullptr;
  std::int64_t root_gib = 8;
};

base::Result<const domain::KeyPair*> find_key(const domain::State& state, const base::AccountId& account,
                                              const std::string& name) {
  if (const auto of = state.key_pairs_of.find(account); of != state.key_pairs_of.end())
    for (const auto& id : of->second)
      if (const auto* key = state.find<domain::KeyPair>(id); key->name == name) return key;
  return base::fail(Fault::kNotFound, "InvalidKeyPair.NotFound", fmt::format("The key pair '{}' does not exist", name));
}

base::Result<Order> check(const Tx& tx, const LaunchRequest& request) {
  const auto& state = tx.state();
  Order order{};
  TRY_ASSIGN(order.account, own_account(tx));
  order.course = &course_of(state, order.account->id);
  order.catalogue = &catalogue_of(state, order.account->id, tx.now());
  order.type = domain::find_type(*order.catalogue, request.type);
  if (!order.type)
    return base::fail(Fault::kInvalid, "InvalidParameterValue", fmt::format("Invalid value '{}' for InstanceType.", request.type));
  if (!order.type->provider.empty())
    return base::fail(Fault::kInvalid, "Unsupported",
                      fmt::format("Your requested instance type ({}) needs hardware that no host of this service has. Please "
                                  "choose another type.",
                                  request.type));
  TRY_ASSIGN(order.image, launchable_image(state, order.account->id, request.image));
  if (request.min_count < 1 || request.max_count < request.min_count)
    return base::fail(Fault::kInvalid, "InvalidParameterValue", "MinCount must be at least 1 and at most MaxCount");
  if (request.max_count > kMostInOneRequest)
    return base::fail(Fault::kNoRoom, "InstanceLimitExceeded",
                      fmt::format("You have requested more instances ({}) than one request may start ({})", request.max_count,
                                  kMostInOneRequest));
  if (const auto of = state.instances_of.find(order.account->id);
      of != state.instances_of.end() && of->second.size() + static_cast<std::size_t>(request.min_count) > kMostOfAnAccount)
    return base::fail(Fault::kNoRoom, "InstanceLimitExceeded",
                      fmt::format("account {} has {} instances, terminated ones of the last hour included; the limit is {}",
                                  order.account->id.str(), of->second.size(), kMostOfAnAccount));
  if (!request.key_name.empty()) {
    TRY_ASSIGN(order.key, find_key(state, order.account->id, request.key_name));
  }
  if (request.user_data.size() > kUserDataBytes)
    return base::fail(Fault::kInvalid, "InvalidParameterValue", "User data is limited to 16384 bytes");
  order.root_gib = request.root_gib == 0 ? order.image->min_disk_gib : request.root_gib;
  if (order.root_gib < order.image->min_disk_gib)
    return base::fail(Fault::kInvalid, "InvalidBlockDeviceMapping",
                      fmt::format("Volume of size {}GB is smaller than the image, expect size >= {}GB", order.root_gib,
                                  order.image->min_disk_gib));
  if (order.root_gib > kRootGibMax)
    return base::fail(Fault::kInvalid, "InvalidParameterValue",
                      fmt::format("Volume of size {}GB is larger than the largest, {}GB", order.root_gib, kRootGibMax));
  TRY(check_tags(request.instance_tags));
  TRY(check_tags(request.volume_tags));
  return order;
}

struct Made {
  std::vector<Instance> instances;
  std::vector<domain::Disk> disks;
  HomePlan home;  // of the first one
};

Made make_rows(Tx& tx, const LaunchRequest& request, const Order& order, HomePlan home, std::int64_t count) {
  Made made;
  made.home = std::move(home);
  const auto reservation = base::make_id<base::ReservationId>(tx.random());
  for (std::int64_t i = 0; i < count; ++i) {
    Instance instance;
    instance.id = base::make_id<base::InstanceId>(tx.random());
    instance.account = order.account->id;
    instance.reservation = reservation;
    instance.launch_index = i;
    instance.image = order.image->id;
    instance.type = order.type->name;
    instance.key_name = request.key_name;
    if (order.key) instance.authorized_key = order.key->public_key;
    instance.user_data = request.user_data;
    instance.client_token = request.client_token;
    instance.zone = request.zone;
    instance.terminate_on_guest_shutdown = request.terminate_on_guest_shutdown;
    instance.disable_api_termination = request.disable_api_termination;
    instance.tags = request.instance_tags;
    instance.created = tx.now();

    domain::Disk disk;
    disk.id = base::make_id<base::DiskId>(tx.random());
    disk.account = order.account->id;
    disk.gib = order.root_gib;
    disk.attached = instance.id;
    disk.delete_on_termination = request.delete_root_on_termination;
    disk.price = domain::disk_price(*order.catalogue, order.root_gib);
    disk.catalogue = order.catalogue->edition;
    disk.reserve_wanted = domain::reserve_for(disk.price, order.course->grace_s);
    disk.tags = request.volume_tags;
    if (i == 0 && made.home.wanted()) disk.tags[kHomeTag] = made.home.id().str();
    lay_root(*order.image, disk);
    disk.origin = instance.id;
    disk.created = disk.posted_at = tx.now();
    instance.root_disk = disk.id;
    made.instances.push_back(std::move(instance));
    made.disks.push_back(std::move(disk));
  }
  return made;
}

// Money for the machines of `made` and their disks, in `wallet`.
base::Result<std::vector<base::RunSeconds>> fund(const Tx& tx, domain::Wallet& wallet, Made& made, const Order& order) {
  const bool one = made.disks.size() == 1;
  const auto days = order.course->grace_s / 86400;
  const auto unit = domain::first_unit(order.course->plan);
  Shortage disks;
  base::Price rate = wallet.storage_rate();
  bool kept = true;
  const auto add = [&](const domain::Disk& disk) {
    disks.needed += disk.reserve_wanted;
    rate.nano_per_hour += disk.price.nano_per_hour;
    kept = kept && wallet.add_disk(disk);
  };
  for (const auto& disk : made.disks) add(disk);
  if (made.home.fresh) add(*made.home.fresh);
  disks.purpose = fmt::format(" and to keep {} {} GiB disk{}{} for {} day{}", one ? "its" : "their", order.root_gib,
                              one ? "" : "s", made.home.fresh ? fmt::format(" and a home of {} GiB", made.home.fresh->gib) : "",
                              days, days == 1 ? "" : "s");
  if (kept) take_home(wallet, made.home, made.instances.front());
  if (kept) return fund_runs(tx.state(), wallet, made.instances, &disks);
  disks.needed += base::mul_div(domain::price_of_first_unit(order.course->plan, order.type->price),
                                static_cast<std::int64_t>(made.instances.size()), 1, base::Rounding::kCeil);
  disks.needed += base::cost(rate, unit + base::RunSeconds{domain::kStartMarginSeconds}, base::Rounding::kCeil);
  disks.who = one ? fmt::format("A {} needs", order.type->name)
                  : fmt::format("{} {} machines need", made.disks.size(), order.type->name);
  disks.purpose = fmt::format("for {} first {}", one ? "its" : "their", unit.count == 60 ? "60 seconds" : "hour") + disks.purpose;
  return insufficient_credit(tx.state(), order.account->id, tx.now(), disks);
}

// What an earlier request with the same token made.
base::Result<std::optional<Launched>> repeated(const Tx& tx, const LaunchRequest& request, const std::string& token_key) {
  if (request.client_token.empty()) return std::nullopt;
  const auto* token = tx.state().find<domain::ClientToken>(token_key);
  if (!token) return std::nullopt;
  if (token->request_hash != request.request_hash)
    return base::fail(Fault::kConflict, "IdempotentParameterMismatch",
                      "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).");
  Launched launched;
  for (const auto& id : token->instances) {
    const auto row = tx.state().instances.find(id);
    if (row == tx.state().instances.end()) continue;
    launched.reservation = row->second->reservation;
    launched.instances.push_back(row->second);
  }
  return launched;
}

}  // namespace

base::Result<Launched> launch(Tx& tx, const LaunchRequest& request) {
  TRY_ASSIGN(const Order order, check(tx, request));
  if (request.client_token.size() > 64)
    return base::fail(Fault::kInvalid, "InvalidParameterValue", "ClientToken is limited to 64 ASCII characters");
  const std::string token_key = order.account->id.str() + "/" + request.client_token;
  TRY_ASSIGN(auto known, repeated(tx, request, token_key));
  if (known) return *std::move(known);

  // As many as policy, room and money allow between MinCount and MaxCount.
  const auto fits = [&](std::int64_t count) -> base::Status {
    TRY(check_policy(tx, order.account->id, std::vector(static_cast<std::size_t>(count), order.type)));
    TRY(check_disk_policy(tx, order.account->id, count * order.root_gib));
    return check_room(tx, request.room, order.type->name,
                      wish_for(tx.state(), order.course->id, *order.type, count, count * order.root_gib));
  };
  std::int64_t count = request.max_count;
  while (count > request.min_count && !fits(count)) --count;
  TRY(fits(count));

  TRY_ASSIGN(auto home, home_for_launch(tx, order.account->id));
  if (home.fresh) TRY(check_disk_policy(tx, order.account->id, count * order.root_gib + home.fresh->gib));
  Made made = make_rows(tx, request, order, std::move(home), count);
  const domain::Wallet before(tx.state(), order.account->id, tx.now());
  domain::Wallet wallet = before;
  auto run_max = fund(tx, wallet, made, order);
  while (!run_max && run_max.error().fault == Fault::kNoCredit && count > request.min_count) {
    --count;
    made.instances.pop_back();
    made.disks.pop_back();
    wallet = before;
    run_max = fund(tx, wallet, made, order);
  }
  if (!run_max) return std::unexpected(run_max.error());
  save_wallet(tx, wallet);
  TRY(begin_runs(tx, made.instances, *run_max));
  if (request.dry_run) return dry_run_succeeded();

  Launched launched;
  domain::ClientToken token{token_key, request.request_hash, {}, tx.now()};
  for (const auto& instance : made.instances) {
    launched.reservation = instance.reservation;
    launched.instances.push_back(tx.state().instances.at(instance.id));
    token.instances.push_back(instance.id);
    tx.audit("launch", instance.id.str(), order.type->name);
  }
  if (!request.client_token.empty()) tx.save(std::move(token));
  if (request.room == RoomRule::kCheck) note_passed_over(tx);
  return launched;
}

}  // namespace stipend::control
