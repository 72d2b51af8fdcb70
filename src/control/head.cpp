#include "control/head.hpp"

#include <algorithm>
#include <set>

#include "base/check.hpp"
#include "base/digest.hpp"
#include "base/log.hpp"
#include "store/json.hpp"

namespace stipend::control {
namespace {
constexpr const char* kHighWater = "wall_high_water";

bool begins_something(const Effect& effect) {
  return std::holds_alternative<StartEffect>(effect) || std::holds_alternative<RenewEffect>(effect);
}

// Whose call it was, for the logs of the host.
void sign(Effect& effect, const std::string& request_id) {
  if (auto* start = std::get_if<StartEffect>(&effect)) start->spec.request_id = request_id;
  if (auto* stop = std::get_if<StopEffect>(&effect)) stop->wish.request_id = request_id;
  if (auto* reboot = std::get_if<RebootEffect>(&effect)) reboot->request_id = request_id;
}
}  // namespace

class Head::Planning final : public Tx {
 public:
  Planning(Head& head, const Actor& actor, base::WallTime now, bool may_begin)
      : head_(head), actor_(actor), now_(now), may_begin_(may_begin) {}

  const domain::State& state() const override { return head_.state_; }
  base::WallTime now() const override { return now_; }
  base::Random& random() override { return head_.random_; }
  const Actor& actor() const override { return actor_; }
  void effect(Effect effect) override {
    sign(effect, actor_.request_id);
    head_.open_.effects.push_back(std::move(effect));
  }

  base::Status attempt(const std::function<base::Status()>& part) override {
    const auto mark = head_.mark();
    auto status = part();
    if (!status) head_.back_to(mark);
    return status;
  }
  bool may_begin() const override { return may_begin_; }

  void put(store::Change change) override {
    if (auto* entry = std::get_if<store::Put<domain::Entry>>(&change)) entry->row = numbered(*entry->row);
    if (auto* audit = std::get_if<store::Put<domain::Audit>>(&change)) {
      auto row = *audit->row;
      row.number = head_.state_.last_audit + 1;
      audit->row = std::make_shared<const domain::Audit>(std::move(row));
    }
    head_.open_.undo.push_back(store::apply(head_.state_, change));
    head_.open_.changes.push_back(std::move(change));
  }

  void audit(std::string action, std::string target, std::string reason) override {
    domain::Audit row{0,
                      now_,
                      actor_.who,
                      actor_.via,
                      actor_.request_id,
                      std::move(action),
                      std::move(target),
                      std::move(reason)};
    save(std::move(row));
  }

 private:
  // Next number, and the hash over the previous entry's and this one, so that nothing can be taken out
  // unseen.
  domain::RowPtr<domain::Entry> numbered(domain::Entry entry) const {
    CHECK(entry.amount.nano > 0, "an entry moves money");
    entry.number = head_.state_.last_entry + 1;
    entry.chain.clear();
    entry.chain = base::sha256_hex(head_.state_.last_chain + store::json_text(entry));
    return std::make_shared<const domain::Entry>(std::move(entry));
  }

  Head& head_;
  const Actor& actor_;
  base::WallTime now_;
  bool may_begin_;
};

Head::Mark Head::mark() const { return {open_.changes.size(), open_.effects.size(), open_.undo.size()}; }

void Head::back_to(const Mark& mark) {
  roll_back(open_.undo, mark.undo);
  open_.undo.resize(mark.undo);
  open_.changes.resize(mark.changes);
  open_.effects.resize(mark.effects);
}

base::Status Head::run(const Actor& actor, Engine::Plan& plan, base::WallTime now,
                       const std::string& degraded) {
  const auto before = mark();
  Planning tx(*this, actor, now, degraded.empty());
  base::Status status;
  try {
    status = plan(tx);
  } catch (const std::exception& e) {
    base::log::error("a command failed unexpectedly", {{"what", e.what()}, {"request", actor.request_id}});
    status = base::fail(base::Fault::kInternal, "InternalError", "An internal error has occurred");
  }
  if (status && !degraded.empty() &&
      std::any_of(open_.effects.begin() + static_cast<std::ptrdiff_t>(before.effects), open_.effects.end(),
                  begins_something))
    status = base::fail(base::Fault::kUnavailable, "ServiceUnavailable", degraded);
  if (status) {
    newest_ = std::max(newest_, now);
  } else {
    back_to(before);
  }
  return status;
}

namespace {
// What the store need not write: rows that a later change of the same batch replaces or erases.
template <class Row>
bool is_newest(std::set<std::pair<std::string_view, std::string>>& seen, const domain::Key<Row>& key) {
  if constexpr (requires { key.str(); })
    return seen.emplace(store::Fields<Row>::kTable, key.str()).second;
  else
    return seen.emplace(store::Fields<Row>::kTable, key).second;
}
struct Newest {
  std::set<std::pair<std::string_view, std::string>>& seen;
  bool operator()(const store::Put<domain::Entry>&) const { return true; }
  bool operator()(const store::Put<domain::Audit>&) const { return true; }
  template <class Row>
  bool operator()(const store::Put<Row>& put) const {
    return is_newest<Row>(seen, put.row->key());
  }
  template <class Row>
  bool operator()(const store::Erase<Row>& erase) const {
    return is_newest<Row>(seen, erase.key);
  }
};

void keep_newest(store::Batch& changes) {
  std::set<std::pair<std::string_view, std::string>> seen;
  store::Batch kept;
  kept.reserve(changes.size());
  for (auto at = changes.rbegin(); at != changes.rend(); ++at)
    if (std::visit(Newest{seen}, *at)) kept.push_back(std::move(*at));
  std::ranges::reverse(kept);
  changes = std::move(kept);
}
}  // namespace

HeadBatch Head::take() {
  if (!open_.changes.empty()) {
    auto mark =
        std::make_shared<const domain::Setting>(domain::Setting{kHighWater, std::to_string(newest_.ms)});
    store::Change change = store::Put<domain::Setting>{std::move(mark)};
    open_.undo.push_back(store::apply(state_, change));
    open_.changes.push_back(std::move(change));
    keep_newest(open_.changes);
  }
  return std::exchange(open_, {});
}

void Head::undo(const HeadBatch& batch) {
  roll_back(open_.undo, 0);
  open_ = {};
  roll_back(batch.undo, 0);
}

void Head::roll_back(const std::vector<store::Undo>& undo, std::size_t keep) {
  for (auto at = undo.size(); at > keep; --at) store::undo(state_, undo[at - 1]);
}

base::WallTime Head::high_water(const domain::State& state) {
  const auto* mark = state.find<domain::Setting>(kHighWater);
  return mark == nullptr ? base::WallTime{} : base::WallTime{std::stoll(mark->value)};
}

}  // namespace stipend::control
