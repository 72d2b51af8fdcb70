#include "aws/ec2/modify_instance_attribute.hpp"

#include <array>

#include "api/ec2/ids.hpp"
#include "api/ec2/launch_request.hpp"
#include "api/ec2/names.hpp"
#include "api/ec2/own.hpp"
#include "api/operation.hpp"

namespace stipend::api {
namespace {

using Request = ec2::ModifyInstanceAttribute::Request;

base::Result<bool> to_flag(const std::string& text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return fail(Fault::kInvalid, "InvalidParameterValue",
              "Value (" + text.substr(0, 64) + ") for parameter value is invalid. Expecting true or false.");
}

// The older form, Attribute=…&Value=…, as the newer one.
base::Status unfold(Request& request) {
  if (!request.attribute) return {};
  const auto value = request.value.value_or("");
  if (*request.attribute == "instanceType") {
    request.instance_type.emplace().value = value;
  } else if (*request.attribute == "instanceInitiatedShutdownBehavior") {
    request.instance_initiated_shutdown_behavior.emplace().value = value;
  } else if (*request.attribute == "disableApiTermination") {
    TRY_ASSIGN(const bool flag, to_flag(value));
    request.disable_api_termination.emplace().value = flag;
  } else if (*request.attribute == "userData") {
    TRY_ASSIGN(auto bytes, decode_user_data(value));
    request.user_data.emplace().value = std::move(bytes);
  } else {
    return not_served("Attribute=" + *request.attribute,
                      "change instanceType, userData, disableApiTermination or "
                      "instanceInitiatedShutdownBehavior");
  }
  return {};
}

base::Status refuse_the_rest(const Request& request, const base::AccountId& account) {
  const auto is = [](const std::optional<ec2::AttributeBooleanValue>& flag, bool value) {
    return flag && flag->value == value;
  };
  if (is(request.source_dest_check, false))
    return not_served("SourceDestCheck=false", "machines send from their own address only");
  if (is(request.disable_api_stop, true)) return not_served("DisableApiStop");
  if (is(request.ebs_optimized, true)) return not_served("EbsOptimized");
  if (is(request.ena_support, true)) return not_served("EnaSupport");
  if (request.kernel) return not_served("Kernel");
  if (request.ramdisk) return not_served("Ramdisk");
  if (request.sriov_net_support) return not_served("SriovNetSupport");
  if (!request.block_device_mappings.empty()) return not_served("BlockDeviceMapping");
  for (const auto& group : request.groups)
    if (group != default_group_id(account)) {
      const std::array<std::string, 1> unknown = {group};
      return ids_not_found(kGroupIds, unknown);
    }
  return {};
}

base::Result<control::Modify> to_modify(Request& request, const base::AccountId& account) {
  TRY(unfold(request));
  TRY(refuse_the_rest(request, account));
  control::Modify change;
  const std::array<std::string, 1> texts = {request.instance_id.value_or("")};
  TRY_ASSIGN(const auto ids, parse_ids<base::InstanceId>(kInstanceIds, texts));
  change.id = ids.front();
  if (request.instance_type) change.type = request.instance_type->value;
  if (request.user_data) change.user_data = request.user_data->value.value_or("");
  if (request.disable_api_termination)
    change.disable_api_termination = request.disable_api_termination->value;
  if (const auto& behavior = request.instance_initiated_shutdown_behavior) {
    if (behavior->value != "stop" && behavior->value != "terminate")
      return fail(
          Fault::kInvalid, "InvalidParameterValue",
          "Value for parameter instanceInitiatedShutdownBehavior is invalid. Expecting stop or terminate.");
    change.terminate_on_guest_shutdown = behavior->value == "terminate";
  }
  const int asked = change.type.has_value() + change.user_data.has_value() +
                    change.disable_api_termination.has_value() +
                    change.terminate_on_guest_shutdown.has_value();
  if (asked > 1)
    return fail(Fault::kInvalid, "InvalidParameterCombination",
                "Fields for multiple attribute types specified");
  return change;
}

Answer<ec2::ModifyInstanceAttribute> modify_instance_attribute(Context context, Request request) {
  const bool dry_run = request.dry_run.value_or(false);
  CO_TRY_ASSIGN(auto change, to_modify(request, context.account()));
  CO_TRY((co_await control::run<bool>(
      context.engine(), context.actor,
      [change = std::move(change), dry_run](control::Tx& tx) -> base::Result<bool> {
        const std::array<base::InstanceId, 1> ids = {change.id};
        TRY(check_own(tx.state(), tx.actor().account, ids));
        TRY(control::modify_instance(tx, change));
        if (dry_run) return dry_run_operation();  // undoes it
        return true;
      })));
  co_return ec2::ModifyInstanceAttribute::Response{};
}

}  // namespace

extern constinit const Entry kEc2ModifyInstanceAttribute =
    entry<ec2::ModifyInstanceAttribute, modify_instance_attribute>();

}  // namespace stipend::api
