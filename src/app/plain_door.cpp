#include "app/plain_door.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>

#include "base/log.hpp"

namespace stipend::app {
namespace {

constexpr std::string_view kChallenges = "/.well-known/acme-challenge/";
constexpr std::size_t kMaxToken = 128, kMaxAnswer = 1024;

net::Response plain(int status, std::string sentence) {
  auto response = net::text_response(status, std::move(sentence));
  response.headers.set("X-Content-Type-Options", "nosniff");
  response.headers.set("Cache-Control", "no-store");
  return response;
}

net::Response decide(const PlainDoor& door, const net::Request& head) {
  if (head.method != "GET" && head.method != "HEAD") return plain(403, "This port only leads to " + door.address.origin() + "\n");
  const auto path = head.path();
  if (path.starts_with(kChallenges)) {
    const auto answer = door.challenges.empty() ? std::nullopt : challenge_answer(door.challenges, path.substr(kChallenges.size()));
    if (!answer) return plain(404, "There is no such challenge.\n");
    auto response = plain(200, *answer);
    response.headers.set("Content-Type", "application/octet-stream");
    return response;
  }
  const auto target = gateway::target_of(door.origins, head.host());
  if (std::holds_alternative<gateway::Unknown>(target)) return plain(421, "This server does not serve that host name.\n");
  if (!door.has_certificate()) {
    auto response = plain(503, "This server is waiting for its certificate. Try again in a minute.\n");
    response.headers.set("Retry-After", "30");
    return response;
  }
  const auto* machine = std::get_if<gateway::Machine>(&target);
  const auto origin = machine ? door.address.machine_origin(machine->instance) : door.address.origin();
  return net::redirect_response(origin + head.target, 308);
}

net::awaitable<net::Decision> answer(std::shared_ptr<const PlainDoor> door, net::Request head) { co_return decide(*door, head); }

}  // namespace

net::Limits plain_limits() {
  net::Limits limits;
  limits.head_bytes = 8 * 1024;
  limits.connections = 1024;
  limits.connections_per_address = 256;
  limits.first_byte = limits.head = limits.idle = limits.stall = std::chrono::seconds(10);
  return limits;
}

net::HeadHandler plain_handler(PlainDoor door) {
  auto shared = std::make_shared<const PlainDoor>(std::move(door));
  return [shared](net::Request head) { return answer(shared, std::move(head)); };
}

std::optional<std::string> challenge_answer(const std::string& folder, std::string_view token) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  if (token.empty() || token.size() > kMaxToken || token.find_first_not_of(kLetters) != std::string_view::npos) return std::nullopt;
  const int file = open((folder + std::string(kChallenges) + std::string(token)).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0) return std::nullopt;
  struct stat kind{};
  std::string text(kMaxAnswer + 1, '\0');
  const bool regular = fstat(file, &kind) == 0 && S_ISREG(kind.st_mode);
  const auto got = regular ? read(file, text.data(), text.size()) : -1;
  close(file);
  if (got <= 0 || got > static_cast<ssize_t>(kMaxAnswer)) return std::nullopt;
  text.resize(static_cast<std::size_t>(got));
  return text;
}

}  // namespace stipend::app
