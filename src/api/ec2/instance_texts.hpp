// InstanceTexts: the XML of instances as listings show them, kept for the next listing. Rows never change, they are
// replaced: a text is good as long as the rows it was written from are the newest. Pages and waiters ask for the same
// instances again and again, and writing one takes some twenty times as long as finding it here. Any thread.
#pragma once

#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "api/ec2/instance_view.hpp"

namespace stipend::api {

class InstanceTexts {
 public:
  // Holds at most so many bytes of text, and as much again of texts that nobody asked for of late.
  explicit InstanceTexts(std::size_t bytes_max = 8 << 20) : bytes_max_(bytes_max) {}

  // One for each view, in their order.
  std::vector<aws::Written> of(std::span<const InstanceView> views);

 private:
  struct Kept {
    domain::RowPtr<domain::Instance> instance;
    domain::RowPtr<domain::Disk> root_disk, home_disk;
    domain::RowPtr<domain::Address> elastic;
    aws::Written text;
    bool is_of(const InstanceView& view) const {
      return instance == view.instance && root_disk == view.root_disk && home_disk == view.home_disk && elastic == view.elastic;
    }
  };
  using Shelf = std::unordered_map<base::InstanceId, Kept>;

  aws::Written find(const InstanceView& view);              // guard_ held
  void keep(const InstanceView& view, aws::Written text);  // guard_ held

  const std::size_t bytes_max_;
  std::mutex guard_;
  Shelf young_, old_;
  std::size_t young_bytes_ = 0;
};

}  // namespace stipend::api
