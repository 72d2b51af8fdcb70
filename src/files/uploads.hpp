// Uploads that resume. What has come lies beside the files, in a hidden folder of the same disk (ID.part; what it is to
// become in ID.info), so its room is the student's and the last step is a rename: a name shows the whole file or the one
// before. ID.info without ID.part: it is in its place. Whatever a guest makes of that folder is as hostile as its files.
// One transfer an upload at a time: a newer one ends the older, whose client may be gone without our knowing.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>

#include "files/channel.hpp"
#include "files/tree.hpp"
#include "host/host_reserve.hpp"

namespace stipend::files {

class Uploads {
 public:
  // Both outlive it. What would push the host's file system below the reserve is refused (HostDiskFull), at the beginning and
  // while it flows, and nothing of it is kept.
  Uploads(const Tree& tree, const host::HostReserve& reserve) : tree_(tree), reserve_(reserve) {}
  base::Result<hostlink::UploadState> begin(const hostlink::BeginUpload& wish);
  base::Result<hostlink::UploadState> look(const std::string& id);
  base::Result<hostlink::UploadState> go_on(const hostlink::ContinueUpload& wish, Channel& from);
  base::Status drop(const std::string& id);

 private:
  struct Staged {
    Fd folder;
    hostlink::BeginUpload wish;
    Fd part;  // none: it is in its place
    std::int64_t offset = 0;
  };
  base::Result<Fd> staging(bool make) const;
  base::Result<Staged> open(const std::string& id) const;
  base::Status receive(Staged& staged, Channel& from) const;
  base::Status place(Staged& staged) const;
  base::Status claim(const std::string& id, int socket);
  void release(const std::string& id);

  static void forget(const Fd& folder, const std::string& id);

  const Tree& tree_;
  const host::HostReserve& reserve_;
  std::mutex guard_;
  std::condition_variable released_;
  std::map<std::string, int> active_;  // upload, its connection
};

}  // namespace stipend::files
