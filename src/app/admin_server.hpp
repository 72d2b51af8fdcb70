// The admin socket: POST /admin/COMMAND with JSON, from root, the server's own user or members of its group.
#pragma once

#include "app/admin/admin.hpp"
#include "net/server.hpp"

namespace stipend::app {

// `group`: whose members may ask, beside root and the process's own user.
net::HeadHandler admin_handler(AdminContext& context, gid_t group);

}  // namespace stipend::app
