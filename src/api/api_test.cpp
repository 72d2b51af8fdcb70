// The pipeline: who gets in, what is refused and how.
#include "api/api.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "api/operation.hpp"
#include "api/test_world.hpp"

namespace stipend::api {
namespace {

class Pipeline : public testing::Test {
 protected:
  World world_;
  Caller ada_ = world_.add_account("Ada");
};

TEST_F(Pipeline, TheSignersAccountAnswers) {
  const auto got = world_.call(ada_, "Action=GetCallerIdentity", "sts");
  EXPECT_EQ(got.status, 200) << got.body;
  EXPECT_EQ(got["Account"], ada_.account.str());
  EXPECT_EQ(got["Arn"], "arn:aws:iam::" + ada_.account.str() + ":root");
  EXPECT_EQ(got["RequestId"], got.request_id);
  EXPECT_EQ(got.request_id.size(), 36u);
  EXPECT_NE(world_.call(ada_, "Action=GetCallerIdentity", "sts").request_id, got.request_id);
}

TEST_F(Pipeline, UnsignedIsMissingAToken) {
  auto request = world_.signed_post(ada_, "Action=DescribeInstances");
  request.headers.remove("Authorization");
  const auto got = world_.send(request);
  EXPECT_EQ(got.status, 403);
  EXPECT_EQ(got.code(), "MissingAuthenticationToken");
  EXPECT_EQ(got["RequestID"], got.request_id);
}

TEST_F(Pipeline, UnknownKeyWrongSecretAndInactiveKeyLookAlike) {
  auto stranger = ada_;
  stranger.access_key_id = "AKIAAAAAAAAAAAAAAAAA";
  auto liar = ada_;
  liar.secret = "wrong";
  const auto unknown = world_.call(stranger, "Action=DescribeInstances");
  const auto wrong = world_.call(liar, "Action=DescribeInstances");
  world_.change([&](control::Tx& tx) -> base::Status {
    auto key = *tx.state().find<domain::AccessKey>(ada_.access_key_id);
    key.active = false;
    tx.save(std::move(key));
    return {};
  });
  const auto inactive = world_.call(ada_, "Action=DescribeInstances");
  for (const auto* got : {&unknown, &wrong, &inactive}) {
    EXPECT_EQ(got->status, 401);
    EXPECT_EQ(got->code(), "AuthFailure");
    EXPECT_EQ(got->message(), unknown.message());
  }
}

TEST_F(Pipeline, AnAlteredOrOldRequestIsRefused) {
  auto altered = world_.signed_post(ada_, "Action=DescribeInstances");
  altered.body += "&DryRun=true";
  EXPECT_EQ(world_.send(altered).code(), "AuthFailure");
  const auto old = world_.signed_post(ada_, "Action=DescribeInstances");
  world_.clock.advance_ms(16 * 60 * 1000);
  EXPECT_EQ(world_.send(old).code(), "RequestExpired");
}

TEST_F(Pipeline, ASessionTokenBelongsToNoKeyHere) {
  auto request = world_.signed_post(ada_, "Action=DescribeInstances");
  request.headers.add("X-Amz-Security-Token", "token");
  EXPECT_EQ(world_.send(request).code(), "AuthFailure");
}

TEST_F(Pipeline, WhatIsNotServedIsSaidToThoseWhoSignedOnly) {
  const auto got = world_.call(ada_, "Action=CreateVpc&CidrBlock=10.0.0.0%2F16");
  EXPECT_EQ(got.status, 400);
  EXPECT_EQ(got.code(), "InvalidAction");
  EXPECT_EQ(got.message(), "The action CreateVpc is not valid for this web service.");
  auto request = world_.signed_post(ada_, "Action=CreateVpc");
  request.headers.remove("Authorization");
  EXPECT_EQ(world_.send(request).code(), "MissingAuthenticationToken");
}

TEST_F(Pipeline, OtherMethodsAndHugeBodiesAreRefused) {
  auto request = world_.signed_post(ada_, "Action=DescribeInstances");
  request.method = "DELETE";
  EXPECT_EQ(world_.send(request).status, 400);
  request.method = "POST";
  request.body.assign(Api::kBodyBytesMax + 1, 'x');
  EXPECT_EQ(world_.send(request).status, 400);
}

TEST_F(Pipeline, AnswersCannotActAsAPage) {
  boost::asio::io_context context;
  const auto request = world_.signed_post(ada_, "Action=DescribeInstances");
  auto answer = boost::asio::co_spawn(context, world_.api.handle(request), boost::asio::use_future);
  context.run();
  const auto response = answer.get();
  EXPECT_EQ(response.headers.get("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(response.headers.get("Content-Security-Policy"), "default-src 'none'; sandbox");
}

TEST_F(Pipeline, UnknownMissingAndBadParametersAreNamed) {
  EXPECT_EQ(world_.call(ada_, "Action=DescribeInstances&Foo=1").code(), "UnknownParameter");
  EXPECT_EQ(world_.call(ada_, "Action=StopInstances").code(), "MissingParameter");
  EXPECT_EQ(world_.call(ada_, "Action=DescribeInstances&MaxResults=x").code(), "InvalidParameterValue");
  EXPECT_EQ(world_.call(ada_, "Action=DescribeInstances&Filter.1.Name=foo&Filter.1.Value.1=x").message(),
            "The filter 'foo' is invalid");
}

TEST_F(Pipeline, EveryServedOperationHasItsHandler) {
  for (const auto* service : aws::all_services())
    for (const auto* operation : service->operations)
      EXPECT_NE(find_entry(operation), nullptr) << operation->name;
}

}  // namespace
}  // namespace stipend::api
