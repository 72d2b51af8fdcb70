#include "aws/ec2/describe_key_pairs.hpp"

#include <algorithm>

#include "api/ec2/filters.hpp"
#include "api/ec2/ids.hpp"
#include "api/ec2/tags.hpp"
#include "api/operation.hpp"

namespace stipend::api {
namespace {

using Row = domain::RowPtr<domain::KeyPair>;
using Rows = std::vector<Row>;

constexpr FilterTable<Row>::Field kFields[] = {
    {"key-pair-id", [](const Row& row, Probe& p) { p(row->id.str()); }},
    {"fingerprint", [](const Row& row, Probe& p) { p(row->fingerprint); }},
    {"key-name", [](const Row& row, Probe& p) { p(row->name); }},
};
constexpr FilterTable<Row> kFilters{
    kFields, {}, [](const Row& row) -> const domain::Tags& { return row->tags; }};

Rows gather(const domain::State& state, const base::AccountId& account) {
  Rows rows;
  if (const auto mine = state.key_pairs_of.find(account); mine != state.key_pairs_of.end())
    for (const auto& id : mine->second) rows.push_back(state.key_pairs.at(id));
  return rows;
}

// Those named by name or id; each must be there.
base::Status keep_named(Rows& rows, const ec2::DescribeKeyPairs::Request& request) {
  const auto name_of = [](const Row& row) { return row->name; };
  const auto id_of = [](const Row& row) { return row->id.str(); };
  TRY(check_ids(kKeyPairIds, request.key_pair_ids));
  for (const auto& name : request.key_names)
    if (std::ranges::find(rows, name, name_of) == rows.end())
      return fail(Fault::kNotFound, "InvalidKeyPair.NotFound", "The key pair '" + name + "' does not exist");
  std::vector<std::string> unknown;
  for (const auto& id : request.key_pair_ids)
    if (std::ranges::find(rows, id, id_of) == rows.end()) unknown.push_back(id);
  if (!unknown.empty()) return ids_not_found(kKeyPairIds, unknown);
  if (!request.key_names.empty() || !request.key_pair_ids.empty())
    std::erase_if(rows, [&](const Row& row) {
      return std::ranges::find(request.key_names, row->name) == request.key_names.end() &&
             std::ranges::find(request.key_pair_ids, row->id.str()) == request.key_pair_ids.end();
    });
  return {};
}

ec2::KeyPairInfo to_info(const domain::KeyPair& row, bool with_public_key) {
  ec2::KeyPairInfo out;
  out.key_pair_id = row.id.str();
  out.key_name = row.name;
  out.key_type = row.type;
  out.key_fingerprint = row.fingerprint;
  out.create_time = row.created;
  out.tags = to_aws(row.tags);
  if (with_public_key) out.public_key = row.public_key;
  return out;
}

Answer<ec2::DescribeKeyPairs> describe_key_pairs(Context context, ec2::DescribeKeyPairs::Request request) {
  CO_TRY_ASSIGN(const auto filter, make_filter(kFilters, request.filters));
  CO_TRY_ASSIGN(auto rows, co_await control::read<Rows>(
                               context.engine(), context.actor,
                               [account = context.account()](const domain::State& state, base::WallTime) {
                                 return base::Result<Rows>(gather(state, account));
                               }));
  CO_TRY(keep_named(rows, request));
  keep_matching(rows, filter);
  std::ranges::sort(rows, {}, [](const Row& row) -> const std::string& { return row->name; });
  ec2::DescribeKeyPairs::Response response;
  for (const auto& row : rows)
    response.key_pairs.push_back(to_info(*row, request.include_public_key.value_or(false)));
  co_return response;
}

}  // namespace

extern constinit const Entry kEc2DescribeKeyPairs = entry<ec2::DescribeKeyPairs, describe_key_pairs>();

}  // namespace stipend::api
