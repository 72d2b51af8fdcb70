// Members, rosters, join codes and course links: who may do what, and what is left afterwards.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "control/commands/accounts.hpp"
#include "control/commands/join.hpp"
#include "control/commands/links.hpp"
#include "control/commands/passes.hpp"
#include "control/commands/roster.hpp"
#include "control/key_directory.hpp"
#include "control/testing/table.hpp"

namespace stipend::control {
namespace {

const Actor kOperator{"uid:0", "admin", "test", {}, domain::Role::kAdministrator};

class People : public testing::Test {
 protected:
  People() {
    EXPECT_EQ(table_.run("course per-second grace 86400\naccount ada 1.00\naccount alan 1.00\naccount grace 0 teacher"), "");
  }
  template <class R>
  base::Result<R> run(const Actor& actor, std::function<base::Result<R>(Tx&)> plan) {
    std::optional<base::Result<R>> kept;
    table_.command(actor, [&](Tx& tx) -> base::Status {
      kept.emplace(plan(tx));
      if (!*kept) return std::unexpected(kept->error());
      return {};
    });
    return *kept;
  }
  std::string act(const Actor& actor, std::function<base::Status(Tx&)> plan) {
    return table_.command(actor, [&](Tx& tx) { return plan(tx); });
  }
  Actor grace() const { return table_.actor("grace"); }
  base::AccountId id(const std::string& name) const { return table_.account(name); }
  const domain::Account& account(const base::AccountId& which) const { return *table_.state().find<domain::Account>(which); }
  const domain::Person* person(const base::AccountId& which) const { return table_.state().find<domain::Person>(account(which).person); }
  const domain::Account* member(const std::string& identifier) const {
    for (const auto& [key, row] : table_.state().accounts)
      if (const auto* who = person(key); who && who->identifier == identifier) return row.get();
    return nullptr;
  }
  std::string sign_in_token(const std::string& name) {
    return run<std::string>(kOperator, [&](Tx& tx) { return new_sign_in_token(tx, id(name)); }).value();
  }
  base::Result<SessionMade> sign_in(const std::string& token) {
    return run<SessionMade>(kOperator, [&](Tx& tx) { return redeem_sign_in(tx, token); });
  }
  RosterPlan preview(const std::string& text, const RosterOptions& options = {}) {
    return plan_roster(table_.state(), grace(), parse_roster(text), options).value();
  }
  base::Result<RosterStep> import(const std::string& text, const RosterOptions& options, const std::string& digest, std::size_t most = 500) {
    return run<RosterStep>(grace(), [&](Tx& tx) { return import_roster(tx, parse_roster(text), options, digest, most); });
  }
  std::string code(std::int64_t uses = 2) {
    return run<domain::RowPtr<domain::JoinCode>>(grace(), [&](Tx& tx) {
             return make_join_code(tx, {"", "A", base::Money::dollars(20), uses, table_.now().plus_seconds(3600)});
           }).value()->code;
  }
  Table table_;
};

TEST_F(People, ANewLinkEndsTheOlderOnes) {
  const auto first = sign_in_token("ada"), second = sign_in_token("ada");
  EXPECT_EQ(sign_in(first).error().code, "PassRefused");
  EXPECT_TRUE(sign_in(second));
  EXPECT_EQ(account(id("ada")).status, domain::AccountStatus::kJoined);
  EXPECT_EQ(account(id("ada")).seen, table_.now());
}

TEST_F(People, SuspensionStopsMachinesAndKeysAndLeavesAWayToTheFiles) {
  ASSERT_EQ(table_.run("launch ada web t2.nano\nreport web running 0\nlaunch ada slow t2.nano"), "");
  const auto session = sign_in(sign_in_token("ada")).value().secret;
  const auto link = sign_in_token("ada");
  const auto before = figures(table_.state(), id("ada"), table_.now()).granted;
  EXPECT_EQ(act(table_.actor("alan"), [&](Tx& tx) { return suspend(tx, {id("ada")}); }), "StaffOnly");
  EXPECT_EQ(act(grace(), [&](Tx& tx) { return suspend(tx, {id("grace")}); }), "StudentsOnly");
  ASSERT_EQ(act(grace(), [&](Tx& tx) { return suspend(tx, {id("ada")}); }), "ok");
  EXPECT_EQ(table_.instance("web").state, domain::InstanceState::kStopping);
  EXPECT_EQ(table_.instance("web").stop_cause, domain::StopCause::kTeacher);
  ASSERT_EQ(table_.run("report slow running 0\nreport web ended 5 teacher ours\nreport slow ended 1 teacher ours"), "");
  EXPECT_EQ(table_.instance("slow").state, domain::InstanceState::kStopped);  // it was starting
  EXPECT_TRUE(session_account(table_.state(), table_.now(), session));
  EXPECT_TRUE(sign_in(link));
  EXPECT_EQ(account(id("ada")).status, domain::AccountStatus::kSuspended);
  for (const auto& [key, row] : table_.state().access_keys)
    EXPECT_EQ(KeyDirectory(table_.state()).find(key) == nullptr, row->account == id("ada"));
  EXPECT_EQ(table_.run("start web -> AccountSuspended\nlaunch ada more t2.nano -> AccountSuspended"), "");
  EXPECT_EQ(table_.run("terminate web -> AccountSuspended"), "");
  EXPECT_EQ(act(grace(), [&](Tx& tx) -> base::Status {
              TRY(start(tx, {table_.instance("web").id}, false));
              return {};
            }), "AccountSuspended");
  EXPECT_EQ(figures(table_.state(), id("ada"), table_.now()).granted, before);
  ASSERT_EQ(act(grace(), [&](Tx& tx) { return unsuspend(tx, {id("ada")}); }), "ok");
  EXPECT_EQ(account(id("ada")).status, domain::AccountStatus::kJoined);
  EXPECT_EQ(table_.run("start web"), "");
}

TEST_F(People, AnErasedPersonLeavesAccountAndLedger) {
  ASSERT_EQ(act(grace(), [&](Tx& tx) { return grant_all(tx, {id("ada")}, base::Money::dollars(5), "Ada asked", ""); }), "ok");
  const auto entries = table_.entries().size();
  const auto who = account(id("ada")).person;
  const auto session = sign_in(sign_in_token("ada")).value().secret;
  const auto link = sign_in_token("ada");
  ASSERT_EQ(act(grace(), [&](Tx& tx) { return erase_person(tx, id("ada")); }), "ok");
  EXPECT_FALSE(session_account(table_.state(), table_.now(), session));
  EXPECT_FALSE(sign_in(link));
  EXPECT_EQ(table_.state().find<domain::Person>(who), nullptr);
  EXPECT_EQ(account(id("ada")).status, domain::AccountStatus::kSuspended);
  for (const auto& [key, row] : table_.state().grants) EXPECT_TRUE(row->account != id("ada") || row->note.empty());
  EXPECT_EQ(table_.entries().size(), entries);
  EXPECT_EQ(act(grace(), [&](Tx& tx) { return unsuspend(tx, {id("ada")}); }), "PersonErased");
}

TEST_F(People, APersonOfTwoCoursesIsErasedAndRenamedInOneOnly) {
  ASSERT_EQ(act(kOperator, [&](Tx& tx) -> base::Status {
              TRY(create_course(tx, {"other"}));
              return {};
            }), "ok");
  const std::string line = "name,identifier,mail\nBen,s2,ben@example.org\n";
  ASSERT_TRUE(import(line, {}, preview(line).digest));
  const auto other = run<RosterStep>(kOperator, [&](Tx& tx) { return import_roster(tx, parse_roster(line), {"other"}, "", 500); });
  ASSERT_TRUE(other);
  std::vector<base::AccountId> both;
  for (const auto& [key, row] : table_.state().accounts)
    if (const auto* who = person(key); who && who->identifier == "s2") both.push_back(key);
  ASSERT_EQ(both.size(), 2u);
  EXPECT_EQ(account(both[0]).person, account(both[1]).person);
  const bool first_is_ours = account(both[0]).course == account(id("grace")).course;
  const auto ours = both[first_is_ours ? 0 : 1], theirs = both[first_is_ours ? 1 : 0];
  const std::string renamed = "name,identifier,mail\nBenjamin,s2,ben@example.org\n";
  ASSERT_TRUE(import(renamed, {}, preview(renamed).digest));
  EXPECT_EQ(person(ours)->name, "Benjamin");
  EXPECT_EQ(person(theirs)->name, "Ben");
  ASSERT_EQ(act(grace(), [&](Tx& tx) { return erase_person(tx, ours); }), "ok");
  EXPECT_EQ(person(ours), nullptr);
  EXPECT_EQ(person(theirs)->name, "Ben");
  EXPECT_EQ(act(grace(), [&](Tx& tx) { return erase_person(tx, theirs); }), "NoSuchAccount");
}

TEST_F(People, ARosterChangesNothingUntilItsPreviewIsConfirmed) {
  const std::string text = "name,identifier,section\nBen,s2,A\nChi,s3,B\n";
  RosterOptions options;
  options.credit = base::Money::dollars(20);
  const auto rows = table_.state().accounts.size();
  const auto seen = preview(text, options);
  EXPECT_EQ(seen.fresh.size(), 2u);
  EXPECT_EQ(seen.missing.size(), 2u);
  EXPECT_EQ(table_.state().accounts.size(), rows);
  EXPECT_EQ(import(text, options, "0").error().code, "RosterChanged");
  EXPECT_EQ(import(text, {}, seen.digest).error().code, "RosterChanged");  // other options
  const auto done = import(text, options, seen.digest);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->invited, 2);
  EXPECT_EQ(member("s2")->status, domain::AccountStatus::kInvited);
  EXPECT_EQ(figures(table_.state(), member("s3")->id, table_.now()).available, base::Money::dollars(20));
  EXPECT_EQ(import(text, options, seen.digest).error().code, "RosterChanged");  // not twice
  const std::string next = "name,identifier,section\nBen,s2,B\nChi,s3,\n";
  const auto again = preview(next, options);
  ASSERT_EQ(again.changed.size(), 1u);
  EXPECT_EQ(again.changed[0].what, "section");
  EXPECT_EQ(again.unchanged, 1);
  ASSERT_TRUE(import(next, options, again.digest));
  EXPECT_EQ(member("s2")->section, "B");
  EXPECT_EQ(member("s3")->section, "B");  // an empty cell takes nothing away
}

TEST_F(People, MissingMembersAreSuspendedOnlyWhenChosen) {
  const std::string text = "identifier\ns2\n";
  ASSERT_TRUE(import(text, {}, preview(text).digest));
  EXPECT_EQ(account(id("ada")).status, domain::AccountStatus::kInvited);
  RosterOptions options;
  options.suspend_missing = true;
  const auto done = import(text, options, preview(text, options).digest);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->suspended, 2);
  EXPECT_EQ(account(id("ada")).status, domain::AccountStatus::kSuspended);
  EXPECT_EQ(account(id("grace")).status, domain::AccountStatus::kInvited);
}

