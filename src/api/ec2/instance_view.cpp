#include "api/ec2/instance_view.hpp"

#include <fmt/format.h>

#include <tuple>

#include "api/ec2/ids.hpp"
#include "api/ec2/names.hpp"
#include "control/commands/addresses.hpp"

namespace stipend::api {
namespace {

auto order_of(const InstanceView& view) {
  const auto& row = *view.instance;
  return std::tie(row.created, row.reservation, row.launch_index, row.id);
}

template <class Row>
domain::RowPtr<Row> row_of(const domain::State& state, const domain::Key<Row>& key) {
  const auto& rows = state.table<Row>();
  const auto at = rows.find(key);
  return at == rows.end() ? nullptr : at->second;
}

}  // namespace

InstanceView view_of(const domain::State& state, const Settings& settings,
                     domain::RowPtr<domain::Instance> instance) {
  InstanceView view;
  view.root_disk = row_of<domain::Disk>(state, instance->root_disk);
  if (auto home = row_of<domain::Disk>(state, instance->home_disk); home && home->attached == instance->id)
    view.home_disk = std::move(home);
  if (const auto* elastic = control::elastic_address_of(state, *instance)) view.elastic = row_of<domain::Address>(state, elastic->id);
  view.instance = std::move(instance);
  view.settings = &settings;
  return view;
}

base::Result<std::vector<InstanceView>> gather_instances(const domain::State& state, const Settings& settings,
                                                         const base::AccountId& account,
                                                         std::span<const base::InstanceId> ids) {
  std::vector<InstanceView> views;
  std::vector<std::string> unknown;
  for (const auto& id : ids) {
    auto row = row_of<domain::Instance>(state, id);
    if (row == nullptr || row->account != account)
      unknown.push_back(id.str());
    else
      views.push_back(view_of(state, settings, std::move(row)));
  }
  if (!unknown.empty()) return ids_not_found(kInstanceIds, unknown);
  if (!ids.empty()) return views;
  const auto mine = state.instances_of.find(account);
  if (mine == state.instances_of.end()) return views;
  views.reserve(mine->second.size());
  for (const auto& id : mine->second)
    views.push_back(view_of(state, settings, row_of<domain::Instance>(state, id)));
  return views;
}

awaitable<base::Result<std::vector<InstanceView>>> read_instances(const Context& context,
                                                                  std::vector<base::InstanceId> ids) {
  return control::read<std::vector<InstanceView>>(
      context.engine(), context.actor,
      [settings = &context.settings(), account = context.account(), ids = std::move(ids)](
          const domain::State& state, base::WallTime) {
        return gather_instances(state, *settings, account, ids);
      });
}

void sort_instances(std::vector<InstanceView>& views) {
  std::ranges::sort(views,
                    [](const InstanceView& a, const InstanceView& b) { return order_of(a) < order_of(b); });
}

std::string instance_key(const InstanceView& view) {
  const auto& row = *view.instance;
  return fmt::format("{:020}/{}/{:010}/{}", row.created.ms, row.reservation.str(), row.launch_index,
                     row.id.str());
}

std::string address_owner(const InstanceView& view) { return view.elastic ? view.elastic->account.str() : "amazon"; }

std::int64_t state_code(domain::InstanceState state) {
  switch (state) {
    case domain::InstanceState::kPending: return 0;
    case domain::InstanceState::kRunning: return 16;
    case domain::InstanceState::kShuttingDown: return 32;
    case domain::InstanceState::kTerminated: return 48;
    case domain::InstanceState::kStopping: return 64;
    case domain::InstanceState::kStopped: return 80;
  }
  std::unreachable();
}

std::string_view state_name(domain::InstanceState state) {
  switch (state) {
    case domain::InstanceState::kPending: return "pending";
    case domain::InstanceState::kRunning: return "running";
    case domain::InstanceState::kShuttingDown: return "shutting-down";
    case domain::InstanceState::kTerminated: return "terminated";
    case domain::InstanceState::kStopping: return "stopping";
    case domain::InstanceState::kStopped: return "stopped";
  }
  std::unreachable();
}

aws::ec2::InstanceState to_aws(domain::InstanceState state) {
  return {.code = state_code(state), .name = std::string(state_name(state))};
}

std::vector<aws::ec2::Reservation> to_reservations(std::span<const InstanceView> views,
                                                   std::span<const aws::Written> texts) {
  std::vector<aws::ec2::Reservation> reservations;
  for (std::size_t i = 0, end = 0; i < views.size(); i = end) {
    const auto& first = *views[i].instance;
    while (end < views.size() && views[end].instance->reservation == first.reservation) ++end;
    auto& next = reservations.emplace_back();
    next.reservation_id = first.reservation.str();
    next.owner_id = first.account.str();
    next.instances.resize(end - i);
    for (std::size_t k = i; k < end; ++k) {
      auto& instance = next.instances[k - i];
      if (texts.empty()) fill(views[k], instance);
      else instance.written = texts[k];
    }
  }
  return reservations;
}

}  // namespace stipend::api
