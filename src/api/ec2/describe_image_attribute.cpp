#include "aws/ec2/describe_image_attribute.hpp"

#include <array>

#include "api/ec2/ids.hpp"
#include "api/ec2/image_view.hpp"
#include "api/operation.hpp"

namespace stipend::api {
namespace {

// One attribute of an image; what images here cannot have is answered as AWS answers an unset one.
base::Status fill(ec2::DescribeImageAttribute::Response& out, const std::string& attribute, const ImageView& view, const base::AccountId& asker) {
  if (attribute == "description") {
    out.description.emplace().value = view.image->description;
  } else if (attribute == "blockDeviceMapping") {
    out.block_device_mappings = block_devices(view);
  } else if (attribute == "launchPermission") {
    if (view.image->account != asker)
      return fail(Fault::kDenied, "AuthFailure", "Not authorized for image:" + view.image->id.str());
    if (view.image->shared) out.launch_permissions.emplace_back().group = "all";
  } else if (attribute == "sriovNetSupport") {
    out.sriov_net_support.emplace();
  } else if (attribute == "kernel") {
    out.kernel_id.emplace();
  } else if (attribute == "ramdisk") {
    out.ramdisk_id.emplace();
  } else if (attribute != "productCodes") {
    return fail(Fault::kInvalid, "InvalidParameterValue", "Value (" + attribute + ") for parameter attribute is invalid. Unknown attribute.");
  }
  return {};
}

Answer<ec2::DescribeImageAttribute> describe_image_attribute(Context context, ec2::DescribeImageAttribute::Request request) {
  const std::array<std::string, 1> texts = {request.image_id.value_or("")};
  CO_TRY_ASSIGN(const auto ids, parse_ids<base::ImageId>(kImageIds, texts));
  CO_TRY_ASSIGN(const auto view,
                co_await control::read<ImageView>(context.engine(), context.actor,
                                                  [settings = &context.settings(), account = context.account(), id = ids.front()](
                                                      const domain::State& state, base::WallTime) {
                                                    return view_image(state, *settings, account, id);
                                                  }));
  ec2::DescribeImageAttribute::Response response;
  response.image_id = view.image->id.str();
  CO_TRY(fill(response, request.attribute.value_or(""), view, context.account()));
  co_return response;
}

}  // namespace

extern constinit const Entry kEc2DescribeImageAttribute = entry<ec2::DescribeImageAttribute, describe_image_attribute>();

}  // namespace stipend::api
