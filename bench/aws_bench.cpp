// CPU of the AWS side of one request: verify the signature, decode the parameters, encode the answer.
#include <benchmark/benchmark.h>

#include "aws/codec.hpp"
#include "aws/ec2/describe_instances.hpp"
#include "aws/ec2/run_instances.hpp"
#include "aws/sigv4.hpp"

namespace {

using namespace stipend;

// As full as our machines are: interface, root disk, tags, state, metadata options.
aws::ec2::Instance machine(int n) {
  aws::ec2::Instance i;
  const auto hex = "0123456789abcde" + std::to_string(10 + n % 90);
  const base::WallTime time{1'800'000'000'123 + n};
  i.instance_id = "i-" + hex;
  i.image_id = "ami-0123456789abcdef0";
  i.instance_type = "t2.medium";
  i.architecture = "x86_64";
  i.launch_time = time;
  i.key_name = "course";
  i.state = aws::ec2::InstanceState{.code = 16, .name = "running"};
  i.private_ip_address = "10.77.0." + std::to_string(n);
  i.public_ip_address = "192.0.2." + std::to_string(n);
  i.private_dns_name = "ip-10-77-0-" + std::to_string(n) + ".ec2.internal";
  i.public_dns_name = "";
  i.vpc_id = "vpc-0123456789abcdef0";
  i.subnet_id = "subnet-0123456789abcdef0";
  i.virtualization_type = "hvm";
  i.hypervisor = "xen";
  i.root_device_name = "/dev/sda1";
  i.root_device_type = "ebs";
  i.ebs_optimized = false;
  i.source_dest_check = true;
  i.ena_support = true;
  i.ami_launch_index = 0;
  i.client_token = "7ce0c0a1-1a2b-4c3d-8e9f-001122334455";
  i.monitoring.emplace().state = "disabled";
  i.placement.emplace().availability_zone = "us-east-1a";
  i.placement->tenancy = "default";
  i.security_groups.push_back({.group_id = "sg-0123456789abcdef0", .group_name = "default"});
  i.tags = {{.key = "Name", .value = "ada's machine"}, {.key = "course", .value = "data science & more"}};
  auto& ebs = i.block_device_mappings.emplace_back();
  ebs.device_name = "/dev/sda1";
  ebs.ebs.emplace().volume_id = "vol-0123456789abcdef0";
  ebs.ebs->status = "attached";
  ebs.ebs->attach_time = time;
  ebs.ebs->delete_on_termination = true;
  auto& nic = i.network_interfaces.emplace_back();
  nic.network_interface_id = "eni-0123456789abcdef0";
  nic.mac_address = "02:00:00:00:00:01";
  nic.private_ip_address = i.private_ip_address;
  nic.status = "in-use";
  nic.subnet_id = i.subnet_id;
  nic.vpc_id = i.vpc_id;
  nic.groups = i.security_groups;
  nic.attachment.emplace().attach_time = time;
  i.metadata_options.emplace().http_tokens = "optional";
  i.cpu_options.emplace().core_count = 2;
  return i;
}

aws::Call ec2_call() {
  aws::Call call;
  call.protocol = aws::Protocol::kEc2;
  return call;
}

void build_describe_instances(benchmark::State& state) {
  for (auto _ : state) {
    aws::ec2::DescribeInstancesResponse response;
    for (int n = 0; n < state.range(0); ++n)
      response.reservations.emplace_back().instances.push_back(machine(n));
    benchmark::DoNotOptimize(response);
  }
}
BENCHMARK(build_describe_instances)->Arg(100);

void encode_describe_instances(benchmark::State& state) {
  aws::ec2::DescribeInstancesResponse response;
  for (int n = 0; n < state.range(0); ++n) {
    auto& reservation = response.reservations.emplace_back();
    reservation.reservation_id = "r-0123456789abcdef0";
    reservation.owner_id = "123456789012";
    reservation.instances.push_back(machine(n));
  }
  const auto call = ec2_call();
  std::size_t bytes = 0;
  for (auto _ : state) {
    const auto answer = aws::encode<aws::ec2::DescribeInstances>(call, response, "59dbff89-35bd-4eac-99ed");
    bytes = answer.body.size();
    benchmark::DoNotOptimize(bytes);
  }
  state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(encode_describe_instances)->Arg(1)->Arg(100);

constexpr std::string_view kRunInstances =
    "Action=RunInstances&Version=2016-11-15&ImageId=ami-0123456789abcdef0&InstanceType=t2.medium&KeyName="
    "course&"
    "MaxCount=1&MinCount=1&ClientToken=7ce0c0a1-1a2b-4c3d-8e9f-001122334455&SecurityGroupId.1=sg-"
    "0123456789abcdef0&"
    "TagSpecification.1.ResourceType=instance&TagSpecification.1.Tag.1.Key=Name&TagSpecification.1.Tag.1."
    "Value=x";

void classify_and_decode_run_instances(benchmark::State& state) {
  const aws::Header headers[] = {
      {"Authorization",
       "AWS4-HMAC-SHA256 Credential=A/20260102/r/ec2/aws4_request, SignedHeaders=host, Signature=0"}};
  for (auto _ : state) {
    const auto call = aws::classify({"POST", "/", headers, kRunInstances});
    auto request = aws::decode<aws::ec2::RunInstances>(call);
    benchmark::DoNotOptimize(request);
  }
}
BENCHMARK(classify_and_decode_run_instances);

void verify(benchmark::State& state) {
  const base::WallTime now{1'800'000'000'000};
  std::vector<aws::Header> headers{{"Host", "127.0.0.1:5600"},
                                   {"Content-Type", "application/x-www-form-urlencoded"}};
  const auto added =
      aws::sign({"POST", "/", headers, kRunInstances}, {"AKIA", "secret", "", "r", "ec2"}, now);
  for (const auto& [name, value] : added) headers.push_back({name, value});
  const aws::HttpView view{"POST", "/", headers, kRunInstances};
  for (auto _ : state) {
    const auto who = aws::parse_authorization(view, aws::Protocol::kEc2);
    const auto status = aws::verify_signature(*who, view, "secret", {"r", "ec2"}, now, aws::Protocol::kEc2);
    if (!status) state.SkipWithError(status.error().message.c_str());
  }
}
BENCHMARK(verify);

}  // namespace
