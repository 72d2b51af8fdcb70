#include "api/request_hash.hpp"

#include <gtest/gtest.h>

namespace stipend::api {
namespace {

std::string hash(std::string_view form) {
  aws::Call call;
  call.action = "RunInstances";
  call.form = *aws::Form::parse(form);
  return request_hash(call);
}

TEST(RequestHash, IsOfWhatIsAskedForAlone) {
  const auto base = hash("ImageId=ami-1&MinCount=1");
  EXPECT_EQ(hash("MinCount=1&ImageId=ami-1"), base);
  EXPECT_EQ(hash("ImageId=ami-1&MinCount=1&ClientToken=x&NextToken=y&MaxResults=5&DryRun=true"), base);
  EXPECT_EQ(hash("ImageId=ami-1&MinCount=1&X-Amz-Date=20260101T000000Z&X-Amz-Signature=00"), base);
  EXPECT_EQ(hash("ImageId=ami-1&MinCount=1&SubnetId="), base) << "an empty parameter is an absent one";
  EXPECT_NE(hash("ImageId=ami-1&MinCount=2"), base);
  EXPECT_NE(hash("ImageId=ami-1&MinCount=1&KeyName=k"), base);
  EXPECT_NE(hash("A=bc&D=e"), hash("A=b&CD=e"));
}

}  // namespace
}  // namespace stipend::api
