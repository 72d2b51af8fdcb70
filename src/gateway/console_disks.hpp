// /api/v1/disks and what belongs to it: a request with its session, its body read, its CSRF token checked.
#pragma once

#include <string>
#include <string_view>

#include "gateway/disk_ports.hpp"
#include "net/http.hpp"

namespace stipend::gateway {

bool is_disks_path(std::string_view path);  // below /api/v1

struct DisksCall {
  DiskPorts& ports;
  base::AccountId account;
  std::string path;  // below /api/v1
  bool post = false;
  std::string body, request_id;
};
awaitable<net::Response> disks_api(DisksCall call);

}  // namespace stipend::gateway
