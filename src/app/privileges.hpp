// Becoming the server's user for good, in a view of the file system that holds what it needs under paths its
// user can reach whatever the permissions of the folders above the state are.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.hpp"

namespace stipend::app {

struct User {
  uid_t uid = 0;
  gid_t gid = 0;
};

base::Result<User> find_user(const std::string& name);

struct Binding {
  std::string from, to;  // folders; `to` is made
};

// Root only, single-threaded. A private mount namespace with the bindings, then the user, no new privileges.
base::Status enter_view_and_drop(const std::vector<Binding>& bindings, User user);

}  // namespace stipend::app
