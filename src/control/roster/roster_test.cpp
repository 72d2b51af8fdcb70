// Rosters as people export them, and as they break.
#include <gtest/gtest.h>

#include "control/roster/clean_text.hpp"
#include "control/roster/columns.hpp"
#include "control/roster/decode.hpp"
#include "control/roster/parse.hpp"

namespace stipend::control {
namespace {

// "line column: reason" of each wrong thing, joined.
std::string wrong_of(std::string_view bytes) {
  std::string out;
  for (const auto& w : parse_roster(bytes).wrong)
    out += (out.empty() ? "" : " | ") + std::to_string(w.line) + (w.column.empty() ? "" : " " + w.column) + ": " + w.reason;
  return out;
}

std::string rows_of(std::string_view bytes) {
  std::string out;
  const auto roster = parse_roster(bytes);
  for (const auto& row : roster.rows)
    out += row.name + "/" + row.identifier + "/" + row.mail + "/" + row.section + (row.credit ? "/" + base::to_decimal(*row.credit) : "") + "\n";
  for (const auto& w : roster.wrong) out += "WRONG " + std::to_string(w.line) + " " + w.column + ": " + w.reason + "\n";
  return out;
}

std::string utf16(std::string_view ascii, bool little) {
  std::string out = little ? "\xff\xfe" : "\xfe\xff";
  for (const char c : ascii) {
    if (!little) out += '\0';
    out += c;
    if (little) out += '\0';
  }
  return out;
}

TEST(Roster, IsReadInEveryEncodingThatSpreadsheetsWrite) {
  const std::string plain = "name,identifier\nAda,s1\n", read = "Ada/s1//\n";
  EXPECT_EQ(rows_of(plain), read);
  EXPECT_EQ(rows_of("\xef\xbb\xbf" + plain), read);
  EXPECT_EQ(rows_of(utf16(plain, true)), read);
  EXPECT_EQ(rows_of(utf16(plain, false)), read);
  EXPECT_EQ(rows_of(utf16(plain, true).substr(2)), read);
  EXPECT_EQ(rows_of("name,identifier\nZo\xc3\xab,s1\n"), "Zoë/s1//\n");
  EXPECT_EQ(rows_of("name,identifier\nZo\xeb,s1\n"), "Zoë/s1//\n");           // Latin-1
  EXPECT_EQ(rows_of("name,identifier\nO\x92Hara,s1\n"), "O’Hara/s1//\n");     // Windows-1252
}

TEST(Roster, OfOtherFilesSaysWhatToDo) {
  EXPECT_NE(wrong_of("PK\x03\x04zip").find("save it as CSV"), std::string::npos);
  EXPECT_NE(wrong_of("\xd0\xcf\x11\xe0old").find("save it as CSV"), std::string::npos);
  EXPECT_NE(wrong_of(std::string_view("a\0b\x01", 4)).find("not a text file"), std::string::npos);
  EXPECT_NE(wrong_of("\xef\xbb\xbfname,identifier\n\xff,s1\n").find("says it is UTF-8"), std::string::npos);
  EXPECT_NE(wrong_of(std::string_view("\xff\xfe\x41", 3)).find("middle of a character"), std::string::npos);
  EXPECT_NE(wrong_of(std::string_view("\xff\xfe\x00\xd8\x41\x00", 6)).find("broken UTF-16"), std::string::npos);
  EXPECT_NE(wrong_of("name,identifier\nx\x81,s1\n").find("neither UTF-8"), std::string::npos);
  EXPECT_EQ(wrong_of(""), "0: the file has no lines");
  EXPECT_EQ(wrong_of("\r\n \r\n"), "0: the file has no lines");
  EXPECT_EQ(wrong_of("name,identifier\n"), "0: the file has no lines but the first");
  EXPECT_EQ(wrong_of(std::string(kRosterBytes + 1, 'a')), "0: the file is larger than 2 MiB");
}

TEST(Roster, SeparatorsQuotesAndLineEndsAreTheFilesOwn) {
  for (const char* text : {"name;identifier\r\n\"Lovelace; Ada\";s1\r\n", "name\tidentifier\nLovelace; Ada\ts1", "sep=;\nname;identifier\n\"Lovelace; Ada\";s1\n",
                           "name,identifier\r\"Lovelace; Ada\" ,s1\r", "\n\n name , identifier\n\n\"Lovelace; Ada\", s1\n,\n"})
    EXPECT_EQ(rows_of(text), "Lovelace; Ada/s1//\n") << text;
  EXPECT_EQ(rows_of("name,identifier\n\"Ada \"\"the\"\" L.\",s1\n"), "Ada \"the\" L./s1//\n");
}

TEST(Roster, ABrokenLineIsToldAndTheNextIsRead) {
  EXPECT_EQ(rows_of("name,identifier\nA\"da,s1\nBen,s2\n"), "Ben/s2//\nWRONG 2 : a \" stands inside a cell that does not begin with one\n");
  EXPECT_EQ(rows_of("name,identifier\n\"Ada,s1\nBen,s2\n"), "Ben/s2//\nWRONG 2 : a quote is opened and not closed\n");
  EXPECT_EQ(rows_of("name,identifier\n\"Ada\"x,s1\nBen,s2\n"), "Ben/s2//\nWRONG 2 : there is text behind a closing quote\n");
  EXPECT_EQ(wrong_of("name,identifier\nAda,s1,more\n"), "2: has 3 cells, the first line names 2");
  EXPECT_EQ(wrong_of("name,identifier\n" + std::string(5000, 'a') + ",s1\n"), "2: a cell is longer than 4096 bytes");
  EXPECT_EQ(wrong_of("name,identifier\n\"Ada\nLovelace\",s1\n").substr(0, 12), "2 name: has ");
}

TEST(Roster, ColumnsAreKnownByTheNamesThatPlatformsGiveThem) {
  EXPECT_EQ(rows_of("First name,Last name,ID number,Email address,Groups\nAda,Lovelace,77,ada@x.org,A\n"), "Ada Lovelace/77/ada@x.org/A\n");
  EXPECT_EQ(rows_of("Student,ID,SIS User ID,SIS Login ID,Section\nAda,1,s1,ada,A\n"), "Ada/s1//A\n");
  EXPECT_EQ(rows_of("Nachname;Vorname;Matrikelnummer;E-Mail\nLovelace;Ada;77;ada@x.org\n"), "Ada Lovelace/77/ada@x.org/\n");
  EXPECT_EQ(rows_of("Nom;Prénom;Numéro étudiant;Courriel\nLovelace;Ada;77;ada@x.org\n"), "Ada Lovelace/77/ada@x.org/\n");
  EXPECT_EQ(rows_of("Nombre,Apellidos,Matrícula\nAda,Lovelace,77\n"), "Ada Lovelace/77//\n");
  EXPECT_EQ(rows_of("Nom,Identifiant\nAda,a\n"), "Ada/a//\n");
  EXPECT_EQ(rows_of("E-MAIL\nada@X.org\n"), "//ada@x.org/\n");
  EXPECT_EQ(rows_of("identifier,credit,role\na,$12.50,TA\nb,,student\n"), "/a///12.50\n/b//\n");
  EXPECT_EQ(wrong_of("name,section\nAda,A\n").substr(0, 8), "1: the f");
  EXPECT_EQ(wrong_of("mail,e-mail\na@b.c,a@b.c\n"), "1: the columns 'mail' and 'e-mail' say the same; leave one out");
  EXPECT_EQ(parse_roster("identifier,Telephone\na,1\n").ignored, std::vector<std::string>{"Telephone"});
}

TEST(Roster, EveryLineIsJudged) {
  EXPECT_EQ(wrong_of("name,identifier,mail\nAda,,\n"), "2 identifier: is missing");
  EXPECT_EQ(wrong_of("identifier\nada\nbea\nADA\n"), "4 identifier: is in line 2 already");
  EXPECT_EQ(wrong_of("identifier,mail\na,x@y.org\nb,X@y.org\n"), "3 mail: is in line 2 already");
  for (const char* mail : {"ada", "@x.org", "ada@", "ada@localhost", "a..b@x.org", "ada@x.org,b@x.org", "a b@x.org", "ada@x.org\r\nBcc: b@x.org", "ädä@x.org"})
    EXPECT_EQ(wrong_of("mail\n\"" + std::string(mail) + "\"\n").substr(0, 18), "2 mail: is not a m") << mail;
  EXPECT_EQ(wrong_of("identifier,credit\na,ten\nb,-1\n"), "2 credit: is not an amount of dollars like 20 or 12.50 | "
                                                         "3 credit: is not an amount of dollars like 20 or 12.50");
  EXPECT_EQ(wrong_of("identifier,role\na,king\n"), "2 role: is neither student nor teacher");
}

TEST(Roster, NothingInvisibleOrTurningIsTaken) {
  for (const char* trick : {"a\u202Eb", "a\u200Bb", "a\u2066b", "a\uFEFFb", "a\u00ADb", "a\x1b[31mb", "a\u0085b", "a\u2028b", "a\u3164b", "a\uE000b"})
    EXPECT_NE(wrong_of("name,identifier\n" + std::string(trick) + ",s1\n").find("name: has a character"), std::string::npos) << trick;
  EXPECT_TRUE(clean_name("نیم\u200Cفاصله"));  // Persian needs the joiner
  EXPECT_FALSE(clean_identifier("a\u200Cb"));
  EXPECT_FALSE(clean_name("Z" + std::string("\u0301\u0301\u0301\u0301\u0301")));
  EXPECT_FALSE(clean_name(std::string(101, 'a')));
  EXPECT_TRUE(clean_name("Nguyễn Thị Minh"));
  EXPECT_EQ(*clean_name("e\u0301"), "é");
  EXPECT_EQ(folded("ＡＤＡ"), folded("ada"));
  EXPECT_EQ(folded("STRASSE"), folded("straße"));
}

TEST(Roster, FormulasComeBackAsTheyWere) {
  const std::vector<std::string> cells = {"=1+1", "-5", "+49", "@x", "'=quoted", "''", "O'Hara", "plain", "a,b", "\"q\"", "", " space", "\tTAB"};
  const auto line = csv_line(cells);
  EXPECT_TRUE(line.starts_with("'=1+1,'-5,'+49,'@x,''=quoted,"));
  EXPECT_EQ(read_csv(line).records.at(0).cells, cells);
}

TEST(Roster, TenThousandLinesAreTakenAndNotOneMore) {
  std::string text = "identifier\n";
  for (int i = 0; i < 10'000; ++i) text += "s" + std::to_string(i) + "\n";
  EXPECT_EQ(parse_roster(text).rows.size(), 10'000u);
  EXPECT_EQ(wrong_of(text + "last\n"), "10002: the file has more than 10000 lines; split it");
}

}  // namespace
}  // namespace stipend::control
