#include "aws/ec2/modify_image_attribute.hpp"

#include <array>
#include <optional>

#include "api/ec2/ids.hpp"
#include "api/operation.hpp"
#include "control/commands/images.hpp"

namespace stipend::api {
namespace {

using Request = ec2::ModifyImageAttribute::Request;

std::unexpected<base::Error> only_all() {
  return fail(Fault::kInvalid, "UnsupportedOperation",
              "An image is shared with all members of the course or with nobody: name the group 'all', no accounts and no organisations");
}

template <class Permissions>
base::Status check_all(const Permissions& permissions) {
  for (const auto& one : permissions)
    if (one.group.value_or("") != "all" || one.user_id || one.organization_arn || one.organizational_unit_arn) return only_all();
  return {};
}

// Whether it is to be shared, by either way in which a request says it; nullopt: it says nothing of that.
base::Result<std::optional<bool>> wanted_sharing(const Request& request) {
  if (!request.user_ids.empty() || !request.organization_arns.empty() || !request.organizational_unit_arns.empty()) return only_all();
  std::optional<bool> shared;
  if (request.launch_permission) {
    TRY(check_all(request.launch_permission->add));
    TRY(check_all(request.launch_permission->remove));
    if (!request.launch_permission->remove.empty()) shared = false;
    if (!request.launch_permission->add.empty()) shared = true;
  }
  for (const auto& group : request.user_groups) {
    if (group != "all") return only_all();
    shared = request.operation_type.value_or("add") != "remove";
  }
  return shared;
}

std::optional<std::string> wanted_description(const Request& request) {
  if (request.description) return request.description->value.value_or("");
  if (request.attribute == "description") return request.value.value_or("");
  return std::nullopt;
}

Answer<ec2::ModifyImageAttribute> modify_image_attribute(Context context, Request request) {
  const std::array<std::string, 1> texts = {request.image_id.value_or("")};
  CO_TRY_ASSIGN(const auto ids, parse_ids<base::ImageId>(kImageIds, texts));
  CO_TRY_ASSIGN(const auto shared, wanted_sharing(request));
  const auto description = wanted_description(request);
  if (!shared && !description)
    co_return fail(Fault::kInvalid, "InvalidParameterCombination", "Give LaunchPermission or Description: nothing else of an image can be changed");
  CO_TRY((co_await control::run<bool>(
      context.engine(), context.actor,
      [id = ids.front(), shared, description, dry_run = request.dry_run.value_or(false)](control::Tx& tx) -> base::Result<bool> {
        if (shared) TRY(control::share_image(tx, id, *shared, dry_run));
        if (description) TRY(control::describe_image(tx, id, *description, dry_run));
        return true;
      })));
  co_return ec2::ModifyImageAttribute::Response{};
}

}  // namespace

extern constinit const Entry kEc2ModifyImageAttribute = entry<ec2::ModifyImageAttribute, modify_image_attribute>();

}  // namespace stipend::api