TEST_F(People, WrongLinesStopAnImportUntilTheyAreLeftOut) {
  const std::string text = "identifier,mail\ns2,ben@example.org\ns3,nonsense\n";
  EXPECT_EQ(import(text, {}, preview(text).digest).error().code, "RosterWrong");
  EXPECT_EQ(member("s2"), nullptr);
  RosterOptions options;
  options.skip_wrong = true;
  ASSERT_TRUE(import(text, options, preview(text, options).digest));
  EXPECT_NE(member("s2"), nullptr);
  EXPECT_EQ(member("s3"), nullptr);
  options.suspend_missing = true;  // a wrong line may be that of somebody who is there
  EXPECT_EQ(import(text, options, preview(text, options).digest).error().code, "RosterWrong");
  EXPECT_EQ(import("nonsense", options, preview("nonsense", options).digest).error().code, "RosterWrong");
  EXPECT_EQ(account(id("ada")).status, domain::AccountStatus::kInvited);
  const auto taken = preview("identifier,mail\ns9,ben@example.org\n");
  ASSERT_EQ(taken.wrong.size(), 1u);
  EXPECT_EQ(taken.wrong[0].reason, "the mail is that of another identifier in this course");
  EXPECT_EQ(preview("identifier,role\ns2,teacher\n").wrong.at(0).reason, "a roster does not change the role of a member");
}

