// A hostile tree, as the worker sees it. The sandbox around it is tested with real machines (tests/clients/test_files.py).
#include "files/tree.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "files/archive.hpp"
#include "files/uploads.hpp"
#include "hostlink/file_codec.hpp"

namespace stipend::files {
namespace {

namespace fs = std::filesystem;
using hostlink::FileKind;

class TreeTest : public testing::Test {
 protected:
  void SetUp() override {
    char folder[] = "/tmp/stipend-files-XXXXXX";
    path_ = mkdtemp(folder);
    tree_ = std::make_unique<Tree>(Fd(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
  }
  void TearDown() override { fs::remove_all(path_); }
  void write(const std::string& name, const std::string& text) { std::ofstream(path_ + "/" + name) << text; }
  std::string code(const std::string& name) const {
    const auto file = tree_->open_file(name);
    return file ? "opened" : file.error().code;
  }
  std::vector<std::string> names(const std::string& after = "", std::int64_t limit = 1'000) const {
    std::vector<std::string> out;
    const auto listing = tree_->list({"", after, limit});
    if (!listing) return {listing.error().code};
    for (const auto& entry : listing->entries) out.push_back(entry.name);
    if (!listing->next.empty()) out.push_back("…" + listing->next);
    return out;
  }

  std::string path_;
  std::unique_ptr<Tree> tree_;
  host::HostReserve reserve_;  // keeps nothing
};

TEST_F(TreeTest, NothingOutsideIsOpened) {
  write("file", "x");
  fs::create_symlink("/etc/passwd", path_ + "/link");
  fs::create_directory_symlink("/etc", path_ + "/etc");
  fs::create_symlink("file", path_ + "/inner");
  ASSERT_EQ(mkfifo((path_ + "/pipe").c_str(), 0600), 0);
  EXPECT_EQ(code("file"), "opened");
  EXPECT_EQ(code("link"), "FileIsLink");
  EXPECT_EQ(code("inner"), "FileIsLink");
  EXPECT_EQ(code("etc/passwd"), "FileIsLink");
  EXPECT_EQ(code("pipe"), "NotAFile");
  EXPECT_EQ(code(""), "FileIsFolder");
  EXPECT_EQ(code("../" + fs::path(path_).filename().string() + "/file"), "FileElsewhere");
  EXPECT_EQ(code("/etc/passwd"), "FileElsewhere");
}

TEST_F(TreeTest, PagesHoldEveryNameOnceFoldersFirst) {
  for (const char* name : {"b", "a", "c"}) write(name, "");
  for (const char* name : {"z", "y"}) fs::create_directory(path_ + "/" + name);
  EXPECT_EQ(names(), (std::vector<std::string>{"y", "z", "a", "b", "c"}));
  EXPECT_EQ(names("", 3), (std::vector<std::string>{"y", "z", "a", "…fa"}));
  EXPECT_EQ(names("fa", 3), (std::vector<std::string>{"b", "c"}));
  EXPECT_EQ(names("", 1), (std::vector<std::string>{"y", "…dy"}));
  for (int i = 0; i < 500; ++i) write("n" + std::to_string(1000 + i), "");
  std::vector<std::string> all;
  std::string after;
  for (int pages = 0; pages < 100; ++pages) {
    const auto listing = *tree_->list({"", after, 7});
    for (const auto& entry : listing.entries) all.push_back(entry.name);
    if (after = listing.next; after.empty()) break;
  }
  EXPECT_EQ(all.size(), 505u);
}

TEST_F(TreeTest, AMoveOverwritesNothingAndRemovalTakesLinksNotWhatTheyMean) {
  write("a", "one");
  write("b", "two");
  fs::create_directories(path_ + "/d/e");
  const std::string outside = path_ + "-outside";
  fs::create_directory(outside);
  std::ofstream(outside + "/kept") << "x";
  fs::create_directory_symlink(outside, path_ + "/d/link");
  EXPECT_EQ(tree_->move("a", "b").error().code, "FileExists");
  EXPECT_EQ(tree_->move("d", "d/e/f").error().code, "InvalidPath");
  EXPECT_TRUE(tree_->move("a", "d/a"));
  EXPECT_TRUE(tree_->remove("d"));
  EXPECT_FALSE(fs::exists(path_ + "/d"));
  EXPECT_TRUE(fs::exists(outside + "/kept"));
  fs::remove_all(outside);
  EXPECT_EQ(tree_->remove("").error().code, "InvalidPath");
}

// A connection whose far end the test plays.
struct Pair {
  Pair() {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    near = std::make_unique<Channel>(Fd(ends[0]));
    far = Fd(ends[1]);
  }
  void send(std::string_view bytes) const {
    const auto head = hostlink::frame_head(bytes.size());
    EXPECT_EQ(::write(far.get(), head.data(), head.size()), static_cast<ssize_t>(head.size()));
    EXPECT_EQ(::write(far.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  std::unique_ptr<Channel> near;
  Fd far;
};

const std::string kId(32, 'a');

TEST_F(TreeTest, AnUploadCutOffIsThereAsFarAsItCameAndShowsOnlyWhole) {
  Uploads uploads(*tree_, reserve_);
  ASSERT_TRUE(uploads.begin({kId, "up", 6, false}));
  {
    Pair broken;
    broken.send("abc");
    broken.far.reset();
    EXPECT_FALSE(uploads.go_on({kId, 0}, *broken.near));
  }
  EXPECT_EQ(uploads.look(kId)->offset, 3);
  EXPECT_EQ(names(), std::vector<std::string>{});
  Pair again;
  again.send("def");
  again.send("");
  EXPECT_EQ(uploads.go_on({kId, 2}, *again.near).error().code, "OffsetMismatch");
  EXPECT_EQ(uploads.go_on({kId, 3}, *again.near)->offset, 6);
  EXPECT_EQ(fs::file_size(path_ + "/up"), 6u);
  EXPECT_EQ(uploads.look(kId)->offset, 6);
}

TEST_F(TreeTest, AnUploadOverwritesOnlyWhenAskedAndNeverBeyondItsSize) {
  Uploads uploads(*tree_, reserve_);
  write("up", "old");
  EXPECT_EQ(uploads.begin({kId, "up", 1, false}).error().code, "FileExists");
  EXPECT_EQ(uploads.begin({kId, "no/such", 1, false}).error().code, "NoSuchFile");
  ASSERT_TRUE(uploads.begin({kId, "other", 2, false}));
  write("other", "came meanwhile");
  Pair more;
  more.send("abc");
  EXPECT_EQ(uploads.go_on({kId, 0}, *more.near).error().code, "UploadTooLong");
  Pair exact;
  exact.send("ab");
  exact.send("");
  EXPECT_TRUE(uploads.go_on({kId, 0}, *exact.near));
  EXPECT_EQ(names(), (std::vector<std::string>{"other", "other (2)", "up"}));
}

TEST_F(TreeTest, AnUploadThatTheHostHasNoRoomForIsRefusedAndNothingOfItIsKept) {
  const auto full = [&] { return *host::HostReserve::of(Fd(::open(path_.c_str(), O_PATH | O_CLOEXEC)), std::int64_t{1} << 60); };
  Uploads uploads(*tree_, reserve_);
  reserve_ = full();
  const auto refused = uploads.begin({kId, "up", 6, false});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "HostDiskFull");
  EXPECT_EQ(refused.error().fault, base::Fault::kNoRoom);
  EXPECT_FALSE(fs::exists(path_ + "/" + kStagingFolder));
  reserve_ = {};
  ASSERT_TRUE(uploads.begin({kId, "up", 6, false}));
  Pair first;
  first.send("abc");
  first.send("");
  EXPECT_EQ(uploads.go_on({kId, 0}, *first.near)->offset, 3);
  reserve_ = full();
  Pair next;
  next.send("def");
  next.send("");
  EXPECT_EQ(uploads.go_on({kId, 3}, *next.near).error().code, "HostDiskFull");
  EXPECT_TRUE(fs::is_empty(path_ + "/" + kStagingFolder));
  EXPECT_EQ(uploads.look(kId).error().code, "NoSuchUpload");
}

TEST_F(TreeTest, AStagingFolderOfAGuestsMakingLeadsNowhere) {
  const std::string outside = path_ + "-outside";
  fs::create_directory(outside);
  fs::create_directory_symlink(outside, path_ + "/" + kStagingFolder);
  Uploads uploads(*tree_, reserve_);
  EXPECT_FALSE(uploads.begin({kId, "up", 1, false}));
  fs::remove(path_ + "/" + kStagingFolder);
  ASSERT_TRUE(uploads.begin({kId, "up", 4, false}));
  std::ofstream(outside + "/victim") << "keep";
  fs::remove(path_ + "/" + kStagingFolder + "/" + kId + ".part");
  fs::create_symlink(outside + "/victim", path_ + "/" + kStagingFolder + "/" + kId + ".part");
  EXPECT_FALSE(uploads.look(kId));
  fs::remove(path_ + "/" + kStagingFolder + "/" + kId + ".part");
  fs::create_hard_link(outside + "/victim", path_ + "/" + kStagingFolder + "/" + kId + ".part");
  EXPECT_FALSE(uploads.look(kId)) << "another name of a file that is not an upload's";
  fs::remove_all(outside);
}

TEST_F(TreeTest, AnArchiveThatNobodyReadsEndsAndOneThatIsTooLargeIsRefused) {
  write("a", std::string(2'000'000, 'x'));
  auto archive = Archive::plan(*tree_, "");
  ASSERT_TRUE(archive);
  int calls = 0;
  EXPECT_FALSE(archive->write([&](std::string_view) { return ++calls < 3; }));
  std::size_t total = 0;
  EXPECT_TRUE(archive->write([&](std::string_view bytes) { return total += bytes.size(), true; }));
  EXPECT_GT(total, 2'000'000u);
  ASSERT_EQ(truncate((path_ + "/a").c_str(), off_t{1} << 37), 0);
  EXPECT_EQ(Archive::plan(*tree_, "").error().code, "ArchiveTooLarge");
}

}  // namespace
}  // namespace stipend::files
