// Names that both sides derive from the state folder's absolute path, so that several states live side by side on
// one computer. Pure; the path must be absolute and without links.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace stipend::hostlink {

// 8 hex digits (FNV-1a, folded): part of every kernel object's name of this state.
std::string state_hash(std::string_view state_path);
// /run/stipend/HASH: sockets and what a boot forgets.
std::string runtime_folder(std::string_view state_path);
// Where stipend-host listens: /run/stipend/HASH/host.sock.
std::string host_socket(std::string_view state_path);
// Of a disk's file worker: its socket and its control group.
std::string files_name(std::string_view disk, std::string_view copy);  // a copy's date, or ""
// Where a disk's file worker listens (src/files), if it has one: the server's alone.
std::string files_socket(std::string_view runtime_folder, std::string_view disk, std::string_view copy);  // a copy's date, or ""
// Held with flock(2) by the stipend-host that serves the state: /run/stipend/HASH/host.lock.
std::string host_lock(std::string_view state_path);
// Exit status of `stipend-host serve` when another one serves the state.
inline constexpr int kAlreadyServed = 3;

// Exit status of `stipend-host serve` that could not begin and has said why: trying again is of no use.
inline constexpr int kCannotServe = 78;

}  // namespace stipend::hostlink
