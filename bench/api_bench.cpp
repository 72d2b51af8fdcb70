// CPU of DescribeInstances beyond signature and decoding: rows to AWS's shapes to XML.
#include <benchmark/benchmark.h>

#include "api/ec2/instance_view.hpp"
#include "aws/codec.hpp"
#include "aws/ec2/describe_instances.hpp"
#include "base/random.hpp"

namespace {

using namespace stipend;

std::vector<api::InstanceView> rows(std::int64_t count) {
  static const api::Settings settings;
  base::SeededRandom random(1);
  const auto account = *base::AccountId::parse("111122223333");
  std::vector<api::InstanceView> views;
  for (std::int64_t i = 0; i < count; ++i) {
    domain::Instance row;
    row.id = base::make_id<base::InstanceId>(random);
    row.account = account;
    row.reservation = base::make_id<base::ReservationId>(random);
    row.image = base::make_id<base::ImageId>(random);
    row.type = "t2.medium";
    row.key_name = "course";
    row.client_token = "7ce0c0a1-1a2b-4c3d-8e9f-001122334455";
    row.zone = "us-east-1a";
    row.private_address = "10.97.16." + std::to_string(i % 250);
    row.public_address = "127.97.16." + std::to_string(i % 250);
    row.state = domain::InstanceState::kRunning;
    row.launched = row.created = {1'800'000'000'000 + i};
    row.tags = {{"Name", "lab"}};
    domain::Disk disk;
    disk.id = base::make_id<base::DiskId>(random);
    disk.created = row.created;
    views.push_back({std::make_shared<const domain::Instance>(row),
                     std::make_shared<const domain::Disk>(disk), &settings});
  }
  return views;
}

void describe(benchmark::State& state) {
  const auto views = rows(state.range(0));
  aws::Call call;
  for (auto _ : state) {
    auto mine = views;
    api::sort_instances(mine);
    aws::ec2::DescribeInstances::Response response;
    response.reservations = api::to_reservations(mine);
    benchmark::DoNotOptimize(aws::encode<aws::ec2::DescribeInstances>(call, response, "id"));
  }
}
BENCHMARK(describe)->Arg(1)->Arg(100)->Unit(benchmark::kMicrosecond);

}  // namespace
