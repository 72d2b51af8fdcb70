#include "hostlink/file_codec.hpp"

#include <gtest/gtest.h>

namespace stipend::hostlink {
namespace {

const std::string kId(32, 'a');

TEST(FileCodec, EveryRequestSurvives) {
  const std::vector<FileRequest> all = {
      ListFolder{"a/b", "fname", 7}, LookAt{""},          ReadFile{"x", 5, -1},  ZipFolder{"d"},       BeginUpload{kId, "d/x", 9, true},
      LookAtUpload{kId},             ContinueUpload{kId, 3}, DropUpload{kId},    MakeFolder{"d/e"},    MoveEntry{"a", "b/c"},
      RemoveEntry{"caf\xe9"}};
  ASSERT_EQ(all.size(), std::variant_size_v<FileRequest>);
  for (const auto& request : all) {
    const auto again = decode_file_request(encode(request));
    ASSERT_TRUE(again) << request.index();
    EXPECT_EQ(encode(*again), encode(request));
  }
}

TEST(FileCodec, EveryAnswerSurvives) {
  const std::vector<FileAnswer> all = {FileRefusal{{base::Fault::kNotFound, "NoSuchFile", "It is not there."}}, FileDone{},
                                       FileEntry{"n", FileKind::kLink, 3, -5, 9}, Listing{{{"a"}, {"b"}}, "fb", 10, 5},
                                       UploadState{3, 9, "d/x"}};
  ASSERT_EQ(all.size(), std::variant_size_v<FileAnswer>);
  for (const auto& answer : all) {
    const auto again = decode_file_answer(encode(answer));
    ASSERT_TRUE(again) << answer.index();
    EXPECT_EQ(encode(*again), encode(answer));
  }
}

TEST(FileCodec, PathsThatLeaveTheTreeAreRefused) {
  for (const std::string path : {"/", "/etc", "..", "a/..", "../a", "a//b", "a/", "./a", "a/./b", "."})
    EXPECT_FALSE(decode_file_request(encode(FileRequest(LookAt{path})))) << path;
  EXPECT_FALSE(decode_file_request(encode(FileRequest(LookAt{std::string("a\0b", 3)}))));
  EXPECT_FALSE(decode_file_request(encode(FileRequest(LookAt{std::string(256, 'x')}))));
  EXPECT_FALSE(decode_file_request(encode(FileRequest(MoveEntry{"a", "../b"}))));
  EXPECT_TRUE(decode_file_request(encode(FileRequest(LookAt{std::string(255, 'x') + "/..."}))));
}

TEST(FileCodec, WhatIsCutOffOrLongerIsRefused) {
  const std::string whole = encode(FileRequest(BeginUpload{kId, "x", 9, false}));
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(decode_file_request(whole.substr(0, size))) << size;
  EXPECT_FALSE(decode_file_request(whole + "x"));
  EXPECT_FALSE(decode_file_request(encode(FileRequest(BeginUpload{kId, "x", kMaxUploadBytes + 1, false}))));
  EXPECT_FALSE(decode_file_request(encode(FileRequest(DropUpload{"../../etc/passwd"}))));
  EXPECT_FALSE(decode_file_request(encode(FileRequest(ListFolder{"", "", kMaxEntries + 1}))));
}

TEST(FileCodec, FrameHeadsSurvive) {
  for (const std::size_t size : {0UL, 1UL, 255UL, 256UL, kMaxChunkBytes, kMaxFileAnswerBytes}) {
    const auto head = frame_head(size);
    EXPECT_EQ(frame_length({head.data(), head.size()}), size);
  }
}

}  // namespace
}  // namespace stipend::hostlink
