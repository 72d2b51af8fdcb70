// One mail to one recipient over SMTP. Blocks, for a minute at most: for a thread of its own.
//   With a user the server's certificate must be right, since the password goes there; without one, what the server offers is
//   taken, as mail servers do among themselves. smtps:// is always checked.
#pragma once

#include <atomic>
#include <string>

#include "control/commands/mails.hpp"

namespace stipend::app {

struct SmtpServer {
  std::string url;            // "smtp://HOST:PORT", "smtps://HOST:PORT"
  std::string from;
  std::string user;           // empty: none
  std::string password_file;  // read at each sending, so that it can be changed; its last line end does not count
};

// `message` as it goes over the wire. Comes back within a second once `give_up` is true.
control::MailOutcome send_mail(const SmtpServer& server, const std::string& to, const std::string& message, const std::atomic<bool>& give_up);

}  // namespace stipend::app
