// Accounts, keys, tags, the ways in, and the parts of launching that are not about money.
#include "control/commands/accounts.hpp"

#include <gtest/gtest.h>

#include "control/commands/passes.hpp"
#include "control/commands/reports.hpp"
#include "control/testing/table.hpp"

namespace stipend::control {
namespace {

const base::ImageId kImage = *base::ImageId::parse("ami-00000000000000001");
const Actor kOperator{"uid:0", "admin", "test", {}, domain::Role::kAdministrator};

class Accounts : public testing::Test {
 protected:
  Accounts() {
    EXPECT_EQ(table_.run("course per-second grace 86400\naccount ada 1.00\naccount alan 1.00\naccount grace 0 teacher"), "");
  }
  // Runs `plan` and keeps what it answers.
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
  Actor ada() const { return table_.actor("ada"); }
  base::Result<Launched> launch_as_ada(const LaunchRequest& request) {
    return run<Launched>(ada(), [&](Tx& tx) { return launch(tx, request); });
  }
  static LaunchRequest small() {
    LaunchRequest request;
    request.image = kImage;
    request.type = "t2.nano";
    return request;
  }
  Table table_;
};

TEST_F(Accounts, AClientTokenMakesMachinesOnce) {
  auto request = small();
  request.client_token = "once";
  request.request_hash = "a";
  const auto first = launch_as_ada(request);
  const auto again = launch_as_ada(request);
  ASSERT_TRUE(first && again);
  EXPECT_EQ(first->instances.at(0)->id, again->instances.at(0)->id);
  EXPECT_EQ(first->reservation, again->reservation);
  EXPECT_EQ(table_.state().instances.size(), 1u);
  request.request_hash = "b";
  EXPECT_EQ(launch_as_ada(request).error().code, "IdempotentParameterMismatch");
}

TEST_F(Accounts, ADryRunChecksEverythingAndChangesNothing) {
  auto request = small();
  request.dry_run = true;
  EXPECT_EQ(launch_as_ada(request).error().code, "DryRunOperation");
  EXPECT_TRUE(table_.state().instances.empty());
  EXPECT_TRUE(table_.effects().empty());
  request.type = "m5.24xlarge";
  request.max_count = request.min_count = 20;
  EXPECT_EQ(launch_as_ada(request).error().code, "InsufficientCredit");
}

TEST_F(Accounts, MaxCountIsMetAsFarAsTheMoneyGoes) {
  auto request = small();
  request.min_count = 2;
  request.max_count = 100;
  const auto launched = launch_as_ada(request);
  ASSERT_TRUE(launched) << launched.error().message;
  EXPECT_GT(launched->instances.size(), 2u);
  EXPECT_LT(launched->instances.size(), 100u);
  request.min_count = 100;
  const auto refused = launch_as_ada(request);
  EXPECT_EQ(refused.error().code, "InsufficientCredit");
  EXPECT_NE(refused.error().message.find("available"), std::string::npos);
}

TEST_F(Accounts, TheMessageOfARefusalHasTheFigures) {
  ASSERT_EQ(table_.run("grant ada -0.98"), "");
  const auto message = launch_as_ada(small()).error().message;
  EXPECT_EQ(message, "A t2.nano needs at least $0.026427 for its first 60 seconds and to keep its 8 GiB disk for 1 day; "
                     "account " + table_.account("ada").str() + " has $0.020000 available ($0.02 balance, $0.00 set aside for "
                     "running machines, $0.00 kept for disks). Ask your teacher for more credit or stop a machine.");
}

TEST_F(Accounts, WhatARefusalAsksForIsEnough) {
  ASSERT_EQ(table_.run("grant ada -0.98"), "");
  ASSERT_EQ(launch_as_ada(small()).error().code, "InsufficientCredit");
  ASSERT_EQ(table_.run("grant ada 0.006427"), "");  // 0.026427 in all
  EXPECT_TRUE(launch_as_ada(small()));
}

TEST_F(Accounts, AStartSpecIsComplete) {
  ASSERT_TRUE(run<domain::RowPtr<domain::KeyPair>>(ada(), [](Tx& tx) {
    return save_key_pair(tx, {"mykey", "ed25519", "fp", "ssh-ed25519 AAAA ada", {}, false});
  }));
  auto request = small();
  request.key_name = "mykey";
  request.user_data = "#!/bin/sh\n";
  const auto launched = launch_as_ada(request);
  ASSERT_TRUE(launched) << launched.error().message;
  const auto& spec = std::get<StartEffect>(table_.effects().back()).spec;
  EXPECT_EQ(spec.key.generation, 1);
  EXPECT_EQ(spec.image, kImage);
  EXPECT_EQ(spec.root_gib, 8);
  EXPECT_EQ(spec.size.memory_mib, 512);
  EXPECT_EQ(spec.authorized_keys, "ssh-ed25519 AAAA ada");
  EXPECT_EQ(spec.user_data, "#!/bin/sh\n");
  EXPECT_EQ(spec.private_address.rfind("10.97.16.", 0), 0u);
  EXPECT_EQ(spec.public_address.rfind("127.97.0.", 0), 0u);
  EXPECT_EQ(spec.hostname.rfind("ip-10-97-16-", 0), 0u);
  EXPECT_EQ(spec.jupyter_token.size(), 32u);
  EXPECT_EQ(spec.lease.seq, 1);
  EXPECT_GT(spec.lease.run_max.count, 0);
}

TEST_F(Accounts, EachStartHasAnotherPublicAddressAndKeepsThePrivateOne) {
  ASSERT_EQ(table_.run("launch ada web t2.nano\nreport web running 0"), "");
  const auto before = table_.instance("web");
  ASSERT_EQ(table_.run("stop web\nreport web ended 5 person ours"), "");
  EXPECT_EQ(table_.instance("web").public_address, "");
  ASSERT_EQ(table_.run("start web"), "");
  EXPECT_EQ(table_.instance("web").private_address, before.private_address);
  EXPECT_NE(table_.instance("web").public_address, before.public_address);
}

TEST_F(Accounts, AddressesRunOutWithAMessageThatNamesTheCure) {
  ASSERT_EQ(table_.run("grant ada 400"), "");
  auto request = small();
  std::size_t made = 0;
  for (int i = 0; i < 30; ++i) {
    request.max_count = 10;
    request.min_count = 10;
    const auto launched = launch_as_ada(request);
    if (!launched) {
      EXPECT_EQ(launched.error().code, "InsufficientAddressCapacity");
      EXPECT_NE(launched.error().message.find("stipend.toml"), std::string::npos);
      break;
    }
    made += launched->instances.size();
  }
  EXPECT_EQ(made, 250u);  // of 253
}

TEST_F(Accounts, ADiskThatOutlivesItsMachineCostsUntilItIsDeleted) {
  auto request = small();
  request.delete_root_on_termination = false;
  const auto launched = launch_as_ada(request);
  ASSERT_TRUE(launched);
  const auto id = launched->instances.at(0)->id;
  const auto disk = launched->instances.at(0)->root_disk;
  const auto remove = [&](const Actor& actor) {
    return table_.command(actor, [&](Tx& tx) { return delete_disk(tx, disk, false); });
  };
  EXPECT_EQ(remove(ada()), "VolumeInUse");
  compute::Report ended;
  ended.key = {id, 1};
  ended.phase = compute::Phase::kEnded;
  ended.cause = compute::Cause::kPerson;
  table_.command(ada(), [&](Tx& tx) -> base::Status {
    TRY(terminate(tx, {id}, false));
    TRY(handle_report(tx, ended));
    return {};
  });
  ASSERT_EQ(table_.run("money ada reserved=0.026301384 held=0\ntick 3600\nmoney ada charged=0.001095891"), "");
  EXPECT_EQ(remove(table_.actor("alan")), "InvalidVolume.NotFound");
  EXPECT_EQ(remove(ada()), "ok");
  EXPECT_EQ(std::get<DeleteDiskEffect>(table_.effects().back()).disk, disk);
  ASSERT_EQ(table_.run("tick 3600\nmoney ada charged=0.001095891 reserved=0"), "");
}

TEST_F(Accounts, KeyPairsAreUniqueByNameAndDeletedByEither) {
  const auto save = [&](const std::string& name) {
    return run<domain::RowPtr<domain::KeyPair>>(ada(), [&](Tx& tx) {
      return save_key_pair(tx, {name, "rsa", "fp", "ssh-rsa AAAA", {}, false});
    });
  };
  ASSERT_TRUE(save("one"));
  EXPECT_EQ(save("one").error().code, "InvalidKeyPair.Duplicate");
  EXPECT_EQ(save(" one").error().code, "InvalidParameterValue");
  const auto remove = [&](const std::string& name) {
    return run<std::optional<base::KeyPairId>>(ada(), [&](Tx& tx) { return delete_key_pair(tx, name, false); });
  };
  EXPECT_TRUE(remove("one").value());
  EXPECT_FALSE(remove("one").value());
  auto request = small();
  request.key_name = "one";
  EXPECT_EQ(launch_as_ada(request).error().code, "InvalidKeyPair.NotFound");
}

TEST_F(Accounts, TagsHaveEC2sLimits) {
  ASSERT_EQ(table_.run("launch ada web t2.nano"), "");
  const auto id = table_.instance("web").id.str();
  const auto change = [&](const Actor& actor, TagChange change) {
    return table_.command(actor, [&](Tx& tx) { return change_tags(tx, change); });
  };
  EXPECT_EQ(change(ada(), {{id}, {{"Name", "web"}}, false, false}), "ok");
  EXPECT_EQ(table_.instance("web").tags.at("Name"), "web");
  EXPECT_EQ(change(table_.actor("alan"), {{id}, {{"Name", "mine"}}, false, false}), "InvalidInstanceID.NotFound");
  EXPECT_EQ(change(ada(), {{id}, {{"aws:x", "1"}}, false, false}), "InvalidParameterValue");
  EXPECT_EQ(change(ada(), {{id}, {{std::string(129, 'k'), "1"}}, false, false}), "InvalidParameterValue");
  TagChange many{{id}, {}, false, false};
  for (int i = 0; i < 50; ++i) many.tags.emplace_back("k" + std::to_string(i), "v");
  EXPECT_EQ(change(ada(), many), "TagLimitExceeded");
  EXPECT_EQ(change(ada(), {{id}, {{"Name", "other"}}, true, false}), "ok");  // another value: kept
  EXPECT_EQ(table_.instance("web").tags.size(), 1u);
  EXPECT_EQ(change(ada(), {{id}, {{"Name", std::nullopt}}, true, false}), "ok");
  EXPECT_TRUE(table_.instance("web").tags.empty());
}

TEST_F(Accounts, ASignInLinkIsSpentByItsFirstUse) {
  const auto token = run<std::string>(kOperator, [&](Tx& tx) { return new_sign_in_token(tx, table_.account("ada")); }).value();
  EXPECT_EQ(peek_sign_in(table_.state(), table_.now(), token).value(), "ada");
  const auto session = run<SessionMade>(kOperator, [&](Tx& tx) { return redeem_sign_in(tx, token); });
  ASSERT_TRUE(session);
  EXPECT_EQ(session_account(table_.state(), table_.now(), session->secret).value(), table_.account("ada"));
  EXPECT_EQ(run<SessionMade>(kOperator, [&](Tx& tx) { return redeem_sign_in(tx, token); }).error().code, "PassRefused");
  for (const auto& [hash, pass] : table_.state().passes) EXPECT_NE(hash, session->secret);
  EXPECT_FALSE(session_account(table_.state(), table_.now().plus_seconds(kSessionSeconds), session->secret));
}

TEST_F(Accounts, ANotebookIsReachedByItsOwnerThroughOneTicket) {
  ASSERT_EQ(table_.run("launch ada web t2.nano\nreport web running 0\nlaunch alan other t2.nano\nreport other running 0"), "");
  const auto web = table_.instance("web").id, other = table_.instance("other").id;
  const auto token = run<std::string>(kOperator, [&](Tx& tx) { return new_sign_in_token(tx, table_.account("ada")); }).value();
  const auto session = run<SessionMade>(kOperator, [&](Tx& tx) { return redeem_sign_in(tx, token); }).value().secret;
  const auto ticket_for = [&](const base::InstanceId& id) {
    return run<std::string>(ada(), [&](Tx& tx) { return make_notebook_ticket(tx, session, id); });
  };
  EXPECT_EQ(ticket_for(other).error().code, "InvalidInstanceID.NotFound");
  const auto ticket = ticket_for(web).value();
  const auto redeem = [&](const base::InstanceId& id) {
    return run<SessionMade>(ada(), [&](Tx& tx) { return redeem_notebook_ticket(tx, ticket, id); });
  };
  EXPECT_FALSE(redeem(other));
  const auto notebook = redeem(web);
  ASSERT_TRUE(notebook);
  EXPECT_FALSE(redeem(web));
  const auto route = notebook_route(table_.state(), table_.now(), notebook->secret, web);
  ASSERT_TRUE(route);
  EXPECT_EQ(route->address, table_.instance("web").private_address);
  EXPECT_EQ(route->jupyter_token, table_.instance("web").jupyter_token);
  EXPECT_FALSE(notebook_route(table_.state(), table_.now(), notebook->secret, other));
  EXPECT_FALSE(notebook_route(table_.state(), table_.now(), session, web));
  table_.command(ada(), [&](Tx& tx) { return sign_out(tx, session); });
  EXPECT_FALSE(notebook_route(table_.state(), table_.now(), notebook->secret, web));
}

TEST_F(Accounts, ATicketDiesAfterAMinute) {
  ASSERT_EQ(table_.run("launch ada web t2.nano\nreport web running 0"), "");
  const auto web = table_.instance("web").id;
  const auto ticket = run<std::string>(kOperator, [&](Tx& tx) { return make_notebook_ticket(tx, {}, web); }).value();
  ASSERT_EQ(table_.run("tick 60"), "");
  EXPECT_EQ(run<SessionMade>(ada(), [&](Tx& tx) { return redeem_notebook_ticket(tx, ticket, web); }).error().code, "PassRefused");
}

}  // namespace
}  // namespace stipend::control
