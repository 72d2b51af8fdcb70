// Held against the programs that read such keys: ssh-keygen, openssl, puttygen.
#include "api/keys/key_pair.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "api/keys/base64.hpp"
#include "base/random.hpp"

namespace stipend::api {
namespace {

struct Ran {
  int status = 0;
  std::string out;
};

Ran shell(const std::string& command) {
  Ran ran;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  std::array<char, 4096> chunk{};
  while (const auto n = std::fread(chunk.data(), 1, chunk.size(), pipe)) ran.out.append(chunk.data(), n);
  ran.status = pclose(pipe);
  while (ran.out.ends_with('\n')) ran.out.pop_back();
  return ran;
}

class Keys : public testing::Test {
 protected:
  Keys() {
    char name[] = "/tmp/stipend-keys-XXXXXX";
    folder_ = mkdtemp(name);
  }
  ~Keys() override { std::filesystem::remove_all(folder_); }

  std::string save(const std::string& name, const std::string& text) {
    const auto path = folder_ + "/" + name;
    std::ofstream(path, std::ios::binary) << text;
    std::filesystem::permissions(path, std::filesystem::perms::owner_read);
    return path;
  }
  std::string load(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  MadeKeyPair make(KeyType type, KeyFormat format, std::string_view comment = "lab") {
    auto made = make_key_pair(random_, type, format, comment);
    EXPECT_TRUE(made.has_value());
    return *made;
  }

  base::SystemRandom random_;
  std::string folder_;
};

std::string two_words(const std::string& line) {
  return line.substr(0, line.find(' ', line.find(' ') + 1));
}

TEST_F(Keys, SshKeygenDerivesTheSamePublicLineFromARsaPem) {
  const auto made = make(KeyType::kRsa, KeyFormat::kPem);
  EXPECT_TRUE(made.private_text.starts_with("-----BEGIN RSA PRIVATE KEY-----\n"));
  const auto ran = shell("ssh-keygen -y -f " + save("k", made.private_text));
  ASSERT_EQ(ran.status, 0) << ran.out;
  EXPECT_EQ(ran.out, two_words(made.public_key.line));
  EXPECT_EQ(made.public_key.line, two_words(made.public_key.line) + " lab");
}

TEST_F(Keys, SshKeygenDerivesTheSamePublicLineFromAnEd25519Pem) {
  // The comment's length moves the padding through all of its cases.
  for (const std::string comment : {"", "a", "ab", "abc", "abcd", "abcde", "abcdef", "abcdefg"}) {
    const auto made = make(KeyType::kEd25519, KeyFormat::kPem, comment);
    const auto ran = shell("ssh-keygen -y -f " + save("k" + comment, made.private_text));
    ASSERT_EQ(ran.status, 0) << ran.out;
    EXPECT_EQ(two_words(ran.out), two_words(made.public_key.line));
  }
}

TEST_F(Keys, PuttygenReadsPpkOfBothTypes) {
  for (const auto type : {KeyType::kRsa, KeyType::kEd25519}) {
    const auto made = make(type, KeyFormat::kPpk);
    const auto path = save(std::string(to_text(type)), made.private_text);
    const auto public_line = shell("puttygen " + path + " -L");
    ASSERT_EQ(public_line.status, 0) << public_line.out;
    EXPECT_EQ(public_line.out, made.public_key.line);
    // The private half too: through OpenSSH's format back to the public line.
    ASSERT_EQ(shell("puttygen " + path + " -O private-openssh -o " + path + ".pem").status, 0);
    const auto derived = shell("ssh-keygen -y -f " + path + ".pem");
    EXPECT_EQ(two_words(derived.out), two_words(made.public_key.line)) << derived.out;
  }
}

TEST_F(Keys, FingerprintOfAMadeRsaKeyIsSha1OfItsPkcs8Der) {
  const auto made = make(KeyType::kRsa, KeyFormat::kPem);
  const auto ran = shell("openssl pkcs8 -inform PEM -outform DER -topk8 -nocrypt -in " +
                         save("k", made.private_text) + " | openssl sha1 -c");
  EXPECT_TRUE(ran.out.ends_with(" " + made.public_key.fingerprint))
      << ran.out << " " << made.public_key.fingerprint;
}

TEST_F(Keys, FingerprintOfAnImportedRsaKeyIsMd5OfItsPublicDer) {
  const auto made = make(KeyType::kRsa, KeyFormat::kPem);
  const auto read = read_public_key(made.public_key.line, "n");
  ASSERT_TRUE(read.has_value());
  const auto ran = shell("openssl rsa -pubout -outform DER -in " + save("k", made.private_text) +
                         " 2>/dev/null | openssl md5 -c");
  EXPECT_TRUE(ran.out.ends_with(" " + read->fingerprint)) << ran.out;
  EXPECT_NE(read->fingerprint, made.public_key.fingerprint);
}

TEST_F(Keys, FingerprintOfEd25519IsOpenSshsForMadeAndImported) {
  const auto made = make(KeyType::kEd25519, KeyFormat::kPem);
  const auto read = read_public_key(made.public_key.line, "n");
  ASSERT_TRUE(read.has_value());
  const auto ran = shell("ssh-keygen -l -f " + save("k.pub", made.public_key.line));
  EXPECT_NE(ran.out.find(" SHA256:" + made.public_key.fingerprint + " "), ran.out.npos) << ran.out;
  EXPECT_EQ(read->fingerprint, made.public_key.fingerprint);
}

TEST_F(Keys, EveryPublicFormatReadsAsTheSameKey) {
  for (const std::string type : {"rsa -b 3072", "ed25519"}) {
    const auto path = folder_ + "/" + type.substr(0, 3);
    ASSERT_EQ(shell("ssh-keygen -q -N '' -C 'ada@laptop' -t " + type + " -f " + path).status, 0);
    const auto line = load(path + ".pub");
    const auto expected = read_public_key(line, "n");
    ASSERT_TRUE(expected.has_value());
    EXPECT_EQ(expected->line + "\n", line);

    const auto rfc4716 = shell("ssh-keygen -e -m RFC4716 -f " + path + ".pub").out;
    const auto from_rfc = read_public_key(rfc4716, "n");
    ASSERT_TRUE(from_rfc.has_value()) << rfc4716;
    EXPECT_EQ(two_words(from_rfc->line), two_words(line));
    EXPECT_TRUE(from_rfc->line.ends_with(" n"));
  }
  const auto rsa = folder_ + "/rsa";
  const auto pem = shell("ssh-keygen -e -m PKCS8 -f " + rsa + ".pub").out;
  ASSERT_EQ(shell("openssl pkey -pubin -outform DER -out " + rsa + ".der -in " + save("p", pem)).status, 0);
  const auto der = load(rsa + ".der");
  for (const auto& material : {pem, der, base64(der), base64_lines(der, 64)}) {
    const auto read = read_public_key(material, "n");
    ASSERT_TRUE(read.has_value()) << material;
    EXPECT_EQ(two_words(read->line), two_words(load(rsa + ".pub")));
  }
}

TEST_F(Keys, WhatIsNotAPublicKeyIsRefused) {
  const auto made = make(KeyType::kRsa, KeyFormat::kPem);
  const auto good = two_words(made.public_key.line);
  ASSERT_EQ(shell("ssh-keygen -q -N '' -t ecdsa -f " + folder_ + "/ec").status, 0);
  const std::string line = made.public_key.line;
  for (const std::string& bad : {std::string(), std::string("ssh-rsa"), std::string("ssh-rsa AAAA"),
                                 std::string(20'000, 'A'), made.private_text, load(folder_ + "/ec.pub"),
                                 good.substr(0, good.size() - 8), "ssh-ed25519 " + good.substr(8),
                                 "command=\"id\" " + line, line + "\n" + line, std::string(3, '\0') + good}) {
    const auto read = read_public_key(bad, "n");
    ASSERT_FALSE(read.has_value()) << bad;
    EXPECT_EQ(read.error().code, "InvalidKey.Format");
  }
}

TEST_F(Keys, ACommentCannotBringALineOfItsOwnOrControlCharacters) {
  const auto made = make(KeyType::kEd25519, KeyFormat::kPem);
  const auto read = read_public_key(two_words(made.public_key.line) + " a\x1b[31m\tb\xc3\xa9", "n");
  ASSERT_TRUE(read.has_value());
  EXPECT_TRUE(read->line.ends_with(" a_[31m_b__")) << read->line;
}

TEST(Base64, KeepsEveryLengthAndRefusesForeignText) {
  for (std::size_t size = 0; size < 70; ++size) {
    std::string bytes;
    for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(i * 37 + size);
    EXPECT_EQ(from_base64(base64(bytes)), bytes);
    EXPECT_EQ(from_base64(base64_lines(bytes, 16)), bytes);
  }
  for (const char* bad : {"A", "AA", "AAA", "A===", "A=AA", "====", "AA==AA==", "AA*A", "AAAA\x01"})
    EXPECT_EQ(from_base64(bad), std::nullopt) << bad;
}

}  // namespace
}  // namespace stipend::api
