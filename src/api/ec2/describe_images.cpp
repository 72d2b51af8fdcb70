#include "aws/ec2/describe_images.hpp"

#include "api/describe/page.hpp"
#include "api/ec2/filters.hpp"
#include "api/ec2/ids.hpp"
#include "api/ec2/image_filters.hpp"
#include "api/ec2/names.hpp"
#include "api/operation.hpp"

namespace stipend::api {
namespace {

using Views = std::vector<ImageView>;

ec2::Image to_aws(const ImageView& view) {
  const auto& row = *view.image;
  ec2::Image out;
  out.image_id = row.id.str();
  out.name = row.name;
  if (!row.description.empty()) out.description = row.description;
  out.image_location = image_location(view);
  out.owner_id = view.settings->image_owner;
  out.state = "available";
  out.public_ = true;
  out.image_type = "machine";
  out.architecture = row.architecture;
  out.creation_date = base::to_iso8601(row.created);
  out.platform_details = "Linux/UNIX";
  out.usage_operation = "RunInstances";
  out.root_device_name = kRootDevice;
  out.root_device_type = "ebs";
  out.virtualization_type = "hvm";
  out.hypervisor = "xen";
  auto& mapping = out.block_device_mappings.emplace_back();
  mapping.device_name = kRootDevice;
  auto& ebs = mapping.ebs.emplace();
  ebs.delete_on_termination = true;
  ebs.encrypted = false;
  ebs.volume_size = row.min_disk_gib;
  ebs.volume_type = "gp2";
  return out;
}

base::Result<Views> gather(const domain::State& state, const Settings& settings,
                           const std::vector<base::ImageId>& ids) {
  Views views;
  std::vector<std::string> unknown;
  for (const auto& id : ids) {
    const auto at = state.images.find(id);
    if (at == state.images.end())
      unknown.push_back(id.str());
    else
      views.push_back({at->second, &settings});
  }
  if (!unknown.empty()) return ids_not_found(kImageIds, unknown);
  if (ids.empty())
    for (const auto& [id, row] : state.images) views.push_back({row, &settings});
  return views;
}

bool asked_for(const ec2::DescribeImages::Request& request, const Settings& settings) {
  const auto has = [](const std::vector<std::string>& list, std::string_view word) {
    return std::ranges::find(list, word) != list.end();
  };
  // Every image is the house's and public: nobody here owns one or was given one.
  const bool owner = request.owners.empty() || has(request.owners, settings.image_owner);
  return owner && (request.executable_users.empty() || has(request.executable_users, "all"));
}

Answer<ec2::DescribeImages> describe_images(Context context, ec2::DescribeImages::Request request) {
  const PageRequest paging{request.max_results, request.next_token};
  constexpr PageRules kRules{.min = 1, .max = 1000};
  CO_TRY(no_page_with_ids(paging, !request.image_ids.empty(), "imagesSet"));
  CO_TRY_ASSIGN(auto ids, parse_ids<base::ImageId>(kImageIds, request.image_ids));
  CO_TRY_ASSIGN(const auto filter, make_filter(kImageFilters, request.filters));
  CO_TRY_ASSIGN(auto views,
                co_await control::read<Views>(context.engine(), context.actor,
                                              [settings = &context.settings(), ids = std::move(ids)](
                                                  const domain::State& state, base::WallTime) {
                                                return gather(state, *settings, ids);
                                              }));
  if (!asked_for(request, context.settings())) views.clear();
  keep_matching(views, filter);
  const auto key = [](const ImageView& view) { return view.image->id.str(); };
  std::ranges::sort(views, {}, key);
  CO_TRY_ASSIGN(auto page,
                cut_page(std::move(views), paging, kRules, *context.cursors, context.cursor_scope(), key));
  ec2::DescribeImages::Response response;
  for (const auto& view : page.rows) response.images.push_back(to_aws(view));
  response.next_token = std::move(page.next_token);
  co_return response;
}

}  // namespace

constinit const Entry kEc2DescribeImages = entry<ec2::DescribeImages, describe_images>();

}  // namespace stipend::api
