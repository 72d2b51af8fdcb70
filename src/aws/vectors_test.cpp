// What botocore sends is read, and what we send is what botocore sends; the same for answers.
#include "aws/vectors_test.hpp"

#include <fstream>
#include <functional>
#include <map>

#include "aws/client.hpp"
#include "aws/codec.hpp"
#include "aws/ec2/create_tags.hpp"
#include "aws/ec2/describe_instance_status.hpp"
#include "aws/ec2/describe_instance_types.hpp"
#include "aws/ec2/describe_instances.hpp"
#include "aws/ec2/describe_regions.hpp"
#include "aws/ec2/import_key_pair.hpp"
#include "aws/ec2/modify_instance_attribute.hpp"
#include "aws/ec2/run_instances.hpp"
#include "aws/ec2/stop_instances.hpp"
#include "aws/json_codec.hpp"
#include "aws/sample/silent.hpp"
#include "aws/sts/get_caller_identity.hpp"

namespace stipend::aws {

nlohmann::json load_vectors(const std::string& name) {
  std::ifstream file(std::string(STIPEND_PROTOCOL_VECTORS) + "/" + name);
  EXPECT_TRUE(file.is_open()) << name;
  return nlohmann::json::parse(file);
}

namespace {

using nlohmann::json;

Call call_of(const Operation& operation, Protocol protocol, std::string_view body) {
  Call call;
  call.protocol = protocol;
  call.service = operation.service;
  call.operation = &operation;
  call.payload = body;
  if (protocol == Protocol::kEc2 || protocol == Protocol::kQuery) call.form = *Form::parse(body);
  return call;
}

template <class Shape>
Shape from_json(const json& facts, const Structure& shape) {
  Shape object;
  const auto status = read_json(facts.dump(), shape, Protocol::kJson11, &object);
  EXPECT_TRUE(status) << status.error().message;
  return object;
}

json sorted_fields(const std::string& body) {
  json out = json::object();
  for (const auto& field : Form::parse(body)->fields()) {
    std::string value(field.value);
    if (value.ends_with(".000Z")) value.replace(value.size() - 5, 5, "Z");  // both are the same time
    if (!value.empty()) out[std::string(field.key)] = value;
  }
  return out;
}

template <class Op>
void check_request(const json& vector) {
  const auto protocol = protocol_of(vector);
  const std::string body = vector["body"];
  const auto meant = from_json<typename Op::Request>(vector["params"], *Op::kOperation.request);
  auto read = decode<Op>(call_of(Op::kOperation, protocol, body));
  ASSERT_TRUE(read) << read.error().message;
  const auto as_json = [](const auto& request) {
    std::string out;
    write_json(out, *Op::kOperation.request, &request);
    return json::parse(out);
  };
  // An empty text is not told from an absent one in a form, but for elements of lists.
  auto expected = as_json(meant);
  if (vector["operation"] == "RunInstances") expected["TagSpecifications"][0]["Tags"][1].erase("Value");
  EXPECT_EQ(as_json(*read), expected);

  const auto written = request_of<Op>(protocol, meant).body;
  if (protocol == Protocol::kJson11)
    EXPECT_EQ(decode<Op>(call_of(Op::kOperation, protocol, written)), meant);
  else
    EXPECT_EQ(sorted_fields(written), sorted_fields(body));
}

template <class Op>
void check_answer(const json& vector) {
  const auto protocol = protocol_of(vector);
  const auto meant = Op::kOperation.response == nullptr
                         ? typename Op::Response{}
                         : from_json<typename Op::Response>(vector["result"], *Op::kOperation.response);
  const auto read = response_of<Op>(protocol, 200, vector["body"].get<std::string>());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, meant);
  const auto call = call_of(Op::kOperation, protocol, "");
  const auto answer = encode<Op>(call, meant, "id");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(response_of<Op>(protocol, 200, answer.body), meant) << answer.body;
}

struct Checks {
  std::function<void(const json&)> request, answer;
};
template <class Op>
std::pair<const std::string, Checks> row() {
  return {std::string(Op::kOperation.name), {check_request<Op>, check_answer<Op>}};
}

const Checks& checks_of(const json& vector) {
  static const std::map<std::string, Checks> checks{
      row<ec2::RunInstances>(),
      row<ec2::DescribeInstances>(),
      row<ec2::StopInstances>(),
      row<ec2::ImportKeyPair>(),
      row<ec2::CreateTags>(),
      row<ec2::DescribeInstanceStatus>(),
      row<ec2::DescribeRegions>(),
      row<ec2::ModifyInstanceAttribute>(),
      row<ec2::DescribeInstanceTypes>(),
      row<sts::GetCallerIdentity>(),
      row<sample::Echo>(),
      row<sample::Silent>(),
  };
  return checks.at(vector["operation"]);
}

TEST(ProtocolVectors, RequestsOfBotocoreReadAndWriteTheSame) {
  const auto vectors = load_vectors("requests.json");
  ASSERT_GE(vectors.size(), 15U);
  for (const auto& vector : vectors) {
    SCOPED_TRACE(vector["body"].dump());
    checks_of(vector).request(vector);
  }
}

TEST(ProtocolVectors, AnswersReadAsBotocoreReadsThem) {
  const auto vectors = load_vectors("answers.json");
  ASSERT_GE(vectors.size(), 7U);
  for (const auto& vector : vectors) {
    SCOPED_TRACE(vector["body"].dump());
    checks_of(vector).answer(vector);
  }
}

}  // namespace
}  // namespace stipend::aws
