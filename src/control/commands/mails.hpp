// The outbox: a mail is put in the step that is its reason, and stays until it was delivered or given up. Mails of one
// recipient are delivered in their order.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/tx.hpp"

namespace stipend::control {

inline constexpr std::size_t kMailsAnHour = 20;  // of an account; what is more is not written, and the audit says so
inline constexpr std::int64_t kMailTriesMost = 16;  // over a day
inline constexpr std::int64_t kMailKeptS = 7 * 86'400;  // a delivered or given up one, to be looked up

// NAME@DOMAIN of plain letters, digits and .!#$%&'*+/=?^_`{|}~- : nothing that a header or an SMTP command could take for its own.
bool is_mail_address(std::string_view text);
// Two addresses with the same key are one mailbox to us: lower case.
std::string mail_key(std::string_view address);

struct NewMail {
  base::AccountId account;  // on whose behalf
  std::string to, subject, text, about;
};
// False: the account's limit is reached, and nothing was put.
bool put_mail(Tx& tx, NewMail mail);

// What is due now: of each recipient the oldest waiting mail, when its time has come; at most `limit`.
std::vector<domain::RowPtr<domain::Mail>> mails_due(const domain::State& state, base::WallTime now, std::size_t limit);

struct MailCount {
  std::size_t waiting = 0, failed = 0;
};
MailCount count_mails(const domain::State& state);

struct MailOutcome {
  bool delivered = false;
  bool for_good = false;  // refused for ever: not tried again
  std::string error;
};
// After a try. A mail that is not there any more is nobody's error.
base::Status note_mail(Tx& tx, const std::string& id, const MailOutcome& outcome);

// All that were written on behalf of the account.
void erase_mails(Tx& tx, const base::AccountId& account);
// Erases what is older than kMailKeptS; at most `limit` rows.
void forget_mails(Tx& tx, std::size_t limit = 500);

}  // namespace stipend::control
