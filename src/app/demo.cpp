#include "app/demo.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "app/address.hpp"
#include "app/cli/client.hpp"

namespace stipend::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kCourse = "demo";

struct Member {
  std::string name, role;
  std::string profile() const {
    std::string lower = name;
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return lower;
  }
};
const Member kMembers[] = {{"Grace", "teacher"}, {"Ada", "student"}, {"Alan", "student"}, {"Edsger", "student"}};

// The secrets are shown once, so the profiles file is also where the demo remembers them.
std::string read_text(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

bool write_private(const std::string& path, const std::string& text) {
  const std::string fresh = path + ".new";
  const int fd = open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  const bool written = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(fd) == 0;
  close(fd);
  // make run under sudo: the person who typed it reads the file.
  if (const char* user = std::getenv("SUDO_UID"); user && geteuid() == 0)
    if (chown(fresh.c_str(), static_cast<uid_t>(std::atol(user)), static_cast<gid_t>(-1)) != 0) return false;
  return written && rename(fresh.c_str(), path.c_str()) == 0;
}

std::string profile_text(const Config& config, const std::string& endpoint, const std::string& profile, const Json& keys) {
  return fmt::format(
      "[profile {}]\n# account {}\naws_access_key_id = {}\naws_secret_access_key = {}\nregion = {}\nendpoint_url = {}\noutput = json\n\n",
      profile, keys.value("account_id", ""), keys.value("access_key_id", ""), keys.value("secret_access_key", ""), config.region,
      endpoint);
}

// The profiles file with every endpoint_url set to where this server listens now.
std::string at_endpoint(const std::string& profiles, const std::string& endpoint) {
  std::istringstream lines(profiles);
  std::string out, one;
  while (std::getline(lines, one)) out += (one.starts_with("endpoint_url") ? "endpoint_url = " + endpoint : one) + "\n";
  return out;
}

base::Result<Json> find_account(const Json& accounts, const std::string& name) {
  for (const auto& account : accounts)
    if (account.value("name", "") == name && account.value("course", "") == kCourse) return account;
  return base::fail(base::Fault::kNotFound, "NoSuchAccount", name);
}

// The class page, and a course link when there is an image with Jupyter to open.
base::Status add_class(const Paths& paths, const Json& images, const std::string& endpoint, std::string& out) {
  out += fmt::format("\nThe class, as Grace: {}/class\n", endpoint);
  const auto course_image = std::ranges::find_if(images, [](const Json& image) { return image.value("name", "") == "course-python"; });
  if (course_image == images.end()) return {};
  TRY_ASSIGN(Json links, ask_server(paths, "link.list", {{"course", kCourse}}));
  if (links.empty()) {
    TRY_ASSIGN(const Json made, ask_server(paths, "link.create", {{"course", kCourse}, {"title", "First notebook"}, {"image", "course-python"},
                                                                  {"type", "t2.medium"}, {"path", "welcome.ipynb"}}));
    links.push_back(made);
  }
  out += fmt::format("A link for the course page, straight into a notebook: {}\n", links.front().value("url", ""));
  return {};
}

base::Status prepare(const Paths& paths, const Config& config, const std::string& listen, std::string& out) {
  const std::string endpoint = Address(config, listen).origin();
  const std::string file = paths.state + "/aws-config";
  TRY_ASSIGN(const Json courses, ask_server(paths, "course.list"));
  if (std::ranges::none_of(courses, [](const Json& c) { return c.value("name", "") == kCourse; }))
    TRY(ask_server(paths, "course.create", {{"name", kCourse}}));
  TRY_ASSIGN(const Json accounts, ask_server(paths, "account.list"));
  std::string profiles = at_endpoint(read_text(file), endpoint);
  for (const auto& member : kMembers) {
    Json account;
    if (auto found = find_account(accounts, member.name); found) {
      account = *found;
      TRY_ASSIGN(const Json link, ask_server(paths, "account.link", {{"account", account.value("account_id", "")}}));
      account["sign_in_url"] = link.value("sign_in_url", "");
    } else {
      TRY_ASSIGN(account, ask_server(paths, "account.create",
                                     {{"course", kCourse}, {"name", member.name}, {"role", member.role}, {"credit", "100"}}));
      profiles += profile_text(config, endpoint, member.profile(), account);
    }
    out += fmt::format("  {:<7} {:<8} {}\n", member.name, member.role, account.value("sign_in_url", ""));
  }
  if (!write_private(file, profiles)) return base::fail_errno("write " + file, errno);
  TRY_ASSIGN(const Json images, ask_server(paths, "image.list"));
  TRY(add_class(paths, images, endpoint, out));
  std::error_code error;
  std::string shown = fs::proximate(file, fs::current_path(error), error).string();
  if (shown.starts_with("..")) shown = file;
  out += fmt::format("\nThe AWS command line, as Ada:\n  export AWS_CONFIG_FILE={}\n"
                     "  alias aws='aws --endpoint-url {}'    # for a CLI older than 2.13 or 1.29 (Debian 12's is)\n"
                     "  aws --profile ada ec2 describe-instances\n", shown, endpoint);
  if (!images.empty())
    out += fmt::format(
        "  aws --profile ada ec2 create-key-pair --key-name k --query KeyMaterial --output text > k.pem; chmod 600 k.pem\n"
        "  aws --profile ada ec2 run-instances --image-id {} --instance-type t2.medium --key-name k\n",
        images.back().value("image_id", ""));
  return {};
}

}  // namespace

int set_up_demo(const Paths& paths, const Config& config, const std::string& listen) {
  std::string out = "\nStipend runs. Open a link; each signs in as one person, once:\n\n";
  if (const auto made = prepare(paths, config, listen, out); !made) {
    fmt::print(stderr, "stipend: the demo course could not be made: {}\n", made.error().message);
    return 1;
  }
  fmt::print("{}\nCtrl-C stops the machines (disks are kept) and the server.\n", out);
  std::fflush(stdout);
  return 0;
}

}  // namespace stipend::app
