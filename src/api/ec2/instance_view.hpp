// An instance with the rows beside it that answers show. Taken on the engine's strand (pointers only), turned
// into AWS's shapes off it.
#pragma once

#include <span>
#include <vector>

#include "api/operation.hpp"
#include "aws/ec2/shapes/instance.hpp"
#include "aws/ec2/shapes/instance_state.hpp"
#include "aws/ec2/shapes/reservation.hpp"
#include "domain/state.hpp"

namespace stipend::api {

struct InstanceView {
  domain::RowPtr<domain::Instance> instance;
  domain::RowPtr<domain::Disk> root_disk;  // null once the disk is gone
  domain::RowPtr<domain::Disk> home_disk;  // null: none, or another machine has it now
  domain::RowPtr<domain::Address> elastic;  // null: its public address is not the account's own
  const Settings* settings = nullptr;
};

InstanceView view_of(const domain::State& state, const Settings& settings,
                     domain::RowPtr<domain::Instance> instance);

// The account's instances, all or those of `ids`; an id of anyone else's is not found.
base::Result<std::vector<InstanceView>> gather_instances(const domain::State& state, const Settings& settings,
                                                         const base::AccountId& account,
                                                         std::span<const base::InstanceId> ids);
// The same as one read on the engine.
awaitable<base::Result<std::vector<InstanceView>>> read_instances(const Context& context,
                                                                  std::vector<base::InstanceId> ids);

// Launch order, and within a launch by index. instance_key() ascends in the same order.
void sort_instances(std::vector<InstanceView>& views);
std::string instance_key(const InstanceView& view);

// Whose its public address is: the account's, or in AWS's words "amazon"'s.
std::string address_owner(const InstanceView& view);
std::int64_t state_code(domain::InstanceState state);
std::string_view state_name(domain::InstanceState state);
aws::ec2::InstanceState to_aws(domain::InstanceState state);
aws::ec2::Instance to_aws(const InstanceView& view);
// The same into a default one where it lies: the struct is large, and listings are long.
void fill(const InstanceView& view, aws::ec2::Instance& out);
// Neighbours of one launch become one reservation. With `texts` the instances come as those instead of as members.
std::vector<aws::ec2::Reservation> to_reservations(std::span<const InstanceView> views,
                                                   std::span<const aws::Written> texts = {});

}  // namespace stipend::api
