#include "aws/ec2/describe_images.hpp"

#include "api/describe/page.hpp"
#include "api/ec2/filters.hpp"
#include "api/ec2/ids.hpp"
#include "api/ec2/image_view.hpp"
#include "api/operation.hpp"

namespace stipend::api {
namespace {

using Views = std::vector<ImageView>;

base::Result<Views> gather(const domain::State& state, const Settings& settings, const base::AccountId& account,
                           const std::vector<base::ImageId>& ids) {
  Views views;
  std::vector<std::string> unknown;
  for (const auto& id : ids) {
    if (auto view = view_image(state, settings, account, id))
      views.push_back(*std::move(view));
    else
      unknown.push_back(id.str());
  }
  if (!unknown.empty()) return ids_not_found(kImageIds, unknown);
  if (!ids.empty()) return views;
  for (const auto& [id, row] : state.images)
    if (auto view = view_image(state, settings, account, id)) views.push_back(*std::move(view));
  return views;
}

bool has(const std::vector<std::string>& list, std::string_view word) { return std::ranges::find(list, word) != list.end(); }

// By the owners and the executable users that were named. Nobody is given an image by name here: who shares one shares it with all.
bool is_asked_for(const ec2::DescribeImages::Request& request, const base::AccountId& account, const ec2::Image& image) {
  const bool own = image.owner_id == account.str();
  const bool owner = request.owners.empty() || has(request.owners, *image.owner_id) || (own && has(request.owners, "self"));
  return owner && (request.executable_users.empty() || (image.public_.value_or(false) && has(request.executable_users, "all")));
}

Answer<ec2::DescribeImages> describe_images(Context context, ec2::DescribeImages::Request request) {
  const PageRequest paging{request.max_results, request.next_token};
  constexpr PageRules kRules{.min = 1, .max = 1000};
  CO_TRY(no_page_with_ids(paging, !request.image_ids.empty(), "imagesSet"));
  CO_TRY_ASSIGN(auto ids, parse_ids<base::ImageId>(kImageIds, request.image_ids));
  CO_TRY_ASSIGN(const auto filter, make_filter(kImageFilters, request.filters));
  CO_TRY_ASSIGN(auto views,
                co_await control::read<Views>(context.engine(), context.actor,
                                              [settings = &context.settings(), account = context.account(), ids = std::move(ids)](
                                                  const domain::State& state, base::WallTime) {
                                                return gather(state, *settings, account, ids);
                                              }));
  std::erase_if(views, [&](const ImageView& view) { return !is_asked_for(request, context.account(), to_aws(view)); });
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

extern constinit const Entry kEc2DescribeImages = entry<ec2::DescribeImages, describe_images>();

}  // namespace stipend::api
