#include "api/ec2/instance_texts.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.hpp"

namespace stipend::api {
namespace {

class Texts : public testing::Test {
 protected:
  InstanceView machine() {
    domain::Instance row;
    row.id = base::make_id<base::InstanceId>(random_);
    row.account = *base::AccountId::parse("123456789012");
    row.type = "t2.nano";
    row.zone = "us-east-1a";
    row.private_address = "10.97.0.2";
    row.state = domain::InstanceState::kRunning;
    InstanceView view;
    view.instance = std::make_shared<const domain::Instance>(row);
    view.settings = &settings_;
    return view;
  }

  base::SeededRandom random_{1};
  Settings settings_;
};

TEST_F(Texts, AreWrittenOnceForTheSameRowsAndTellWhatTheMembersTell) {
  InstanceTexts texts;
  const std::vector views{machine(), machine()};
  const auto first = texts.of(views), second = texts.of(views);
  EXPECT_EQ(first, second);  // the very same texts
  EXPECT_EQ(*first[1], *to_aws(views[1]).write());
  EXPECT_NE(first[1]->find("<instanceId>" + views[1].instance->id.str()), std::string::npos);
}

TEST_F(Texts, AreWrittenAnewWhenARowWasReplaced) {
  InstanceTexts texts;
  auto view = machine();
  EXPECT_NE(texts.of({&view, 1}).front()->find("<name>running</name>"), std::string::npos);
  auto row = *view.instance;
  row.state = domain::InstanceState::kStopped;
  view.instance = std::make_shared<const domain::Instance>(row);
  EXPECT_NE(texts.of({&view, 1}).front()->find("<name>stopped</name>"), std::string::npos);
  domain::Disk disk;
  disk.id = base::make_id<base::DiskId>(random_);
  view.root_disk = std::make_shared<const domain::Disk>(disk);
  EXPECT_NE(texts.of({&view, 1}).front()->find(disk.id.str()), std::string::npos);
  row.public_address = "127.97.0.9";
  view.instance = std::make_shared<const domain::Instance>(row);
  EXPECT_NE(texts.of({&view, 1}).front()->find("<ipOwnerId>amazon<"), std::string::npos);
  domain::Address address;
  address.account = row.account;
  view.elastic = std::make_shared<const domain::Address>(address);
  EXPECT_NE(texts.of({&view, 1}).front()->find("<ipOwnerId>123456789012<"), std::string::npos);
}

TEST_F(Texts, ThatAreAskedForStayAndTheOthersGoWhenTheRoomIsUsedUp) {
  const auto often = machine();
  const auto size = to_aws(often).write()->size();
  InstanceTexts texts(10 * size + size / 2);
  const auto kept = texts.of({&often, 1}).front();
  std::vector<std::weak_ptr<const std::string>> seldom;
  for (int i = 0; i < 40; ++i) {
    const auto once = machine();
    seldom.push_back(texts.of({&once, 1}).front());
    EXPECT_EQ(texts.of({&often, 1}).front(), kept);
  }
  EXPECT_TRUE(seldom.front().expired());
  EXPECT_FALSE(seldom.back().expired());
  const auto there = std::ranges::count_if(seldom, [](const auto& text) { return !text.expired(); });
  EXPECT_LE(there, 2 * 10);
}

}  // namespace
}  // namespace stipend::api
