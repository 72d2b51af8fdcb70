#include "aws/ec2/describe_tags.hpp"

#include "api/describe/page.hpp"
#include "api/ec2/filters.hpp"
#include "api/ec2/tag_resources.hpp"
#include "api/operation.hpp"

namespace stipend::api {
namespace {

struct OneTag {
  const Tagged* resource;
  std::string_view key, value;
};

constexpr FilterTable<OneTag>::Field kFields[] = {
    {"key", [](const OneTag& tag, Probe& p) { p(tag.key); }},
    {"value", [](const OneTag& tag, Probe& p) { p(tag.value); }},
    {"resource-id", [](const OneTag& tag, Probe& p) { p(tag.resource->id); }},
    {"resource-type", [](const OneTag& tag, Probe& p) { p(tag.resource->type); }},
};
// tag:KEY selects the tags of that key, by value.
constexpr std::string_view kTagPrefix = "tag:";
constexpr FilterTable<OneTag> kFilters{kFields, {}, nullptr};

// "tag:Owner=x" as the two filters key=Owner and value=x.
std::vector<ec2::Filter> without_tag_prefix(const std::vector<ec2::Filter>& filters) {
  std::vector<ec2::Filter> result;
  for (const auto& filter : filters) {
    if (!filter.name || !filter.name->starts_with(kTagPrefix) || filter.name->size() == kTagPrefix.size()) {
      result.push_back(filter);
      continue;
    }
    std::string literal;
    for (const char c : filter.name->substr(kTagPrefix.size())) {
      if (c == '*' || c == '?' || c == '\\') literal += '\\';
      literal += c;
    }
    result.push_back({.name = "key", .values = {literal}});
    result.push_back({.name = "value", .values = filter.values});
  }
  return result;
}

Answer<ec2::DescribeTags> describe_tags(Context context, ec2::DescribeTags::Request request) {
  const auto filters = without_tag_prefix(request.filters);
  CO_TRY_ASSIGN(const auto filter, make_filter(kFilters, filters));
  CO_TRY_ASSIGN(const auto resources,
                co_await control::read<std::vector<Tagged>>(
                    context.engine(), context.actor,
                    [account = context.account()](const domain::State& state, base::WallTime) {
                      return base::Result<std::vector<Tagged>>(tagged_of(state, account));
                    }));
  std::vector<OneTag> tags;
  for (const auto& resource : resources)
    for (const auto& [key, value] : *resource.tags) tags.push_back({&resource, key, value});
  keep_matching(tags, filter);
  const auto key_of = [](const OneTag& tag) {
    return std::pair<std::string_view, std::string_view>(tag.resource->id, tag.key);
  };
  std::ranges::sort(tags, {}, key_of);
  CO_TRY_ASSIGN(auto page, cut_page(std::move(tags), {request.max_results, request.next_token}, {},
                                    *context.cursors, context.cursor_scope(), [](const OneTag& tag) {
                                      return tag.resource->id + '\0' + std::string(tag.key);
                                    }));
  ec2::DescribeTags::Response response;
  for (const auto& tag : page.rows) {
    auto& out = response.tags.emplace_back();
    out.key = tag.key;
    out.value = tag.value;
    out.resource_id = tag.resource->id;
    out.resource_type = tag.resource->type;
  }
  response.next_token = std::move(page.next_token);
  co_return response;
}

}  // namespace

extern constinit const Entry kEc2DescribeTags = entry<ec2::DescribeTags, describe_tags>();

}  // namespace stipend::api
