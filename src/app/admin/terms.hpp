// Terms of credit among a command's arguments.
#pragma once

#include "app/admin/admin.hpp"
#include "control/commands/grants.hpp"

namespace stipend::app {

// "expires": an instant, "types": a list of names; both may be absent.
base::Result<control::GrantTerms> terms_of(const Json& arguments);

}  // namespace stipend::app
