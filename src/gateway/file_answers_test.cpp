#include "gateway/file_answers.hpp"

#include <gtest/gtest.h>

#include "gateway/uploads_api.hpp"

namespace stipend::gateway {
namespace {

const FileView kFile{"n", FileKind::kFile, 1000, 1'700'000'000'000'000'000, 7};

std::string slice(std::string_view range) {
  const auto found = slice_of(range, 1000);
  return found ? std::to_string(found->from) + "+" + std::to_string(found->length) : "all";
}

TEST(FileAnswers, RangesAreOfOnePieceOrIgnored) {
  EXPECT_EQ(slice("bytes=0-0"), "0+1");
  EXPECT_EQ(slice("bytes=990-"), "990+10");
  EXPECT_EQ(slice("bytes=990-5000"), "990+10");
  EXPECT_EQ(slice("bytes=-10"), "990+10");
  EXPECT_EQ(slice("bytes=-5000"), "0+1000");
  EXPECT_EQ(slice("bytes=1000-"), "0+0");
  EXPECT_EQ(slice("bytes=-0"), "1000+0");
  for (const char* odd : {"", "bytes=", "bytes=-", "bytes=5-4", "bytes=0-1,4-5", "lines=1-2", "bytes=x-", "bytes=1-x", "bytes=--1",
                          "bytes=+1-2", "bytes=99999999999999999999-", "bytes 1-2"})
    EXPECT_EQ(slice(odd), "all") << odd;
}

TEST(FileAnswers, ANameSplitsNoHeader) {
  EXPECT_EQ(disposition("a b.txt"), "attachment; filename=\"a b.txt\"; filename*=UTF-8''a%20b.txt");
  EXPECT_EQ(disposition("x\"; y=\"z\r\nSet-Cookie: a"),
            "attachment; filename=\"x__ y__z__Set-Cookie_ a\"; filename*=UTF-8''x%22%3B%20y%3D%22z__Set-Cookie%3A%20a");
  EXPECT_EQ(disposition("caf\xc3\xa9"), "attachment; filename=\"caf__\"; filename*=UTF-8''caf%C3%A9");
  EXPECT_EQ(disposition("..\\..\\x"), "attachment; filename=\".._.._x\"; filename*=UTF-8''.._.._x");
}

TEST(FileAnswers, ValidatorsDecideWhatIsSent) {
  net::Request request;
  EXPECT_EQ(download_head(request, kFile, "n").head.status, 200);
  request.headers.set("if-none-match", "\"x\", W/" + entity_tag(kFile));
  EXPECT_EQ(download_head(request, kFile, "n").head.status, 304);
  request.headers = {{"range", "bytes=1-2"}};
  EXPECT_EQ(download_head(request, kFile, "n").head.headers.get("content-range"), "bytes 1-2/1000");
  request.headers.set("if-range", "\"older\"");
  EXPECT_EQ(download_head(request, kFile, "n").head.status, 200);
  request.headers.set("if-range", http_date(kFile.modified_ns));
  EXPECT_EQ(download_head(request, kFile, "n").head.status, 206);
  request.headers = {{"range", "bytes=1000-"}};
  EXPECT_EQ(download_head(request, kFile, "n").head.status, 416);
}

TEST(Uploads, AWishNamesASizeAndAPathBelow) {
  const auto wish = [](std::string_view size, std::string_view metadata) {
    net::Request request;
    request.headers.set("upload-length", size);
    request.headers.set("upload-metadata", metadata);
    return upload_wish(request);
  };
  const auto sound = wish("5", "name eA==,path ZC/DpA==,replace");
  ASSERT_TRUE(sound);
  EXPECT_EQ(sound->path, "d/\xc3\xa4");
  EXPECT_TRUE(sound->replace);
  EXPECT_FALSE(wish("5", "path Li4veA=="));  // ../x
  EXPECT_FALSE(wish("5", "path L2V0Yw=="));  // /etc
  EXPECT_FALSE(wish("5", "path YQBi"));      // a NUL
  EXPECT_FALSE(wish("5", "path"));
  EXPECT_FALSE(wish("5", ""));
  EXPECT_FALSE(wish("-5", "path eA=="));
  EXPECT_FALSE(wish("5 ", "path eA=="));
}

}  // namespace
}  // namespace stipend::gateway
