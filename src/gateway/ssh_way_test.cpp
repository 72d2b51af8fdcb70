#include "gateway/ssh_way.hpp"

#include <gtest/gtest.h>

namespace stipend::gateway {
namespace {

const Origins kOrigins{{"stipend.example.edu"}, "stipend.example.edu", true};
const SshOptions kJump{"stipend-jump", 2222};

InstanceView machine(std::string key = "k") {
  InstanceView view;
  view.id = *base::InstanceId::parse("i-0123456789abcdef0");
  view.state = "running";
  view.public_address = "100.97.16.9";
  view.key_name = std::move(key);
  return view;
}

net::Request from(bool loopback, std::string target = "/api/v1/instances/i-0123456789abcdef0/ssh") {
  net::Request request;
  request.target = std::move(target);
  request.peer.loopback = loopback;
  return request;
}

TEST(SshWay, TheReadersPlaceDecides) {
  EXPECT_EQ(ssh_way(kJump, from(true)), SshWay::kHere);
  EXPECT_EQ(ssh_way(kJump, from(false)), SshWay::kJump);
  EXPECT_EQ(ssh_way({}, from(false)), SshWay::kHttps);
  EXPECT_EQ(ssh_way(kJump, from(false, "/x?way=https")), SshWay::kHttps);
}

TEST(SshWay, EachWayHasItsLine) {
  EXPECT_EQ(ssh_words(SshWay::kHere, kOrigins, kJump, "localhost:8080", machine())["line"], "ssh -i k.pem ubuntu@100.97.16.9");
  EXPECT_EQ(ssh_words(SshWay::kJump, kOrigins, kJump, "stipend.example.edu", machine())["line"],
            "ssh -i k.pem -o ProxyCommand=\"ssh -i k.pem -p 2222 -W %h:%p stipend-jump@stipend.example.edu\" ubuntu@i-0123456789abcdef0");
  EXPECT_EQ(ssh_words(SshWay::kJump, kOrigins, kJump, "stipend.example.edu:8443", machine())["config"],
            "Host i-*\n  User ubuntu\n  IdentityFile ~/k.pem\n  ProxyJump stipend-jump@stipend.example.edu:2222\nHost stipend.example.edu\n"
            "  IdentityFile ~/k.pem\n");
  EXPECT_EQ(ssh_words(SshWay::kHttps, kOrigins, kJump, "stipend.example.edu:8443", machine())["line"],
            "python3 stipend-ssh.py --endpoint https://stipend.example.edu:8443 i-0123456789abcdef0 -i k.pem");
}

TEST(SshWay, AKeysNameCannotSpeakToTheShell) {
  EXPECT_EQ(ssh_words(SshWay::kHere, kOrigins, kJump, "", machine("a b;$(x)'\"/..\\"))["line"], "ssh -i a_b___x____.._.pem ubuntu@100.97.16.9");
  EXPECT_EQ(ssh_words(SshWay::kHere, kOrigins, kJump, "", machine("-oProxyCommand=x"))["line"], "ssh -i key-oProxyCommand_x.pem ubuntu@100.97.16.9");
  EXPECT_EQ(ssh_words(SshWay::kHere, kOrigins, kJump, "", machine("mine.pem"))["line"], "ssh -i mine.pem ubuntu@100.97.16.9");
}

TEST(SshWay, WhatCannotWorkSaysWhatToDo) {
  const auto keyless = ssh_words(SshWay::kJump, kOrigins, kJump, "h", machine(""));
  EXPECT_TRUE(keyless["line"].is_null());
  EXPECT_NE(keyless["problem"].get<std::string>().find("key pair"), std::string::npos);
  auto stopped = machine();
  stopped.state = "stopped";
  EXPECT_NE(ssh_words(SshWay::kJump, kOrigins, kJump, "h", stopped)["problem"].get<std::string>().find("Start it"), std::string::npos);
}

}  // namespace
}  // namespace stipend::gateway
