#include "app/cli/terms.hpp"

#include <gtest/gtest.h>

namespace stipend::app {
namespace {

const auto kNow = *base::parse_iso8601("2026-11-27T12:00:00Z");

std::string expiry(const std::string& text) {
  const auto at = code_expiry(text, "Europe/Berlin", kNow);
  return at ? at->substr(0, 16) : at.error().code;
}

TEST(CreditTerms, AreAnInstantOfTheZoneAndTypes) {
  EXPECT_EQ(terms_json("2026-12-04 12:00", "Europe/Berlin", "t2.micro,t2.medium").value(),
            (Json{{"expires", "2026-12-04T11:00:00.000Z"}, {"types", {"t2.micro", "t2.medium"}}}));
  EXPECT_EQ(terms_json("", "Nowhere", "").value(), Json::object());
  EXPECT_EQ(terms_json("Friday", "UTC", "").error().code, "InvalidTime");
  EXPECT_EQ(terms_json("2026-12-04 12:00", "Nowhere", "").error().code, "InvalidZone");
}

TEST(CreditCodeExpiry, IsDaysADateOrAnInstant) {
  EXPECT_EQ(expiry("14d"), "2026-12-11T12:00");
  EXPECT_EQ(expiry("2026-12-20"), "2026-12-20T22:59");
  EXPECT_EQ(expiry("2026-12-20 12:00"), "2026-12-20T11:00");
  for (const auto* text : {"", "d", "0d", "-3d", "367d", "14", "14days", "99999999999d", "2026-02-30", "soon-ish-x", "2026-12-20 25:00"})
    EXPECT_EQ(expiry(text), "InvalidExpiry") << text;
  EXPECT_EQ(code_expiry("2026-12-20 12:00", "Nowhere", kNow).error().code, "InvalidZone");
}

TEST(CreditCodes, AsCsvCannotBecomeAFormulaOrAnotherColumn) {
  const Json codes = {{{"printed", "ABCD-EFGH-JKMN"}, {"amount", "5.00"}, {"uses_max", 1}, {"expires", "2026-12-20T22:59:00.000Z"}, {"label", "=1+1, \"x\""}}};
  EXPECT_EQ(codes_csv(codes), "code,amount,uses,expires,label\nABCD-EFGH-JKMN,5.00,1,2026-12-20T22:59:00.000Z,\"'=1+1, \"\"x\"\"\"\n");
}

TEST(CreditCodes, AsCardsShowTheCodeWhereToEnterItAndNoMarkupOfALabel) {
  const Json answer = {{"course", "CS <101>"}, {"address", "https://lab.example.org"},
                       {"codes", {{{"printed", "ABCD-EFGH-JKMN"}, {"amount", "5.00"}, {"expires", "2026-12-20T22:59:00.000Z"}, {"label", "<script>"}}}}};
  const auto page = codes_cards(answer, "Europe/Berlin");
  for (const auto* part : {"ABCD-EFGH-JKMN", "$5.00", "https://lab.example.org", "CS &lt;101&gt;", "&lt;script&gt;", "until 2026-12-20 23:59"})
    EXPECT_NE(page.find(part), page.npos) << part;
  EXPECT_EQ(page.find("<script"), page.npos);
}

}  // namespace
}  // namespace stipend::app
