// Where a state keeps what. One folder holds one server's state; several live side by side on one computer.
//   STATE/server/   the server's own (its user, 0700): stipend.db, master.key, ballast
//   STATE/admin/    admin.sock, the operator's socket (root and the server's group)
//   STATE/acme/     account and certificates by ACME (root, 0700)
//   STATE/challenges/  answers to an authority's challenges, for the server to show
//   STATE/host/     stipend-host's own (root, 0700): disks, records
#pragma once

#include <string>

#include "base/result.hpp"

namespace stipend::app {

struct Paths {
  std::string state;    // absolute, without links
  std::string server, admin_folder, admin_socket, host_folder, acme_folder, challenges;
  std::string images;   // sealed images
  std::string recipes;  // folder with `build` and the recipes
  std::string programs; // folder of this program's siblings
};

// `state` may not exist yet; its parent must. Empty images/recipes take their defaults.
base::Result<Paths> find_paths(const std::string& state, const std::string& images, const std::string& recipes);

}  // namespace stipend::app
