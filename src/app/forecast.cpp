#include "app/forecast.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "control/await.hpp"
#include "control/commands/people.hpp"
#include "domain/figures.hpp"

namespace stipend::app {
namespace {

using base::Result;
using boost::asio::awaitable;
using domain::State;

constexpr std::size_t kMembersAPage = 25;
constexpr std::int64_t kMostSeconds = 366LL * 86'400;

struct Found {
  ForecastPage page;
  base::WallTime now;
};

Result<Found> found(const State& state, base::WallTime now, const control::Actor& actor, const std::string& name, base::WallTime until,
                    std::optional<base::AccountId> after) {
  TRY_ASSIGN(const auto* course, control::managed_course(state, actor, name));
  if (until <= now || until > now.plus_seconds(kMostSeconds))
    return base::fail(base::Fault::kInvalid, "InvalidTime", "a forecast is for a moment to come, at most a year ahead");
  Found out{{.course = course->name, .rows = {}, .next = {}}, now};
  for (auto at = after ? state.accounts.upper_bound(*after) : state.accounts.begin(); at != state.accounts.end(); ++at) {
    const auto& account = *at->second;
    if (account.course != course->id || account.role != domain::Role::kStudent || account.status == domain::AccountStatus::kSuspended) continue;
    if (out.page.rows.size() == kMembersAPage) {
      out.page.next = out.page.rows.back().account;
      break;
    }
    const auto* person = state.find<domain::Person>(account.person);
    const auto f = domain::figures_without_runway(state, account.id, now);
    out.page.rows.push_back({account.id, person ? person->name : "", person ? person->identifier : "", account.section,
                             f.balance - f.reserved - domain::free_tier_left(state, account.id, now), {}, {}});
  }
  return out;
}

awaitable<Result<domain::DailyUse::Spread>> use_of(store::Store& store, base::AccountId account, base::WallTime now) {
  domain::DailyUse use(now);
  store::EntryQuery query{.account = account};
  while (true) {
    const auto entries = store.entries(query);
    if (!entries) co_return std::unexpected(entries.error());
    for (const auto& entry : *entries) use.add(entry);
    if (entries->size() < query.limit) co_return use.spread();
    query.after = entries->back().number;
    co_await boost::asio::post(co_await boost::asio::this_coro::executor, boost::asio::use_awaitable);
  }
}

}  // namespace

awaitable<Result<ForecastPage>> forecast_page(control::Engine& engine, store::Store& store, control::Actor actor, std::string course,
                                              base::WallTime until, std::optional<base::AccountId> after) {
  const auto asker = actor;
  auto members = co_await control::read<Found>(engine, std::move(actor), [asker, course, until, after](const State& state, base::WallTime now) {
    return found(state, now, asker, course, until, after);
  });
  if (!members) co_return std::unexpected(members.error());
  for (auto& member : members->page.rows) {
    const auto use = co_await use_of(store, member.account, members->now);
    if (!use) co_return std::unexpected(use.error());
    member.use = *use;
    member.outlook = domain::outlook(member.left, *use, members->now, until);
  }
  co_return std::move(members->page);
}

}  // namespace stipend::app
