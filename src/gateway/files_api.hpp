// /api/v1/files: a person's files while no machine runs, and the course's folder, for a page of the console's own origin with a session.
//   GET    /files                             the disks
//   GET    /files/DISK?path=&after=&limit=    a folder, in pages
//   GET    /files/DISK/content?path=          a file, whole or in part (Range)
//   GET    /files/DISK/zip?path=              a folder as one zip
//   POST   /files/DISK/{folder,move,remove}   {"path"} or {"from","to"}
//   GET    /files/DISK/copies                 dates of a home's nightly copies; with copy=DATE the three above read that one
//   POST   /files/DISK/restore?copy=DATE      {"path"}: the copy's file, put beside what is there now
//   POST   /files/DISK/uploads and HEAD, PATCH, DELETE /files/DISK/uploads/ID: the core of tus.io 1.0, with creation and
//          termination; metadata `path`, and `replace` where a file that is there gives way
// A path is percent-encoded bytes; in JSON each entry's `link` is the encoded name, `name` only its look.
#pragma once

#include "gateway/files_ports.hpp"
#include "net/server.hpp"

namespace stipend::gateway {

struct FilesCall {
  Ports& ports;
  FilesPorts& files;
  net::Request request;
  std::string request_id, session;
};

bool is_files_path(std::string_view path);
awaitable<net::Decision> files_decision(FilesCall call);

}  // namespace stipend::gateway
