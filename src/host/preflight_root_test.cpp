#include "host/preflight.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "host/nft.hpp"

namespace stipend::host {
namespace {

TEST(Preflight, LooksWithoutChangingAnythingAndNamesACureForWhatIsWrong) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  const Names names = Names::of("/var/tmp/stipend-test-preflight");
  const auto findings = preflight(names, {.repair = false, .private_cidr = "", .public_cidr = ""});
  for (const auto& f : findings) {
    EXPECT_FALSE(f.sentence.empty()) << f.check;
    EXPECT_EQ(f.cure.empty(), f.verdict == Verdict::kOk) << f.check;
    EXPECT_EQ(std::ranges::count(findings, f.check, &Finding::check), 1) << f.check;
  }
  EXPECT_FALSE(std::filesystem::exists(names.state));
  EXPECT_FALSE(nft_table_exists("stipend_check_" + names.hash));
  const auto nft = std::ranges::find(findings, "nftables", &Finding::check);
  ASSERT_NE(nft, findings.end());
  EXPECT_EQ(nft->verdict, Verdict::kOk) << nft->sentence;
}

TEST(Preflight, ConfiguredRangeThatIsTakenFailsWithTheKeyToChange) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  const auto findings = preflight(Names::of("/var/tmp/stipend-test-preflight"),
                                  {.repair = false, .private_cidr = "8.8.0.0/20", .public_cidr = ""});
  const auto range = std::ranges::find(findings, "addresses", &Finding::check);
  ASSERT_NE(range, findings.end());
  EXPECT_EQ(range->verdict, Verdict::kFail);
  EXPECT_NE((range->sentence + range->cure).find("[network] private"), std::string::npos);
}

}  // namespace
}  // namespace stipend::host