TEST_F(People, ALargeImportGoesInStepsAndCanBeTakenUpAgain) {
  std::string text = "identifier\n";
  for (int i = 0; i < 25; ++i) text += "m" + std::to_string(i) + "\n";
  const auto first = import(text, {}, preview(text).digest, 10);
  ASSERT_TRUE(first && first->more);
  EXPECT_EQ(first->invited, 10);
  EXPECT_TRUE(import(text, {}, "", 10)->more);
  const auto last = import(text, {}, preview(text).digest, 10);  // as after a crash: a new preview does the rest
  ASSERT_TRUE(last);
  EXPECT_FALSE(last->more);
  EXPECT_EQ(last->invited, 5);
  EXPECT_EQ(preview(text).unchanged, 25);
}

TEST_F(People, EachStepOfAnImportGoesOnWhereTheOneBeforeEnded) {
  std::string text = "identifier,name\n", renamed = text;
  for (int i = 0; i < 25; ++i) {
    text += fmt::format("m{},Name {}\n", i, i);
    renamed += fmt::format("m{},Other {}\n", i, i);
  }
  const auto steps = [&](const std::string& file, const RosterOptions& options) {
    RosterStep all{.more = true};
    for (bool first = true; all.more; first = false) {
      const auto step = run<RosterStep>(grace(), [&](Tx& tx) {
        return import_roster(tx, parse_roster(file), options, first ? preview(file, options).digest : "", 10, all.next);
      });
      EXPECT_TRUE(step) << step.error().message;
      if (!step) break;
      EXPECT_LE(step->invited + step->changed + step->suspended, 10);
      all = {all.invited + step->invited, all.changed + step->changed, all.suspended + step->suspended, step->more, step->next};
    }
    return all;
  };
  EXPECT_EQ(steps(text, {}).invited, 25);
  EXPECT_EQ(steps(renamed, {}).changed, 25);
  EXPECT_EQ(person(member("m24")->id)->name, "Other 24");
  RosterOptions missing;
  missing.suspend_missing = true;
  const auto done = steps("identifier\nm3\nnew\n", missing);
  EXPECT_EQ(done.invited, 1);
  EXPECT_EQ(done.suspended, 26) << "24 of the roster, and two who were here before";
  EXPECT_EQ(member("m3")->status, domain::AccountStatus::kInvited);
  EXPECT_EQ(member("m24")->status, domain::AccountStatus::kSuspended);
}

