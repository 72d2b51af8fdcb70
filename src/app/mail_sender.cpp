#include "app/mail_sender.hpp"

#include <future>

#include "app/mail_message.hpp"
#include "base/log.hpp"

namespace stipend::app {
namespace {

constexpr auto kLookEvery = std::chrono::seconds(1);
constexpr std::size_t kMailsALook = 50;

control::Actor actor() { return {.who = "mail", .via = "clock", .request_id = {}, .account = {}}; }

}  // namespace

MailSender::MailSender(control::Engine& engine, const base::Clock& clock, SmtpServer server)
    : engine_(engine), clock_(clock), server_(std::move(server)), thread_([this] { run(); }) {}

MailSender::~MailSender() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  ends_.notify_all();
  thread_.join();
}

bool MailSender::pause() {
  std::unique_lock lock(mutex_);
  return !ends_.wait_for(lock, kLookEvery, [this] { return ending_.load(); });
}

std::vector<domain::RowPtr<domain::Mail>> MailSender::due() {
  std::vector<domain::RowPtr<domain::Mail>> found;
  std::promise<base::Status> answered;
  engine_.read(
      actor(),
      [&found](const domain::State& state, base::WallTime now) -> base::Status {
        found = control::mails_due(state, now, kMailsALook);
        return {};
      },
      [&answered](base::Status status) { answered.set_value(std::move(status)); });
  if (!answered.get_future().get()) return {};
  return found;
}

void MailSender::deliver(const domain::Mail& mail) {
  const auto outcome = send_mail(server_, mail.to, mail_message(mail, server_.from, clock_.wall()), ending_);
  if (ending_ && !outcome.delivered) return;  // not a try: it is as it was at the next start
  // Not the recipient: logs name no people.
  if (!outcome.delivered) base::log::warn("a mail was not delivered", {{"mail", mail.id}, {"for_good", outcome.for_good}, {"why", outcome.error}});
  std::promise<base::Status> answered;
  engine_.submit(
      actor(), [id = mail.id, outcome](control::Tx& tx) { return control::note_mail(tx, id, outcome); },
      [&answered](base::Status status) { answered.set_value(std::move(status)); });
  const auto noted = answered.get_future().get();
  if (!noted) base::log::warn("what became of a mail was not written; it is sent again", {{"mail", mail.id}, {"why", noted.error().message}});
}

void MailSender::run() {
  while (pause())
    for (const auto& mail : due()) {
      if (ending_) return;
      deliver(*mail);
    }
}

}  // namespace stipend::app
