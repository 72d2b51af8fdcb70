#include "aws/ec2/describe_instance_attribute.hpp"

#include <array>

#include "api/ec2/ids.hpp"
#include "api/ec2/instance_view.hpp"
#include "api/keys/base64.hpp"
#include "api/operation.hpp"

namespace stipend::api {
namespace {

using Response = ec2::DescribeInstanceAttribute::Response;

// One attribute of the machine; what it cannot have is answered as AWS answers an unset one.
base::Status fill(Response& out, const std::string& attribute, const InstanceView& view) {
  const auto& row = *view.instance;
  const auto shape = to_aws(view);
  const auto flag = [](bool value) { return ec2::AttributeBooleanValue{value}; };
  const auto text = [](std::string value) { return ec2::AttributeValue{std::move(value)}; };
  if (attribute == "instanceType")
    out.instance_type = text(row.type);
  else if (attribute == "userData")
    out.user_data = row.user_data.empty() ? ec2::AttributeValue{} : text(base64(row.user_data));
  else if (attribute == "disableApiTermination")
    out.disable_api_termination = flag(row.disable_api_termination);
  else if (attribute == "disableApiStop")
    out.disable_api_stop = flag(false);
  else if (attribute == "instanceInitiatedShutdownBehavior")
    out.instance_initiated_shutdown_behavior = text(row.terminate_on_guest_shutdown ? "terminate" : "stop");
  else if (attribute == "rootDeviceName")
    out.root_device_name = text(*shape.root_device_name);
  else if (attribute == "blockDeviceMapping")
    out.block_device_mappings = shape.block_device_mappings;
  else if (attribute == "sourceDestCheck")
    out.source_dest_check = flag(true);
  else if (attribute == "groupSet")
    out.groups = shape.security_groups;
  else if (attribute == "ebsOptimized")
    out.ebs_optimized = flag(false);
  else if (attribute == "enaSupport")
    out.ena_support = flag(false);
  else if (attribute == "enclaveOptions")
    out.enclave_options.emplace().enabled = false;
  else if (attribute == "kernel")
    out.kernel_id.emplace();
  else if (attribute == "ramdisk")
    out.ramdisk_id.emplace();
  else if (attribute == "sriovNetSupport")
    out.sriov_net_support.emplace();
  else if (attribute != "productCodes")
    return fail(Fault::kInvalid, "InvalidParameterValue",
                "Value (" + attribute + ") for parameter attribute is invalid. Unknown attribute.");
  return {};
}

Answer<ec2::DescribeInstanceAttribute> describe_instance_attribute(
    Context context, ec2::DescribeInstanceAttribute::Request request) {
  const std::array<std::string, 1> texts = {request.instance_id.value_or("")};
  CO_TRY_ASSIGN(auto ids, parse_ids<base::InstanceId>(kInstanceIds, texts));
  CO_TRY_ASSIGN(const auto views, co_await read_instances(context, std::move(ids)));
  Response response;
  response.instance_id = views.front().instance->id.str();
  CO_TRY(fill(response, request.attribute.value_or(""), views.front()));
  co_return response;
}

}  // namespace

extern constinit const Entry kEc2DescribeInstanceAttribute =
    entry<ec2::DescribeInstanceAttribute, describe_instance_attribute>();

}  // namespace stipend::api
