#include "app/mail_message.hpp"

#include <gtest/gtest.h>

namespace stipend::app {
namespace {

domain::Mail mail(const std::string& subject, const std::string& text) {
  domain::Mail out;
  out.id = "m-019aabbccddee00000";
  out.to = "ada@example.edu";
  out.subject = subject;
  out.text = text;
  return out;
}

std::string written(const domain::Mail& m) { return mail_message(m, "stipend@example.edu", *base::parse_iso8601("2026-11-27T09:05:03Z")); }

TEST(MailMessage, OfPlainTextIsReadableAsItIs) {
  EXPECT_EQ(written(mail("Budget lab", "One.\nTwo.\n")),
            "Date: Fri, 27 Nov 2026 09:05:03 +0000\r\nFrom: stipend@example.edu\r\nTo: ada@example.edu\r\nSubject: Budget lab\r\n"
            "Message-ID: <m-019aabbccddee00000@example.edu>\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\nOne.\r\nTwo.\r\n");
}

TEST(MailMessage, HasNoHeaderThatSomebodyElseWrote) {
  const auto text = written(mail("a\r\nBcc: x@example.com", "t"));
  EXPECT_NE(text.find("Subject: a  Bcc: x@example.com\r\n"), std::string::npos) << text;
}

TEST(MailMessage, OfOtherAlphabetsIsEncoded) {
  std::string subject;
  for (int i = 0; i < 30; ++i) subject += "Über";
  const auto text = written(mail(subject, "Größe\n"));
  EXPECT_NE(text.find("Subject: =?UTF-8?B?"), std::string::npos) << text;
  EXPECT_NE(text.find("Content-Transfer-Encoding: base64\r\n\r\nR3LDtsOfZQo=\r\n"), std::string::npos) << text;
  std::size_t longest = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find("\r\n", at);
    longest = std::max(longest, end - at);
    at = end + 2;
  }
  EXPECT_LE(longest, 78U);
  for (const unsigned char c : text) EXPECT_LT(c, 0x80);
}

TEST(MailMessage, LinesAreNeverTooLongForAServer) {
  EXPECT_NE(written(mail("s", std::string(2000, 'a'))).find("base64"), std::string::npos);
}

}  // namespace
}  // namespace stipend::app
