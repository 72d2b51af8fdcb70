// On-demand list prices of us-east-1, Linux, in nano-dollars an hour; memory in MiB. A new edition is a new
// table; a published one does not change, because running leases were sold at it.
//
// "2017": EC2 on-demand pricing as of March 2017, gp2 0.10 a GB-month, snapshots 0.05 of what they
// store, an elastic address that is not in use 0.005 an hour. "2026": the same page as of September 2026.
// t1, m1, m3, c1 and c3 are previous generations whose list price has not changed since 2014; clients of that age
// ask for m1.small when told nothing. Types with a GPU run only where a provider has the hardware.
//
// The baseline of t2 and t3 is the Amazon EC2 User Guide's ("Key concepts for burstable performance instances": CPU
// credits earned an hour; one credit is one CPU for one minute, so 6 an hour are a tenth of a CPU). t1.micro has none.
#include "domain/catalogue_data.hpp"

#include <cmath>

namespace stipend::domain {
namespace {

InstanceType cpu(std::string name, std::int64_t vcpus, std::int64_t memory_mib, std::int64_t nano_per_hour) {
  return {.name = std::move(name), .vcpus = vcpus, .memory_mib = memory_mib, .price = {nano_per_hour}, .provider = {}, .gpu = {}};
}

InstanceType burst(std::string name, std::int64_t vcpus, std::int64_t memory_mib, std::int64_t nano_per_hour, double credits_per_hour) {
  auto type = cpu(std::move(name), vcpus, memory_mib, nano_per_hour);
  type.baseline_milli = std::llround(credits_per_hour * 1000 / 60);
  return type;
}

InstanceType gpu(std::string name, std::int64_t vcpus, std::int64_t memory_mib, std::int64_t nano_per_hour,
                 std::int64_t gpus, std::string kind) {
  return {.name = std::move(name), .vcpus = vcpus, .memory_mib = memory_mib, .price = {nano_per_hour},
          .provider = "ec2", .gpus = gpus, .gpu = std::move(kind)};
}

std::vector<InstanceType> types_2017() {
  return {
    cpu("c1.medium", 2, 1740, 130'000'000),
    cpu("c3.large", 2, 3840, 105'000'000),
    cpu("c3.xlarge", 4, 7680, 210'000'000),
    cpu("c4.2xlarge", 8, 15360, 398'000'000),
    cpu("c4.4xlarge", 16, 30720, 796'000'000),
    cpu("c4.8xlarge", 36, 61440, 1'591'000'000),
    cpu("c4.large", 2, 3840, 100'000'000),
    cpu("c4.xlarge", 4, 7680, 199'000'000),
    gpu("g2.2xlarge", 8, 15360, 650'000'000, 1, "K520"),
    cpu("m1.large", 2, 7680, 175'000'000),
    cpu("m1.medium", 1, 3840, 87'000'000),
    cpu("m1.small", 1, 1740, 44'000'000),
    cpu("m1.xlarge", 4, 15360, 350'000'000),
    cpu("m3.2xlarge", 8, 30720, 532'000'000),
    cpu("m3.large", 2, 7680, 133'000'000),
    cpu("m3.medium", 1, 3840, 67'000'000),
    cpu("m3.xlarge", 4, 15360, 266'000'000),
    cpu("m4.10xlarge", 40, 163840, 2'155'000'000),
    cpu("m4.16xlarge", 64, 262144, 3'447'000'000),
    cpu("m4.2xlarge", 8, 32768, 431'000'000),
    cpu("m4.4xlarge", 16, 65536, 862'000'000),
    cpu("m4.large", 2, 8192, 108'000'000),
    cpu("m4.xlarge", 4, 16384, 215'000'000),
    gpu("p2.16xlarge", 64, 749568, 14'400'000'000, 16, "K80"),
    gpu("p2.8xlarge", 32, 499712, 7'200'000'000, 8, "K80"),
    gpu("p2.xlarge", 4, 62464, 900'000'000, 1, "K80"),
    cpu("t1.micro", 1, 628, 20'000'000),
    burst("t2.2xlarge", 8, 32768, 376'000'000, 81.6),
    burst("t2.large", 2, 8192, 94'000'000, 36),
    burst("t2.medium", 2, 4096, 47'000'000, 24),
    burst("t2.micro", 1, 1024, 12'000'000, 6),
    burst("t2.nano", 1, 512, 5'900'000, 3),
    burst("t2.small", 1, 2048, 23'000'000, 12),
    burst("t2.xlarge", 4, 16384, 188'000'000, 54),
  };
}

std::vector<InstanceType> types_2026() {
  return {
    cpu("c1.medium", 2, 1740, 130'000'000),
    cpu("c3.large", 2, 3840, 105'000'000),
    cpu("c3.xlarge", 4, 7680, 210'000'000),
    cpu("c4.2xlarge", 8, 15360, 398'000'000),
    cpu("c4.4xlarge", 16, 30720, 796'000'000),
    cpu("c4.8xlarge", 36, 61440, 1'591'000'000),
    cpu("c4.large", 2, 3840, 100'000'000),
    cpu("c4.xlarge", 4, 7680, 199'000'000),
    cpu("c5.12xlarge", 48, 98304, 2'040'000'000),
    cpu("c5.18xlarge", 72, 147456, 3'060'000'000),
    cpu("c5.24xlarge", 96, 196608, 4'080'000'000),
    cpu("c5.2xlarge", 8, 16384, 340'000'000),
    cpu("c5.4xlarge", 16, 32768, 680'000'000),
    cpu("c5.9xlarge", 36, 73728, 1'530'000'000),
    cpu("c5.large", 2, 4096, 85'000'000),
    cpu("c5.xlarge", 4, 8192, 170'000'000),
    gpu("g4dn.12xlarge", 48, 196608, 3'912'000'000, 4, "T4"),
    gpu("g4dn.16xlarge", 64, 262144, 4'352'000'000, 1, "T4"),
    gpu("g4dn.2xlarge", 8, 32768, 752'000'000, 1, "T4"),
    gpu("g4dn.4xlarge", 16, 65536, 1'204'000'000, 1, "T4"),
    gpu("g4dn.8xlarge", 32, 131072, 2'176'000'000, 1, "T4"),
    gpu("g4dn.metal", 96, 393216, 7'824'000'000, 8, "T4"),
    gpu("g4dn.xlarge", 4, 16384, 526'000'000, 1, "T4"),
    gpu("g5.12xlarge", 48, 196608, 5'672'000'000, 4, "A10G"),
    gpu("g5.16xlarge", 64, 262144, 4'096'000'000, 1, "A10G"),
    gpu("g5.24xlarge", 96, 393216, 8'144'000'000, 4, "A10G"),
    gpu("g5.2xlarge", 8, 32768, 1'212'000'000, 1, "A10G"),
    gpu("g5.48xlarge", 192, 786432, 16'288'000'000, 8, "A10G"),
    gpu("g5.4xlarge", 16, 65536, 1'624'000'000, 1, "A10G"),
    gpu("g5.8xlarge", 32, 131072, 2'448'000'000, 1, "A10G"),
    gpu("g5.xlarge", 4, 16384, 1'006'000'000, 1, "A10G"),
    cpu("m1.large", 2, 7680, 175'000'000),
    cpu("m1.medium", 1, 3840, 87'000'000),
    cpu("m1.small", 1, 1740, 44'000'000),
    cpu("m1.xlarge", 4, 15360, 350'000'000),
    cpu("m3.2xlarge", 8, 30720, 532'000'000),
    cpu("m3.large", 2, 7680, 133'000'000),
    cpu("m3.medium", 1, 3840, 67'000'000),
    cpu("m3.xlarge", 4, 15360, 266'000'000),
    cpu("m4.10xlarge", 40, 163840, 2'000'000'000),
    cpu("m4.16xlarge", 64, 262144, 3'200'000'000),
    cpu("m4.2xlarge", 8, 32768, 400'000'000),
    cpu("m4.4xlarge", 16, 65536, 800'000'000),
    cpu("m4.large", 2, 8192, 100'000'000),
    cpu("m4.xlarge", 4, 16384, 200'000'000),
    cpu("m5.12xlarge", 48, 196608, 2'304'000'000),
    cpu("m5.16xlarge", 64, 262144, 3'072'000'000),
    cpu("m5.24xlarge", 96, 393216, 4'608'000'000),
    cpu("m5.2xlarge", 8, 32768, 384'000'000),
    cpu("m5.4xlarge", 16, 65536, 768'000'000),
    cpu("m5.8xlarge", 32, 131072, 1'536'000'000),
    cpu("m5.large", 2, 8192, 96'000'000),
    cpu("m5.xlarge", 4, 16384, 192'000'000),
    gpu("p3.16xlarge", 64, 499712, 24'480'000'000, 8, "V100"),
    gpu("p3.2xlarge", 8, 62464, 3'060'000'000, 1, "V100"),
    gpu("p3.8xlarge", 32, 249856, 12'240'000'000, 4, "V100"),
    gpu("p3dn.24xlarge", 96, 786432, 31'212'000'000, 8, "V100"),
    cpu("t1.micro", 1, 628, 20'000'000),
    burst("t2.2xlarge", 8, 32768, 371'200'000, 81.6),
    burst("t2.large", 2, 8192, 92'800'000, 36),
    burst("t2.medium", 2, 4096, 46'400'000, 24),
    burst("t2.micro", 1, 1024, 11'600'000, 6),
    burst("t2.nano", 1, 512, 5'800'000, 3),
    burst("t2.small", 1, 2048, 23'000'000, 12),
    burst("t2.xlarge", 4, 16384, 185'600'000, 54),
    burst("t3.micro", 2, 1024, 10'400'000, 12),
  };
}

}  // namespace

const std::vector<Catalogue>& catalogues() {
  static const std::vector<Catalogue> all{
      {"2017", "EC2 on-demand list prices, us-east-1, Linux, March 2017", types_2017(), {100'000'000}, {50'000'000}, {5'000'000}, {}, {}},
      {"2026", "EC2 on-demand list prices, us-east-1, Linux, September 2026", types_2026(), {100'000'000}, {50'000'000}, {5'000'000}, {}, {}},
  };
  return all;
}

}  // namespace stipend::domain
