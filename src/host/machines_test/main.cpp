#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "host/machines_test/harness.hpp"

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  const char* images = getenv("STIPEND_TEST_IMAGES");
  const char* host = getenv("STIPEND_HOST");
  if (geteuid() != 0 || !images || !host) {
    std::cerr << "skipped: real machines need root, STIPEND_TEST_IMAGES and STIPEND_HOST\n";
    return 77;
  }
  auto& under_test = stipend::host::g_under_test;
  under_test.program = host;
  under_test.images = images;
  const auto about =
      nlohmann::json::parse(std::ifstream(std::string(images) + "/minimal.json"), nullptr, false);
  if (about.is_object())
    if (auto id = stipend::base::ImageId::parse(about.value("ami_id", ""))) under_test.image = *id;
  if (under_test.image.empty()) {
    std::cerr << "skipped: no image named minimal in " << images
              << "; build it with `stipend image build minimal`\n";
    return 77;
  }
  return RUN_ALL_TESTS();
}
