// The gateway's FilesPorts: who may see which disk is the engine's to say, what is on it the file worker's.
#pragma once

#include <map>
#include <mutex>

#include "app/file_link.hpp"
#include "base/ids.hpp"
#include "control/engine.hpp"
#include "gateway/files_ports.hpp"

namespace stipend::app {

class EngineFiles final : public gateway::FilesPorts {
 public:
  EngineFiles(control::Engine& engine, compute::DiskFiles* disks, std::int64_t epoch, base::Random& random)
      : engine_(engine), disks_(disks), epoch_(epoch), random_(random) {}

  template <class T>
  using Answer = gateway::awaitable<base::Result<T>>;

  Answer<std::vector<gateway::FilePlace>> places(base::AccountId account) override;
  Answer<gateway::FolderView> list(base::AccountId account, gateway::Spot spot, std::string path, std::string after, std::int64_t limit) override;
  Answer<gateway::FileView> look(base::AccountId account, gateway::Spot spot, std::string path) override;
  Answer<gateway::FileBytes> read(base::AccountId account, gateway::Spot spot, std::string path, std::int64_t offset,
                                  std::int64_t length) override;
  Answer<std::shared_ptr<gateway::ByteSource>> zip(base::AccountId account, gateway::Spot spot, std::string path) override;
  Answer<std::vector<std::string>> copies(base::AccountId account, base::DiskId disk) override;
  Answer<std::string> restore(base::AccountId account, gateway::Spot spot, std::string path) override;
  gateway::awaitable<base::Status> make_folder(base::AccountId account, gateway::Spot spot, std::string path) override;
  gateway::awaitable<base::Status> move(base::AccountId account, gateway::Spot spot, std::string from, std::string to) override;
  gateway::awaitable<base::Status> remove(base::AccountId account, gateway::Spot spot, std::string path) override;
  Answer<std::string> begin_upload(base::AccountId account, gateway::Spot spot, std::string path, std::int64_t size, bool replace) override;
  Answer<gateway::UploadView> look_at_upload(base::AccountId account, gateway::Spot spot, std::string id) override;
  Answer<gateway::UploadView> go_on_upload(base::AccountId account, gateway::Spot spot, std::string id, std::int64_t offset,
                                           std::shared_ptr<gateway::ByteSource> bytes) override;
  gateway::awaitable<base::Status> drop_upload(base::AccountId account, gateway::Spot spot, std::string id) override;

 private:
  // A transfer's place, given back with its last owner: an account has a few at a time.
  class Slot;
  base::Result<std::shared_ptr<Slot>> take_slot(const base::AccountId& account);
  Answer<std::shared_ptr<FileLink>> open(base::AccountId account, gateway::Spot spot);
  template <class T>
  Answer<T> ask(base::AccountId account, gateway::Spot spot, hostlink::FileRequest request);
  gateway::awaitable<base::Status> may_change(base::AccountId account, base::DiskId disk);  // AccountSuspended, StaffOnly
  gateway::awaitable<base::Status> note_export(base::AccountId account, base::DiskId disk);  // audits who fetches a member's disk
  gateway::awaitable<base::Status> order(base::AccountId account, gateway::Spot spot, hostlink::FileRequest request);

  control::Engine& engine_;
  compute::DiskFiles* const disks_;  // none: this provider has no files
  const std::int64_t epoch_;
  base::Random& random_;
  std::mutex guard_;  // of the map
  std::map<base::AccountId, int> transfers_;
};

}  // namespace stipend::app
