#include "app/doctor.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "app/child.hpp"
#include "app/doctor_reach.hpp"
#include "app/jump_doctor.hpp"
#include "app/cli/client.hpp"
#include "app/privileges.hpp"

namespace stipend::app {
namespace {

namespace fs = std::filesystem;

void check_host(const Paths& paths, const Config& config, std::vector<Finding>& out) {
  if (geteuid() != 0) {
    out.push_back({"root", "warn", "not run as root: what machines need was not looked at", "`sudo stipend doctor`"});
    return;
  }
  std::vector<std::string> words = {paths.programs + "/stipend-host", "check", "--state", paths.state, "--egress", hostlink::encode(config)};
  if (!config.private_cidr.empty()) words.insert(words.end(), {"--private-cidr", config.private_cidr});
  if (!config.public_cidr.empty()) words.insert(words.end(), {"--public-cidr", config.public_cidr});
  const auto caught = catch_program(words);
  auto found = parse_findings(caught ? caught->output : "");
  if (!found) out.push_back({"stipend-host", "fail", "stipend-host did not answer its check", "build it: `make build`"});
  else out.insert(out.end(), found->begin(), found->end());
}

void check_user(const Config& config, std::vector<Finding>& out) {
  const auto user = find_user(config.user);
  if (user) out.push_back({"user", "ok", fmt::format("the server runs as user '{}'", config.user), ""});
  else out.push_back({"user", "fail", "the server has no user to run as", user.error().message});
}

void check_images(const Paths& paths, std::vector<Finding>& out) {
  int images = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(paths.images, error)) images += entry.path().extension() == ".erofs";
  if (images > 0) out.push_back({"images", "ok", fmt::format("{} machine image{} in {}", images, images == 1 ? "" : "s", paths.images), ""});
  else out.push_back({"images", "warn", fmt::format("no machine image in {}", paths.images), "`stipend image build course-python` (minutes)"});
}

// Of the server that runs, if one does: room that is promised to a course and cannot be given now.
void check_reservations(const Paths& paths, std::vector<Finding>& out) {
  const auto status = ask_server(paths, "status");
  if (!status || !status->contains("broken_reservations")) return;
  for (const auto& broken : (*status)["broken_reservations"])
    out.push_back({"room", "warn", escape_controls(broken.get<std::string>()), "`stipend room` shows who uses what; stop machines of other courses, or promise less"});
}

}  // namespace

std::optional<std::vector<Finding>> parse_findings(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_array()) return std::nullopt;
  std::vector<Finding> out;
  for (const auto& row : json) {
    if (!row.is_object()) return std::nullopt;
    out.push_back({row.value("check", ""), row.value("verdict", "fail"), row.value("sentence", ""), row.value("cure", "")});
  }
  return out;
}

std::vector<Finding> examine(const Paths& paths, const Config& config) {
  std::vector<Finding> out;
  if (config.provider == "lxc") check_host(paths, config, out);
  check_user(config, out);
  check_reach(paths, config, out);
  check_jump_host(config, out);
  check_images(paths, out);
  check_reservations(paths, out);
  return out;
}

std::string to_text(const std::vector<Finding>& findings) {
  std::string out;
  for (const auto& f : findings) {
    out += fmt::format("{:<5} {:<14} {}\n", f.level, f.check, f.sentence);
    if (f.level != "ok" && !f.cure.empty()) out += fmt::format("{:20}  -> {}\n", "", f.cure);
  }
  return out;
}

bool any_failed(const std::vector<Finding>& findings) {
  for (const auto& f : findings)
    if (f.level == "fail") return true;
  return false;
}

}  // namespace stipend::app
