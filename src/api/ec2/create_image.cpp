#include "aws/ec2/create_image.hpp"

#include <array>

#include "api/ec2/ids.hpp"
#include "api/ec2/image_request.hpp"
#include "api/ec2/launch_request.hpp"
#include "api/operation.hpp"
#include "control/commands/images.hpp"

namespace stipend::api {
namespace {

// As with NoReboot: the machine's file system stands still for the instant of the copy, so nothing has to be rebooted.
Answer<ec2::CreateImage> create_image(Context context, ec2::CreateImage::Request request) {
  const std::array<std::string, 1> texts = {request.instance_id.value_or("")};
  CO_TRY_ASSIGN(const auto ids, parse_ids<base::InstanceId>(kInstanceIds, texts));
  if (!request.block_device_mappings.empty())
    co_return not_served("BlockDeviceMapping.1", "an image has the root volume of its instance, as it is");
  CO_TRY_ASSIGN(const auto wanted, to_image_request(request));
  CO_TRY_ASSIGN(const auto row, co_await control::run<domain::RowPtr<domain::Image>>(
                                    context.engine(), context.actor,
                                    [id = ids.front(), wanted](control::Tx& tx) { return control::create_image(tx, id, wanted); }));
  ec2::CreateImage::Response response;
  response.image_id = row->id.str();
  co_return response;
}

}  // namespace

extern constinit const Entry kEc2CreateImage = entry<ec2::CreateImage, create_image>();

}  // namespace stipend::api
