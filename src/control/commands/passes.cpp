#include "control/commands/passes.hpp"

#include <algorithm>

#include "base/digest.hpp"
#include "control/commands/common.hpp"
#include "control/commands/instances.hpp"

namespace stipend::control {
namespace {

using base::Fault;
using domain::PassKind;

constexpr std::size_t kSecretDigits = 32;  // 128 bits

std::unexpected<base::Error> refused() {
  return base::fail(Fault::kDenied, "PassRefused", "This link or session is not valid any more; ask for a new one");
}

struct Fresh {
  std::string secret;
  domain::Pass pass;
};

Fresh make_pass(Tx& tx, PassKind kind, const base::AccountId& account, std::int64_t lives_s) {
  Fresh fresh;
  fresh.secret = base::random_hex(tx.random(), kSecretDigits);
  fresh.pass.hash = base::sha256_hex(fresh.secret);
  fresh.pass.kind = kind;
  fresh.pass.account = account;
  fresh.pass.created = fresh.pass.seen = tx.now();
  fresh.pass.expires = tx.now().plus_seconds(lives_s);
  return fresh;
}

bool lives(const domain::State& state, base::WallTime now, const domain::Pass& pass) {
  if (pass.expires <= now) return false;
  if (pass.parent.empty()) return true;
  const auto* parent = state.find<domain::Pass>(pass.parent);
  return parent && parent->expires > now;
}

Actor as(const domain::State& state, const base::AccountId& account) {
  Actor actor;
  actor.account = account;
  if (const auto* row = state.find<domain::Account>(account)) actor.role = row->role;
  return actor;
}

}  // namespace

const domain::Pass* find_pass(const domain::State& state, base::WallTime now, PassKind kind, const std::string& secret) {
  if (secret.size() != kSecretDigits) return nullptr;
  const auto hash = base::sha256_hex(secret);
  const auto* pass = state.find<domain::Pass>(hash);
  return pass && base::same_secret(pass->hash, hash) && pass->kind == kind && lives(state, now, *pass) ? pass : nullptr;
}

base::Result<std::string> new_sign_in_token(Tx& tx, const base::AccountId& account) {
  const auto* row = tx.state().find<domain::Account>(account);
  if (!row || !may_act_for(tx.state(), tx.actor(), account))
    return base::fail(Fault::kNotFound, "NoSuchAccount", "there is no account " + account.str());
  if (row->role == domain::Role::kCourse)
    return base::fail(Fault::kConflict, "CourseAccount", "account " + account.str() + " is the course's own; nobody signs in to it");
  if (!tx.state().find<domain::Person>(row->person))
    return base::fail(Fault::kConflict, "PersonErased", "the person of account " + account.str() + " was erased; invite them again instead");
  end_passes(tx, {account}, PassKind::kSignInLink);
  return make_sign_in_link(tx, account);
}

std::string make_sign_in_link(Tx& tx, const base::AccountId& account) {
  auto fresh = make_pass(tx, PassKind::kSignInLink, account, kSignInSeconds);
  tx.save(std::move(fresh.pass));
  tx.audit("new-sign-in-link", account.str(), {});
  return fresh.secret;
}

std::string random_word(base::Random& random, std::string_view signs, std::size_t length) {
  const auto fair = 256 / signs.size() * signs.size();
  std::string word;
  while (word.size() < length) {
    unsigned char byte = 0;
    random.fill(&byte, 1);
    if (byte < fair) word += signs[byte % signs.size()];
  }
  return word;
}

SessionMade make_session(Tx& tx, const base::AccountId& account) {
  auto fresh = make_pass(tx, PassKind::kSession, account, kSessionSeconds);
  const auto expires = fresh.pass.expires;
  tx.save(std::move(fresh.pass));
  domain::Account row = *tx.state().find<domain::Account>(account);
  if (row.status != domain::AccountStatus::kSuspended) row.status = domain::AccountStatus::kJoined;
  row.seen = tx.now();
  tx.save(std::move(row));
  tx.audit("sign-in", account.str(), {});
  return SessionMade{fresh.secret, account, expires};
}

void end_passes(Tx& tx, const std::set<base::AccountId>& accounts, std::optional<PassKind> kind) {
  std::vector<std::string> ended;
  for (const auto& [hash, pass] : tx.state().passes)
    if ((!kind || pass->kind == *kind) && accounts.contains(pass->account)) ended.push_back(hash);
  for (auto& hash : ended) tx.erase<domain::Pass>(std::move(hash));
}

base::Result<std::string> peek_sign_in(const domain::State& state, base::WallTime now, const std::string& token) {
  const auto* pass = find_pass(state, now, PassKind::kSignInLink, token);
  const auto* account = pass ? state.find<domain::Account>(pass->account) : nullptr;
  const auto* person = account ? state.find<domain::Person>(account->person) : nullptr;
  if (!person) return refused();
  return person->name;
}

base::Result<SessionMade> redeem_sign_in(Tx& tx, const std::string& token) {
  const auto* pass = find_pass(tx.state(), tx.now(), PassKind::kSignInLink, token);
  if (!pass) return refused();
  const auto account = pass->account;
  tx.erase<domain::Pass>(pass->hash);
  return make_session(tx, account);
}

base::Result<base::AccountId> session_account(const domain::State& state, base::WallTime now, const std::string& secret) {
  const auto* pass = find_pass(state, now, PassKind::kSession, secret);
  if (!pass) return refused();
  return pass->account;
}

base::Status sign_out(Tx& tx, const std::string& secret) {
  if (const auto* pass = find_pass(tx.state(), tx.now(), PassKind::kSession, secret)) {
    const auto account = pass->account;
    tx.erase<domain::Pass>(pass->hash);  // its notebook sessions end with it
    tx.audit("sign-out", account.str(), {});
  }
  return {};
}

base::Result<std::string> make_notebook_ticket(Tx& tx, const std::string& session, const base::InstanceId& instance) {
  Actor actor = tx.actor();
  std::string parent;
  if (session.empty()) {
    if (!is_operator(actor)) return refused();
  } else {
    const auto* pass = find_pass(tx.state(), tx.now(), PassKind::kSession, session);
    if (!pass || is_suspended(tx.state(), pass->account)) return refused();
    parent = pass->hash;
    actor = as(tx.state(), pass->account);
  }
  TRY_ASSIGN(const auto row, visible_instance(tx.state(), actor, instance));
  if (row->state != domain::InstanceState::kRunning)
    return base::fail(Fault::kConflict, "IncorrectInstanceState",
                      "The instance '" + instance.str() + "' is not running; start it first.");
  auto fresh = make_pass(tx, PassKind::kNotebookTicket, actor.account.empty() ? row->account : actor.account, kTicketSeconds);
  fresh.pass.instance = instance;
  fresh.pass.parent = parent;
  tx.save(std::move(fresh.pass));
  tx.audit("open-notebook", instance.str(), {});
  return fresh.secret;
}

base::Result<SessionMade> redeem_notebook_ticket(Tx& tx, const std::string& ticket, const base::InstanceId& instance) {
  const auto* pass = find_pass(tx.state(), tx.now(), PassKind::kNotebookTicket, ticket);
  if (!pass || pass->instance != instance) return refused();
  auto fresh = make_pass(tx, PassKind::kNotebookSession, pass->account, kNotebookSessionSeconds);
  fresh.pass.instance = instance;
  fresh.pass.parent = pass->parent;
  const SessionMade made{fresh.secret, pass->account, fresh.pass.expires};
  tx.erase<domain::Pass>(pass->hash);
  tx.save(std::move(fresh.pass));
  return made;
}

base::Result<NotebookRoute> notebook_route(const domain::State& state, base::WallTime now, const std::string& secret,
                                           const base::InstanceId& instance) {
  const auto* pass = find_pass(state, now, PassKind::kNotebookSession, secret);
  if (!pass || pass->instance != instance) return refused();
  const auto* row = state.find<domain::Instance>(instance);
  if (!row || !may_act_for(state, as(state, pass->account), row->account)) return refused();
  if (row->state != domain::InstanceState::kRunning)
    return base::fail(Fault::kConflict, "IncorrectInstanceState",
                      "The instance '" + instance.str() + "' is not running; start it on the page of your machines.");
  return NotebookRoute{instance, row->generation, row->private_address, row->jupyter_token};
}

}  // namespace stipend::control
