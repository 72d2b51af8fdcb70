#include "api/describe/page.hpp"

#include <gtest/gtest.h>

#include <set>

#include "base/random.hpp"

namespace stipend::api {
namespace {

class Pages : public testing::Test {
 protected:
  base::Result<Page<std::string>> cut(std::vector<std::string> rows, PageRequest request,
                                      CursorScope scope = kScope) {
    return cut_page(std::move(rows), request, {}, cursors_, scope,
                    [](const std::string& row) { return row; });
  }
  static constexpr CursorScope kScope{"111122223333", "DescribeInstances", "hash"};
  base::SeededRandom random_{7};
  Cursors cursors_{Cursors::Key{1, 2, 3}, random_};
  std::vector<std::string> rows_ = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"};
};

TEST_F(Pages, FollowingTheTokenGivesEveryRowOnce) {
  std::vector<std::string> seen;
  PageRequest request{5, std::nullopt};
  for (int pages = 0; pages < 4; ++pages) {
    const auto page = cut(rows_, request);
    ASSERT_TRUE(page.has_value());
    seen.insert(seen.end(), page->rows.begin(), page->rows.end());
    if (!page->next_token) break;
    request.next_token = page->next_token;
  }
  EXPECT_EQ(seen, rows_);
}

TEST_F(Pages, AFullLastPageHasNoToken) {
  EXPECT_EQ(cut({"a", "b", "c", "d", "e"}, {5, std::nullopt})->next_token, std::nullopt);
  EXPECT_EQ(cut(rows_, {})->rows, rows_);
}

TEST_F(Pages, RowsThatCameOrWentBetweenPagesMoveNothing) {
  const auto first = cut(rows_, {5, std::nullopt});
  auto changed = rows_;
  changed.erase(changed.begin(), changed.begin() + 5);  // all of the first page
  changed.insert(changed.begin(), "aa");
  EXPECT_EQ(cut(changed, {5, first->next_token})->rows.front(), "f");
}

TEST_F(Pages, TheSizeHasLimits) {
  EXPECT_EQ(cut(rows_, {4, std::nullopt}).error().code, "InvalidParameterValue");
  EXPECT_EQ(cut(rows_, {4, std::nullopt}).error().message,
            "Value ( 4 ) for parameter maxResults is invalid. Expecting a value greater than 5.");
  EXPECT_EQ(cut(rows_, {1001, std::nullopt}).error().code, "InvalidParameterValue");
  EXPECT_TRUE(cut(rows_, {1000, std::nullopt}).has_value());
  EXPECT_EQ(no_page_with_ids({5, {}}, true, "instancesSet").error().code, "InvalidParameterCombination");
  EXPECT_TRUE(no_page_with_ids({5, {}}, false, "instancesSet").has_value());
}

TEST_F(Pages, ATokenHoldsForItsAccountOperationAndParametersOnly) {
  const auto token = cut(rows_, {5, std::nullopt})->next_token;
  for (const CursorScope scope : {CursorScope{"444455556666", "DescribeInstances", "hash"},
                                  CursorScope{"111122223333", "DescribeTags", "hash"},
                                  CursorScope{"111122223333", "DescribeInstances", "other"}})
    EXPECT_EQ(cut(rows_, {5, token}, scope).error().code, "InvalidNextToken");
  for (std::size_t i = 0; i < token->size(); ++i) {
    auto altered = *token;
    altered[i] = altered[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(cut(rows_, {5, altered}).error().code, "InvalidNextToken") << i;
  }
  for (const std::string bad : {"", "x", "====", "{}"})
    EXPECT_EQ(cut(rows_, {5, bad}).error().code, "InvalidNextToken");
  EXPECT_EQ(cut(rows_, {5, std::string(100'000, 'A')}).error().code, "InvalidNextToken");
}

TEST_F(Pages, ATokenShowsNothingOfItsContents) {
  std::set<std::string> tokens;
  for (int i = 0; i < 3; ++i) tokens.insert(*cut(rows_, {5, std::nullopt})->next_token);
  EXPECT_EQ(tokens.size(), 3u);
}

}  // namespace
}  // namespace stipend::api
