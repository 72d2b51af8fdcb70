// The members of a course as its staff sees them: found, sorted and counted over all of them, figures only for the rows
// that are shown. Pure reads of one state.
#pragma once

#include "control/tx.hpp"
#include "gateway/class_ports.hpp"

namespace stipend::app {

base::Result<gateway::MemberPage> member_page(const domain::State& state, base::WallTime now, const control::Actor& staff,
                                              const gateway::MemberQuery& query);
// All that the query finds, in its order.
base::Result<std::vector<base::AccountId>> found_members(const domain::State& state, base::WallTime now, const control::Actor& staff,
                                                         const gateway::MemberQuery& query);

}  // namespace stipend::app
