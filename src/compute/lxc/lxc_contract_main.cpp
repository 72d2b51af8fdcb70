// The Provider contract on real machines: needs root, STIPEND_HOST (the program) and STIPEND_TEST_IMAGES (a
// folder that images/build filled with `minimal`); otherwise skipped with exit status 77.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <thread>

#include <nlohmann/json.hpp>

#include "compute/lxc/lxc_provider.hpp"
#include "compute/provider_contract.hpp"
#include "hostlink/names.hpp"

namespace stipend::compute {
namespace {

namespace fs = std::filesystem;

std::string g_host, g_images;
base::ImageId g_image;

class LxcBench final : public Bench {
 public:
  LxcBench() {
    char folder[] = "/tmp/stipend-contract-XXXXXX";
    if (!mkdtemp(folder)) std::abort();
    state_ = folder;
    host_ = begin({g_host, "serve", "--state", state_, "--images", g_images, "--uid", "0"});
    provider_ = make_lxc_provider({.socket = hostlink::host_socket(state_)});
  }
  ~LxcBench() override {
    provider_.reset();
    kill(host_, SIGTERM);
    waitpid(host_, nullptr, 0);
    int status = 1;
    waitpid(begin({g_host, "down", "--state", state_, "--images", g_images}), &status, 0);
    EXPECT_EQ(status, 0) << "stipend-host down";
    EXPECT_FALSE(fs::exists(hostlink::runtime_folder(state_)));
    fs::remove_all(state_);
  }
  Provider& provider() override { return *provider_; }
  base::ImageId image() override { return g_image; }
  bool eventually(std::int64_t seconds, const std::function<bool()>& true_now) override {
    for (std::int64_t i = 0; i < seconds * 50; ++i) {
      if (true_now()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return true_now();
  }

 private:
  static pid_t begin(const std::vector<std::string>& words) {
    const pid_t pid = fork();
    if (pid != 0) return pid;
    std::vector<char*> argv;
    for (const auto& w : words) argv.push_back(const_cast<char*>(w.c_str()));
    argv.push_back(nullptr);
    execv(argv[0], argv.data());
    _exit(127);
  }
  std::string state_;
  pid_t host_ = 0;
  std::unique_ptr<Provider> provider_;
};

INSTANTIATE_TEST_SUITE_P(Lxc, ProviderContract,
                         testing::Values(MakeBench([] { return std::make_unique<LxcBench>(); })));

}  // namespace
}  // namespace stipend::compute

int main(int argc, char** argv) {
  using namespace stipend;
  testing::InitGoogleTest(&argc, argv);
  const char* images = getenv("STIPEND_TEST_IMAGES");
  const char* host = getenv("STIPEND_HOST");
  if (geteuid() != 0 || !images || !host) {
    std::cerr << "skipped: real machines need root, STIPEND_TEST_IMAGES and STIPEND_HOST\n";
    return 77;
  }
  compute::g_host = host;
  compute::g_images = images;
  const auto about =
      nlohmann::json::parse(std::ifstream(std::string(images) + "/minimal.json"), nullptr, false);
  if (about.is_object())
    if (auto id = base::ImageId::parse(about.value("ami_id", ""))) compute::g_image = *id;
  if (compute::g_image.empty()) {
    std::cerr << "skipped: no image named minimal in " << images
              << "; build it with `stipend image build minimal`\n";
    return 77;
  }
  return RUN_ALL_TESTS();
}
