#include "aws/sigv4.hpp"

#include "aws/vectors_test.hpp"

namespace stipend::aws {
namespace {

using nlohmann::json;

// A request that owns its bytes, so that a test can alter them.
struct Signed {
  std::string method, target, body, service;
  std::vector<std::pair<std::string, std::string>> headers;

  std::string& header(std::string_view name) {
    for (auto& [n, value] : headers)
      if (equal_ignoring_case(n, name)) return value;
    return headers.emplace_back(name, "").second;
  }
};

Signed signed_of(const json& v) {
  Signed out{v["method"], v["target"], v["body"], v["service"], {}};
  for (const auto& [name, value] : v["headers"].items()) out.headers.emplace_back(name, value);
  return out;
}

const json& vectors() {
  static const json loaded = load_vectors("signatures.json");
  return loaded;
}
const json& vector_named(std::string_view name) {
  for (const auto& v : vectors()["vectors"])
    if (v["name"] == name) return v;
  throw std::runtime_error("no such vector");
}

const base::WallTime kNow = *base::parse_iso8601("2026-01-02T03:04:05Z");

// "ok", or the error's code.
std::string outcome(const Signed& request, base::WallTime now = kNow, Protocol protocol = Protocol::kQuery,
                    std::string secret = vectors()["secret"], std::string region = "us-east-1") {
  std::vector<Header> headers;
  for (const auto& [name, value] : request.headers) headers.push_back({name, value});
  const HttpView view{request.method, request.target, headers, request.body};
  const auto authorization = parse_authorization(view, protocol);
  if (!authorization) return authorization.error().code;
  const auto status =
      verify_signature(*authorization, view, secret, {region, request.service}, now, protocol);
  return status ? "ok" : status.error().code;
}

TEST(SigV4, RequestsOfRealClientsVerify) {
  ASSERT_GE(vectors()["vectors"].size(), 9U);
  for (const auto& v : vectors()["vectors"]) {
    const auto request = signed_of(v);
    EXPECT_EQ(outcome(request), "ok") << v["name"];
    EXPECT_EQ(outcome(request, kNow, Protocol::kQuery, "another secret"), "SignatureDoesNotMatch")
        << v["name"];
    EXPECT_EQ(outcome(request, kNow, Protocol::kEc2, "another secret"), "AuthFailure") << v["name"];
    EXPECT_EQ(outcome(request, kNow, Protocol::kJson11, "another secret"), "InvalidSignatureException")
        << v["name"];
  }
}

TEST(SigV4, CredentialIsReadAndTheTokenIsThere) {
  const auto& v = vector_named("JS v3 with session token");
  auto request = signed_of(v);
  const Header headers[] = {{"Authorization", request.header("Authorization")},
                            {"X-Amz-Date", request.header("X-Amz-Date")},
                            {"X-Amz-Security-Token", request.header("X-Amz-Security-Token")}};
  const auto read = parse_authorization({"POST", "/", headers, ""}, Protocol::kEc2);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->access_key_id, "AKIAEXAMPLE");
  EXPECT_EQ(read->region, "us-east-1");
  EXPECT_EQ(read->service, "ec2");
  EXPECT_EQ(read->session_token, v["session_token"].get<std::string>());
  EXPECT_EQ(read->signed_at, kNow);
}

TEST(SigV4, AnythingAlteredIsRefused) {
  for (const auto& v : vectors()["vectors"]) {
    SCOPED_TRACE(v["name"].dump());
    const auto good = signed_of(v);
    auto request = good;
    request.body += "&DryRun=false";
    EXPECT_EQ(outcome(request), "SignatureDoesNotMatch");
    request = good;
    request.method = request.method == "GET" ? "POST" : "GET";
    EXPECT_EQ(outcome(request), "SignatureDoesNotMatch");
    request = good;
    request.target += request.target.contains('?') ? "&Extra=1" : "?Extra=1";
    EXPECT_EQ(outcome(request), "SignatureDoesNotMatch");
    request = good;
    request.header("Host") = "127.0.0.1:5601";
    EXPECT_EQ(outcome(request), "SignatureDoesNotMatch");
    request = good;
    request.headers.emplace_back("Host", "evil");
    EXPECT_EQ(outcome(request), "SignatureDoesNotMatch");
  }
}

TEST(SigV4, SignedHeadersAreHeldToTheirValue) {
  auto request = signed_of(vector_named("Go v2 (Terraform)"));
  request.header("Content-Type") += "; charset=utf-8";
  EXPECT_EQ(outcome(request), "SignatureDoesNotMatch");
  request = signed_of(vector_named("Go v2 (Terraform)"));
  std::erase_if(request.headers, [](const auto& h) { return h.first == "amz-sdk-request"; });
  EXPECT_EQ(outcome(request), "SignatureDoesNotMatch");
}

TEST(SigV4, AnUnsignedAmzHeaderIsRefused) {
  auto request = signed_of(vector_named("boto3 ec2"));
  request.headers.emplace_back("X-Amz-Target", "AWSBudgetServiceGateway.DescribeBudgets");
  EXPECT_EQ(outcome(request), "IncompleteSignature");
  request = signed_of(vector_named("presigned"));
  request.headers.emplace_back("x-amz-security-token", "x");
  EXPECT_EQ(outcome(request), "IncompleteSignature");
}

TEST(SigV4, TheDeclaredBodyHashMustBeTheBodys) {
  auto request = signed_of(vector_named("JS v3 with session token"));
  request.header("x-amz-content-sha256") = "UNSIGNED-PAYLOAD";
  EXPECT_EQ(outcome(request), "SignatureDoesNotMatch");
}

TEST(SigV4, FifteenMinutesEitherWay) {
  const auto request = signed_of(vector_named("boto3 ec2"));
  EXPECT_EQ(outcome(request, kNow.plus_seconds(900), Protocol::kEc2), "ok");
  EXPECT_EQ(outcome(request, kNow.plus_seconds(901), Protocol::kEc2), "RequestExpired");
  EXPECT_EQ(outcome(request, kNow.plus_seconds(-900), Protocol::kEc2), "ok");
  EXPECT_EQ(outcome(request, kNow.plus_seconds(-901), Protocol::kEc2), "RequestExpired");
  EXPECT_EQ(outcome(request, kNow.plus_seconds(901)), "SignatureDoesNotMatch");
  EXPECT_EQ(outcome(request, kNow.plus_seconds(901), Protocol::kJson10), "InvalidSignatureException");
}

TEST(SigV4, APresignedUrlLivesAsLongAsItSays) {
  auto request = signed_of(vector_named("presigned"));
  EXPECT_EQ(outcome(request, kNow.plus_seconds(900)), "ok");
  EXPECT_EQ(outcome(request, kNow.plus_seconds(901)), "SignatureDoesNotMatch");
  const auto at = request.target.find("X-Amz-Expires=900");
  request.target.replace(at, 17, "X-Amz-Expires=604801");
  EXPECT_EQ(outcome(request), "IncompleteSignature");
  request.target.replace(at, 20, "X-Amz-Expires=604800");
  EXPECT_EQ(outcome(request), "SignatureDoesNotMatch");
}

TEST(SigV4, TheScopeMustBeOurs) {
  const auto good = signed_of(vector_named("boto3 ec2"));
  EXPECT_EQ(outcome(good, kNow, Protocol::kQuery, vectors()["secret"], "eu-west-1"), "SignatureDoesNotMatch");
  EXPECT_EQ(outcome(good, kNow, Protocol::kEc2, vectors()["secret"], "eu-west-1"), "AuthFailure");
  auto request = good;
  request.service = "sts";
  EXPECT_EQ(outcome(request), "SignatureDoesNotMatch");
  const auto swap = [&](std::string_view from, std::string_view to) {
    request = good;
    auto& text = request.header("Authorization");
    text.replace(text.find(from), from.size(), to);
    return outcome(request);
  };
  EXPECT_EQ(swap("/aws4_request", "/aws5_request"), "SignatureDoesNotMatch");
  EXPECT_EQ(swap("/20260102/", "/20260103/"), "SignatureDoesNotMatch");
}

TEST(SigV4, WhatCannotBeReadIsIncomplete) {
  const std::string hex(64, 'a');
  const std::string good =
      "AWS4-HMAC-SHA256 Credential=A/20260102/r/ec2/aws4_request, SignedHeaders=host, Signature=";
  const std::string short_signature = good + "abc";
  const std::string upper = good + std::string(64, 'A');
  const std::string twice = good + hex + ", Signature=" + hex;
  const std::string unsorted =
      "AWS4-HMAC-SHA256 Credential=A/20260102/r/ec2/aws4_request, SignedHeaders=x;host, Signature=" + hex;
  const std::string no_scope = "AWS4-HMAC-SHA256 Credential=A, SignedHeaders=host, Signature=" + hex;
  for (const auto& text : {std::string("Basic abc"), std::string("AWS4-HMAC-SHA256"), std::string(" "),
                           short_signature, upper, twice, unsorted, no_scope, good + hex + ",x"}) {
    const Header headers[] = {{"authorization", text}, {"x-amz-date", "20260102T030405Z"}};
    const auto read = parse_authorization({"POST", "/", headers, ""}, Protocol::kEc2);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, "IncompleteSignature") << text;
  }
  const Header no_date[] = {{"authorization", good}};
  EXPECT_FALSE(parse_authorization({"POST", "/", no_date, ""}, Protocol::kEc2));
}

TEST(SigV4, NothingAtAllIsMissing) {
  EXPECT_EQ(parse_authorization({"POST", "/", {}, ""}, Protocol::kEc2).error().code,
            "MissingAuthenticationToken");
  EXPECT_EQ(parse_authorization({"POST", "/", {}, ""}, Protocol::kJson11).error().code,
            "MissingAuthenticationTokenException");
}

TEST(SigV4, SignMakesTheSameSignatureAsBotocore) {
  for (const char* name : {"boto3 ec2", "Go v2 (Terraform)", "path and query"}) {
    const auto& v = vector_named(name);
    auto request = signed_of(v);
    const auto expected = request.header("Authorization");
    std::vector<Header> headers;
    for (const auto& [n, value] : request.headers)
      if (n != "Authorization" && n != "X-Amz-Date") headers.push_back({n, value});
    const std::string secret = vectors()["secret"];
    const auto added = sign({request.method, request.target, headers, request.body},
                            {"AKIAEXAMPLE", secret, "", "us-east-1", request.service}, kNow);
    EXPECT_EQ(added.back().second, expected) << name;
  }
}

}  // namespace
}  // namespace stipend::aws
