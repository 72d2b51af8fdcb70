// What can be tagged: instances, volumes, snapshots, images, key pairs, elastic addresses. Strand parts take a State.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "api/operation.hpp"
#include "base/result.hpp"
#include "control/commands/accounts.hpp"
#include "domain/state.hpp"

namespace stipend::api {

struct Tagged {
  std::string id;
  std::string_view type;  // "instance", "volume", "snapshot", "image", "key-pair", "elastic-ip"
  const domain::Tags* tags;
  std::shared_ptr<const void> row;  // keeps the tags
};

// Well-formed ids of at most 1000 resources; else InvalidID.
base::Status check_tag_resources(std::span<const std::string> ids);
// Everything of the account's that has tags, by id.
std::vector<Tagged> tagged_of(const domain::State& state, const base::AccountId& account);

// Changes the tags of resources that are all the caller's.
boost::asio::awaitable<base::Status> change_own_tags(Context context, control::TagChange change);

}  // namespace stipend::api