TEST_F(People, StudentsManageNobody) {
  const auto ada = table_.actor("ada");
  EXPECT_FALSE(plan_roster(table_.state(), ada, {}, {}));
  EXPECT_EQ(act(ada, [&](Tx& tx) { return grant_all(tx, {id("ada")}, base::Money::dollars(1), "", ""); }), "StaffOnly");
  EXPECT_EQ(act(ada, [&](Tx& tx) { return erase_person(tx, id("ada")); }), "StaffOnly");
  EXPECT_EQ(act(ada, [&](Tx& tx) -> base::Status {
              TRY(new_sign_in_links(tx, {id("alan")}));
              return {};
            }), "StaffOnly");
  EXPECT_EQ(act(ada, [&](Tx& tx) -> base::Status {
              TRY(grant(tx, id("ada"), base::Money::dollars(1), ""));
              return {};
            }), "UnauthorizedOperation");
}

TEST_F(People, CreditForAllIsGivenOnce) {
  const Members both{id("ada"), id("alan")};
  for (int i = 0; i < 2; ++i)
    ASSERT_EQ(act(grace(), [&](Tx& tx) { return grant_all(tx, both, base::Money::dollars(5), "homework", "key-1"); }), "ok");
  EXPECT_EQ(figures(table_.state(), id("alan"), table_.now()).available, base::Money::dollars(6));
  EXPECT_EQ(act(grace(), [&](Tx& tx) { return grant_all(tx, both, -base::Money::dollars(1), "", ""); }), "InvalidAmount");
}

