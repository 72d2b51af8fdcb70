#include "app/notice_words.hpp"

#include <gtest/gtest.h>

namespace stipend::app {
namespace {

using domain::Notice;
using domain::NoticeKind;

domain::Instance instance(const std::string& type) {
  domain::Instance made;
  made.type = type;
  return made;
}

TEST(NoticeWords, FullMemoryNamesTheNextLargerTypeOfTheFamilyAndItsPrice) {
  const auto* catalogue = domain::find_catalogue("2026");
  ASSERT_TRUE(catalogue);
  EXPECT_EQ(notice_sentence({NoticeKind::kOutOfMemory, {}, 4096, 0, 0, 1}, instance("t2.medium"), catalogue),
            "Memory was full: 4 GiB. The kernel or program that used most was ended; Jupyter and your files are fine. "
            "A t2.large has 8 GiB, for $0.0928 an hour: stop the machine, change its type, start it again.");
}

TEST(NoticeWords, WithoutALargerOneOfTheFamilyTheCheapestIsNamedAndWithoutAnyNone) {
  const domain::Catalogue catalogue{"x", "", {{"t9.a", 1, 1024, {10}, "", 0, 0, ""}, {"m9.b", 1, 4096, {90}, "", 0, 0, ""}, {"c9.a", 1, 2048, {50}, "", 0, 0, ""},
                                              {"p9.a", 1, 9999, {20}, "ec2", 0, 0, ""}}, {}, {}, {}};
  EXPECT_NE(notice_sentence({NoticeKind::kOutOfMemory, {}, 1024, 0, 0, 1}, instance("t9.a"), &catalogue).find("A c9.a has 2 GiB"), std::string::npos);
  const auto most = notice_sentence({NoticeKind::kOutOfMemory, {}, 4096, 0, 0, 1}, instance("m9.b"), &catalogue);
  EXPECT_TRUE(most.ends_with("your files are fine.")) << most;
  EXPECT_EQ(notice_sentence({NoticeKind::kOutOfMemory, {}, 4096, 0, 0, 1}, instance("m9.b"), nullptr), most);
}

TEST(NoticeWords, ADiskThatFillsSaysHowMuchAndWhatToDo) {
  EXPECT_EQ(notice_sentence({NoticeKind::kDiskFilling, {}, 94, 7540, 7987, 1}, instance("t2.nano"), nullptr),
            "The disk is 94 % full (7.3 GiB of 7.7 GiB). Delete what you no longer need, or take it elsewhere: on a full disk "
            "nothing can be saved.");
}

TEST(NoticeWords, AHomeOfItsOwnAndTheMachinesDiskAreToldApart) {
  auto with_home = instance("t2.nano");
  with_home.home_disk = *base::DiskId::parse("vol-0123456789abcdef0");
  EXPECT_EQ(notice_sentence({NoticeKind::kHomeFilling, {}, 91, 9318, 10240, 1}, with_home, nullptr),
            "Your home is 91 % full (9 GiB of 10 GiB). Delete what you no longer need, with the trash and caches such as ~/.cache, or "
            "download it: in a full home nothing can be saved.");
  const auto of_disk = notice_sentence({NoticeKind::kDiskFilling, {}, 94, 7540, 7987, 1}, with_home, nullptr);
  EXPECT_TRUE(of_disk.starts_with("The machine's own disk is 94 % full (7.3 GiB of 7.7 GiB), not your home.")) << of_disk;
  EXPECT_EQ(notice_kind(NoticeKind::kHomeFilling), "home");
}

TEST(NoticeWords, TheCourseFolderIsToldToItsStaff) {
  const auto said = folder_sentence({{}, 93, 19046, 20480});
  EXPECT_TRUE(said.starts_with("The course folder /course is 93 % full (18.5 GiB of 20 GiB).")) << said;
  EXPECT_NE(said.find("Delete what the course no longer needs"), std::string::npos);
}

}  // namespace
}  // namespace stipend::app
