#include "app/plain_door.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace stipend::app {
namespace {

class Challenges : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/stipend-challenges-XXXXXX";
    folder_ = mkdtemp(name);
    inside_ = folder_ + "/.well-known/acme-challenge";
    std::filesystem::create_directories(inside_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void put(const std::string& name, const std::string& text) const { std::ofstream(inside_ + "/" + name) << text; }
  std::string folder_, inside_;
};

TEST_F(Challenges, ATokensAnswerIsFound) {
  put("abc-_9", "abc-_9.thumb");
  EXPECT_EQ(challenge_answer(folder_, "abc-_9"), "abc-_9.thumb");
}

TEST_F(Challenges, NothingElseIsReachable) {
  put("full", std::string(1025, 'x'));
  put("empty", "");
  std::ofstream(folder_ + "/secret") << "secret";
  std::filesystem::create_symlink(folder_ + "/secret", inside_ + "/link");
  std::filesystem::create_directory(inside_ + "/folder");
  for (const char* token : {"", ".", "..", "../../secret", "..%2f..%2fsecret", "link", "folder", "full", "empty", "none", "a/b", "a.b"})
    EXPECT_FALSE(challenge_answer(folder_, token)) << token;
  EXPECT_FALSE(challenge_answer(folder_, std::string(129, 'a')));
  EXPECT_FALSE(challenge_answer("/nowhere", "abc"));
}

}  // namespace
}  // namespace stipend::app
