// What sshd says, as structured lines of the server's log: who came in with which key, and to which machine. Names that
// strangers try are theirs, not ours: such lines are kept at the level of debugging.
#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "app/jump_keys.hpp"
#include "base/log.hpp"
#include "control/await.hpp"

namespace stipend::app {
namespace {

namespace asio = boost::asio;
namespace log = base::log;

constexpr std::size_t kLineMax = 1024;

struct Owner {
  std::string instance, account;
};

// The word behind `before`, or "".
std::string word_after(std::string_view line, std::string_view before) {
  const auto at = line.find(before);
  if (at == std::string_view::npos) return "";
  const auto rest = line.substr(at + before.size());
  return std::string(rest.substr(0, rest.find_first_of(" ,")));
}

}  // namespace

net::awaitable<void> JumpKeys::log_line(std::string line) {
  if (line.starts_with("Accepted publickey")) {
    const std::string fingerprint = word_after(line, "SHA256:");
    std::string accounts;
    for (const auto& [pid, connection] : connections_)
      if (connection.fingerprint == "SHA256:" + fingerprint) {
        accounts.clear();
        for (const auto& id : connection.accounts) accounts += (accounts.empty() ? "" : " ") + id.str();
      }
    log::info("ssh sign-in", {{"account", accounts}, {"peer", word_after(line, " from ")}, {"port", word_after(line, " port ")}, {"fingerprint", "SHA256:" + fingerprint}});
  } else if (line.contains("connect_next()") && line.contains(" in progress")) {  // only what was permitted comes so far
    const auto open = line.find("(["), close = line.find(']', open);
    const std::string address = close == std::string::npos ? "" : line.substr(open + 2, close - open - 2);
    const auto owner = co_await control::read<Owner>(engine_, {}, [address](const domain::State& state, base::WallTime) -> base::Result<Owner> {
      for (const auto& id : state.with_run)
        if (const auto* row = state.find<domain::Instance>(id); row && (address == row->private_address || address == row->public_address))
          return Owner{id.str(), row->account.str()};
      return Owner{};
    });
    if (owner) log::info("ssh to a machine", {{"instance", owner->instance}, {"account", owner->account}, {"via", "jump"}});
  } else if (line.starts_with("Received request from ") && line.contains("denied")) {
    log::warn("ssh to something else was refused", {{"peer", word_after(line, " from ")}, {"port", word_after(line, " port ")}, {"target", word_after(line, " to connect to host ")}});
  } else if (line.starts_with("fatal:") || line.starts_with("error:")) {
    log::warn("sshd", {{"line", line}});
  } else {
    log::debug("sshd", {{"line", line}});
  }
}

net::awaitable<void> JumpKeys::read_log() {
  asio::posix::stream_descriptor from(co_await asio::this_coro::executor, sockets_.log);
  std::string line;
  bool skipping = false;
  for (char bytes[4096];;) {
    boost::system::error_code error;
    const auto got = co_await from.async_read_some(asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    for (const char c : std::string_view(bytes, got)) {
      if (c == '\n') {
        while (!line.empty() && line.back() == '\r') line.pop_back();
        if (!skipping && !line.empty()) co_await log_line(std::move(line));
        line.clear();
        skipping = false;
      } else if (line.size() < kLineMax) {
        line += c;
      } else {
        skipping = true;
      }
    }
  }
}

}  // namespace stipend::app
