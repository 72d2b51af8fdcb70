#include "app/smtp.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <memory>
#include <string_view>

namespace stipend::app {
namespace {

constexpr long kConnectSeconds = 10, kAllSeconds = 60;

struct Rest {
  std::string_view text;
};

std::size_t read_rest(char* into, std::size_t size, std::size_t count, void* data) {
  auto& rest = *static_cast<Rest*>(data);
  const auto some = std::min(size * count, rest.text.size());
  std::memcpy(into, rest.text.data(), some);
  rest.text.remove_prefix(some);
  return some;
}

int is_given_up(void* give_up, curl_off_t, curl_off_t, curl_off_t, curl_off_t) { return *static_cast<const std::atomic<bool>*>(give_up) ? 1 : 0; }

base::Result<std::string> read_password(const std::string& path) {
  std::ifstream file(path);
  std::string password;
  if (!file || !std::getline(file, password))
    return base::fail(base::Fault::kUnavailable, "NoPassword", fmt::format("[mail] password_file {} cannot be read by the server's user", path));
  return password;
}

// Refused by the server in words that time does not change. A refusal to sign in or to talk at all is the operator's to cure.
bool is_for_good(CURLcode code, long reply) { return (code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR) && (reply / 10 == 55 || reply == 501); }

}  // namespace

control::MailOutcome send_mail(const SmtpServer& server, const std::string& to, const std::string& message, const std::atomic<bool>& give_up) {
  static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  const std::unique_ptr<CURL, void (*)(CURL*)> easy(ready ? curl_easy_init() : nullptr, curl_easy_cleanup);
  if (!easy) return {false, false, "libcurl could not be started"};
  const std::unique_ptr<curl_slist, void (*)(curl_slist*)> recipients(curl_slist_append(nullptr, ("<" + to + ">").c_str()), curl_slist_free_all);
  const auto sender = "<" + server.from + ">";
  std::array<char, CURL_ERROR_SIZE> why{};
  Rest rest{message};
  const auto set = [&](CURLoption option, auto value) { curl_easy_setopt(easy.get(), option, value); };
  set(CURLOPT_URL, server.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  set(CURLOPT_PROXY, "");  // the environment's is for other things
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  set(CURLOPT_TIMEOUT, kAllSeconds);
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, &is_given_up);
  set(CURLOPT_XFERINFODATA, &give_up);
  set(CURLOPT_ERRORBUFFER, why.data());
  set(CURLOPT_MAIL_FROM, sender.c_str());
  set(CURLOPT_MAIL_RCPT, recipients.get());
  set(CURLOPT_UPLOAD, 1L);
  set(CURLOPT_READFUNCTION, &read_rest);
  set(CURLOPT_READDATA, &rest);
  if (server.user.empty()) {
    set(CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_TRY));
    if (server.url.starts_with("smtp://")) set(CURLOPT_SSL_VERIFYPEER, 0L), set(CURLOPT_SSL_VERIFYHOST, 0L);
  } else {
    const auto password = read_password(server.password_file);
    if (!password) return {false, false, password.error().message};
    set(CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
    set(CURLOPT_USERNAME, server.user.c_str());
    set(CURLOPT_PASSWORD, password->c_str());
  }
  const auto code = curl_easy_perform(easy.get());
  if (code == CURLE_OK) return {true, false, {}};
  long reply = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &reply);
  const std::string said = why[0] != '\0' ? why.data() : curl_easy_strerror(code);
  return {false, is_for_good(code, reply), reply > 0 ? fmt::format("{} (the server's last reply: {})", said, reply) : said};
}

}  // namespace stipend::app
