// Delivers the outbox (control/commands/mails.hpp) on a thread of its own: each mail at least once, those of one recipient in
// their order. A mail counts as delivered when the SMTP server took it and that was committed; a crash between sends it again.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "app/smtp.hpp"
#include "base/clock.hpp"
#include "control/engine.hpp"

namespace stipend::app {

class MailSender {
 public:
  MailSender(control::Engine& engine, const base::Clock& clock, SmtpServer server);
  ~MailSender();  // within a second or so, and before the engine stops; a mail under way goes out after the next start
  MailSender(const MailSender&) = delete;
  MailSender& operator=(const MailSender&) = delete;

 private:
  void run();
  bool pause();  // false: end
  std::vector<domain::RowPtr<domain::Mail>> due();
  void deliver(const domain::Mail& mail);

  control::Engine& engine_;
  const base::Clock& clock_;
  const SmtpServer server_;
  std::mutex mutex_;
  std::condition_variable ends_;
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

}  // namespace stipend::app
