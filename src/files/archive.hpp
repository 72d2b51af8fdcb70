// A folder as one zip, written as it is read: Zip64 where needed, names UTF-8 and harmless wherever it is unpacked. What
// cannot be in it (links, pipes, what belongs to others) is named in a text file at its end, so that nothing is missing
// without a word.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "files/tree.hpp"

struct archive;

namespace stipend::files {

class Archive {
 public:
  using Sink = std::function<bool(std::string_view)>;  // false: nobody listens any more

  // Walks the folder first: refuses what has too many entries or too many bytes before anything is sent.
  static base::Result<Archive> plan(const Tree& tree, const std::string& path);
  bool write(const Sink& sink);  // false: not whole

 private:
  Archive(const Tree& tree, std::string path) : tree_(&tree), path_(std::move(path)) {}
  base::Status measure(const Fd& folder, int depth);
  bool add_folder(const Fd& folder, const std::string& name, int depth);
  bool add_file(Fd file, const struct stat& s, const std::string& name);
  bool add_text(const std::string& name, const std::string& text);
  void leave_out(const std::string& name, std::string_view why);

  const Tree* tree_;
  std::string path_;
  std::int64_t entries_ = 0, bytes_ = 0;
  struct archive* out_ = nullptr;
  std::string left_out_;
};

}  // namespace stipend::files