TEST_F(People, AJoinCodeMakesMembersUntilItIsUsedUp) {
  const auto text = code(2);
  EXPECT_EQ(text.size(), 9u);
  const auto dashed = text.substr(0, 3) + "-" + text.substr(3, 3) + " " + text.substr(6);
  const auto offer = look_at_join_code(table_.state(), table_.now(), dashed);
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->course, "course");
  EXPECT_EQ(offer->teachers, std::vector<std::string>{"grace"});
  const auto joined = run<Joined>(kOperator, [&](Tx& tx) { return join(tx, dashed, " Ada "); });
  ASSERT_TRUE(joined);
  EXPECT_EQ(session_account(table_.state(), table_.now(), joined->session).value(), joined->account);
  EXPECT_EQ(figures(table_.state(), joined->account, table_.now()).available, base::Money::dollars(20));
  EXPECT_EQ(account(joined->account).section, "A");
  EXPECT_EQ(account(joined->account).status, domain::AccountStatus::kJoined);
  EXPECT_TRUE(sign_in(joined->sign_in_token));
  const auto again = [&](const std::string& who) { return run<Joined>(kOperator, [&](Tx& tx) { return join(tx, text, who); }); };
  EXPECT_EQ(again("ADA").error().code, "IdentifierTaken");
  EXPECT_EQ(again("a\u202Eb").error().code, "InvalidIdentifier");
  EXPECT_TRUE(again("ben"));
  EXPECT_EQ(again("chi").error().code, "JoinCodeUsedUp");
}

TEST_F(People, EachBadJoinCodeHasItsOwnSentence) {
  const auto text = code();
  const auto looked = [&](const std::string& typed) {
    const auto offer = look_at_join_code(table_.state(), table_.now(), typed);
    return offer ? "ok" : offer.error().code;
  };
  EXPECT_EQ(looked(text), "ok");
  EXPECT_EQ(looked(text + "A"), "JoinCodeUnknown");
  EXPECT_EQ(looked("../../etc"), "JoinCodeUnknown");
  EXPECT_EQ(looked(""), "JoinCodeUnknown");
  table_.tick_ms(3'600'000);
  EXPECT_EQ(looked(text), "JoinCodeExpired");
  EXPECT_EQ(act(table_.actor("ada"), [&](Tx& tx) { return revoke_join_code(tx, text); }), "StaffOnly");
  EXPECT_EQ(act(grace(), [&](Tx& tx) { return revoke_join_code(tx, text); }), "ok");
  EXPECT_EQ(looked(text), "JoinCodeRevoked");
}

