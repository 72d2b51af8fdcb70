#include "app/address.hpp"

#include <gtest/gtest.h>

namespace stipend::app {
namespace {

const auto kInstance = *base::InstanceId::parse("i-0123456789abcdef0");

Config with_tls(std::string name) {
  Config config;
  config.name = std::move(name);
  config.tls_certificate = "/c.pem";
  config.tls_key = "/k.pem";
  return config;
}

TEST(Address, OfThisComputerIsLocalhostWhateverLoopbackOrAllAddressesAreBound) {
  for (const char* listen : {"127.0.0.1:8080", "127.3.0.1:8080", "0.0.0.0:8080", "[::]:8080"}) {
    const Address address({}, listen);
    EXPECT_EQ(address.origin(), "http://localhost:8080") << listen;
    EXPECT_EQ(address.machine_origin(kInstance), "http://i-0123456789abcdef0.localhost:8080") << listen;
  }
  EXPECT_EQ(Address({}, "192.0.2.7:80").origin(), "http://192.0.2.7");
}

TEST(Address, WithANameAndACertificateIsHttpsAndMachinesAreBelowTheName) {
  const Address address(with_tls("stipend.example.edu"), "0.0.0.0:443");
  EXPECT_EQ(address.origin(), "https://stipend.example.edu");
  EXPECT_EQ(address.machine_origin(kInstance), "https://i-0123456789abcdef0.stipend.example.edu");
  EXPECT_EQ(address.console_hosts().front(), "stipend.example.edu");
  EXPECT_EQ(Address(with_tls("stipend.example.edu"), "0.0.0.0:8443").origin(), "https://stipend.example.edu:8443");
}

TEST(Address, ConsoleHostsHoldEachNameOnce) {
  EXPECT_EQ(Address({}, "127.0.0.1:80").console_hosts(), (std::vector<std::string>{"localhost", "127.0.0.1", "[::1]"}));
  EXPECT_EQ(Address({}, "192.0.2.7:80").console_hosts(),
            (std::vector<std::string>{"192.0.2.7", "localhost", "127.0.0.1", "[::1]"}));
}

TEST(Address, WrongSettingsNameTheKeyToSet) {
  EXPECT_EQ(wrong_address({}, false), "");
  EXPECT_NE(wrong_address({}, true).find("tls_certificate and tls_key"), std::string::npos);
  EXPECT_EQ(wrong_address(with_tls("a.example"), true), "");
  EXPECT_NE(wrong_address(with_tls(""), true).find("[server] name"), std::string::npos);
  EXPECT_EQ(wrong_address(with_tls(""), false), "");
  Config half;
  half.tls_key = "/k.pem";
  EXPECT_NE(wrong_address(half, false).find("tls_certificate is not"), std::string::npos);
  Config plain;
  plain.insecure_http = true;
  EXPECT_EQ(wrong_address(plain, true), "");
}

}  // namespace
}  // namespace stipend::app
