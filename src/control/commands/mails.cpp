#include "control/commands/mails.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace stipend::control {
namespace {

using domain::Mail;
using domain::MailState;

constexpr std::int64_t kFirstWaitS = 15, kLongestWaitS = 4 * 3600;
constexpr std::size_t kErrorLongest = 300;

bool is_one_of(char c, std::string_view more) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || more.find(c) != std::string_view::npos;
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::ranges::all_of(label, [](char c) { return is_one_of(c, "-"); });
}

// Later ones sort behind: the time, and a count within the millisecond.
std::string next_id(const domain::State& state, base::WallTime now) {
  const auto first = fmt::format("m-{:012x}00000", now.ms);
  if (state.mails.empty() || state.mails.rbegin()->first < first) return first;
  const auto& last = state.mails.rbegin()->first;
  const auto count = std::stoull(last.substr(14), nullptr, 16) + 1;
  return fmt::format("{}{:05x}", last.substr(0, 14), count);
}

std::int64_t wait_s(std::int64_t tries) { return std::min(kLongestWaitS, kFirstWaitS << std::min<std::int64_t>(tries - 1, 20)); }

}  // namespace

bool is_mail_address(std::string_view text) {
  const auto at = text.find('@');
  if (at == text.npos || at == 0 || at > 64 || text.size() > 254) return false;
  const auto name = text.substr(0, at);
  if (name.front() == '.' || name.back() == '.' || name.front() == '-' || name.find("..") != name.npos) return false;
  if (!std::ranges::all_of(name, [](char c) { return is_one_of(c, ".!#$%&'*+/=?^_`{|}~-"); })) return false;
  auto rest = text.substr(at + 1);
  for (auto dot = rest.find('.'); dot != rest.npos; dot = rest.find('.')) {
    if (!is_label(rest.substr(0, dot))) return false;
    rest.remove_prefix(dot + 1);
  }
  return is_label(rest);
}

std::string mail_key(std::string_view address) {
  std::string out(address);
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

bool put_mail(Tx& tx, NewMail mail) {
  const auto& mails = tx.state().mails;
  const auto hour_ago = fmt::format("m-{:012x}00000", std::max<std::int64_t>(0, tx.now().ms - 3'600'000));
  std::size_t lately = 0;
  for (auto at = mails.lower_bound(hour_ago); at != mails.end(); ++at)
    if (at->second->account == mail.account) ++lately;
  if (lately >= kMailsAnHour) return false;
  Mail row{.id = next_id(tx.state(), tx.now()),
           .account = mail.account,
           .to = std::move(mail.to),
           .subject = std::move(mail.subject),
           .text = std::move(mail.text),
           .about = std::move(mail.about),
           .created = tx.now(),
           .next_try = tx.now()};
  tx.save(std::move(row));
  return true;
}

std::vector<domain::RowPtr<Mail>> mails_due(const domain::State& state, base::WallTime now, std::size_t limit) {
  std::vector<domain::RowPtr<Mail>> out;
  std::set<std::string> seen;
  for (const auto& [id, mail] : state.mails) {
    if (mail->state != MailState::kWaiting || !seen.insert(mail_key(mail->to)).second) continue;
    if (mail->next_try <= now) out.push_back(mail);
    if (out.size() >= limit) break;
  }
  return out;
}

MailCount count_mails(const domain::State& state) {
  MailCount count;
  for (const auto& [id, mail] : state.mails) {
    if (mail->state == MailState::kWaiting) ++count.waiting;
    if (mail->state == MailState::kFailed) ++count.failed;
  }
  return count;
}

base::Status note_mail(Tx& tx, const std::string& id, const MailOutcome& outcome) {
  const auto* found = tx.state().find<Mail>(id);
  if (!found || found->state != MailState::kWaiting) return {};
  Mail mail = *found;
  ++mail.tries;
  mail.error = outcome.error.substr(0, kErrorLongest);
  if (outcome.delivered) mail.state = MailState::kSent, mail.error.clear();
  else if (outcome.for_good || mail.tries >= kMailTriesMost) mail.state = MailState::kFailed;
  else mail.next_try = tx.now().plus_seconds(wait_s(mail.tries));
  if (mail.state != MailState::kWaiting) tx.audit(outcome.delivered ? "mail-sent" : "mail-failed", mail.id, mail.about);
  tx.save(std::move(mail));
  return {};
}

void erase_mails(Tx& tx, const base::AccountId& account) {
  std::vector<std::string> theirs;
  for (const auto& [id, mail] : tx.state().mails)
    if (mail->account == account) theirs.push_back(id);
  for (const auto& id : theirs) tx.erase<Mail>(id);
}

void forget_mails(Tx& tx, std::size_t limit) {
  const auto before = fmt::format("m-{:012x}00000", std::max<std::int64_t>(0, tx.now().ms - kMailKeptS * 1000));
  std::vector<std::string> old;
  for (const auto& [id, mail] : tx.state().mails) {
    if (id >= before || old.size() >= limit) break;
    if (mail->state != MailState::kWaiting) old.push_back(id);
  }
  for (const auto& id : old) tx.erase<Mail>(id);
}

}  // namespace stipend::control