TEST(CourseLinks, TakeOnlyPlainRepositoriesBranchesAndPaths) {
  for (const char* good : {"https://github.com/t/course", "https://git.example.org:8443/a/b.git", "https://x.org/~t/c_1/"}) EXPECT_TRUE(is_repository(good)) << good;
  for (const char* bad : {"http://x.org/a", "https://x.org", "https://x.org/", "https://u:p@x.org/a", "https://x.org/a?b=c", "https://x.org/a#b", "https://x.org/../a",
                          "https://x.org/a b", "https://x.org//a", "file:///etc", "ssh://x.org/a", "https://127.0.0.1/a", "https://x.org/-a", "https://x.org/.git",
                          "https://x.org/a\r\nb", "https://x.org:99999999/a", "javascript:alert(1)", "https://x.org\\@evil.org/a"})
    EXPECT_FALSE(is_repository(bad)) << bad;
  EXPECT_TRUE(is_branch("release/2026.1"));
  for (const char* bad : {"-x", "a..b", "a b", "/a", "a/", "x.lock", "a/.b", "a;b", "a@{1}"}) EXPECT_FALSE(is_branch(bad)) << bad;
  EXPECT_TRUE(is_page_path("course/lab 1.ipynb"));
  for (const char* bad : {"/etc", "../x", "a/../b", "a//b", "a\\b", "a\nb", "a/./b"}) EXPECT_FALSE(is_page_path(bad)) << bad;
}

TEST(CourseLinks, LandOnTheRepositoryAndThePage) {
  domain::CourseLink link;
  EXPECT_EQ(landing_path(link), "/lab");
  link.path = "a b/c?d.ipynb";
  EXPECT_EQ(landing_path(link), "/lab/tree/a%20b/c%3Fd.ipynb");
  link.repository = "https://github.com/t/course.git";
  link.path.clear();
  EXPECT_EQ(landing_path(link), "/git-pull?repo=https%3A%2F%2Fgithub.com%2Ft%2Fcourse.git&targetpath=course&urlpath=lab%2Ftree%2Fcourse");
  link.branch = "v/1";
  link.path = "course/l&b.ipynb";
  EXPECT_EQ(landing_path(link), "/git-pull?repo=https%3A%2F%2Fgithub.com%2Ft%2Fcourse.git&branch=v%2F1&targetpath=course&urlpath=lab%2Ftree%2Fcourse%2Fl%2526b.ipynb");
}

TEST_F(People, ACourseLinkOpensStartsOrLaunches) {
  const base::ImageId image = *base::ImageId::parse("ami-00000000000000001");
  const auto make = [&](const Actor& actor) {
    return run<domain::RowPtr<domain::CourseLink>>(actor, [&](Tx& tx) { return make_course_link(tx, {"course", "Lab 1", "minimal", "t2.nano"}); });
  };
  EXPECT_EQ(make(grace()).error().code, "NoJupyter");
  table_.command(kOperator, [&](Tx& tx) {
    domain::Image row = *tx.state().find<domain::Image>(image);
    row.jupyter = true;
    return register_image(tx, row);
  });
  EXPECT_EQ(make(table_.actor("ada")).error().code, "StaffOnly");
  const auto link = make(grace());
  ASSERT_TRUE(link) << link.error().message;
  const auto open = [&](const std::string& code) {
    return run<base::InstanceId>(table_.actor("ada"), [&](Tx& tx) -> base::Result<base::InstanceId> {
      TRY_ASSIGN(const auto begun, open_link(tx, code));
      return begun.instance.value();
    });
  };
  EXPECT_EQ(open("nonesuch").error().code, "NoSuchLink");
  const auto machine = open((*link)->code);
  ASSERT_TRUE(machine) << machine.error().message;
  EXPECT_EQ(open((*link)->code).value(), *machine);  // it starts already
  EXPECT_EQ(table_.state().find<domain::Instance>(*machine)->type, "t2.nano");
  ASSERT_EQ(act(table_.actor("ada"), [&](Tx& tx) -> base::Status {
              TRY(terminate(tx, {*machine}, false));
              return {};
            }), "ok");
  EXPECT_NE(open((*link)->code).value(), *machine);
  EXPECT_EQ(act(grace(), [&](Tx& tx) { return delete_course_link(tx, (*link)->code); }), "ok");
  EXPECT_EQ(open((*link)->code).error().code, "NoSuchLink");
}

}  // namespace
}  // namespace stipend::control
