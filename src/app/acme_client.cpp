#include "app/acme_client.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <sstream>

#include "app/child.hpp"

namespace stipend::app {
namespace {

constexpr std::size_t kMaxEnvironmentBytes = 64 * 1024, kMaxEnvironmentLines = 100, kMaxWords = 600;
constexpr rlim_t kMaxFileBytes = 16 << 20, kMaxFiles = 512, kMaxCpuS = 120;

bool is_variable(std::string_view name) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
  return !name.empty() && name.find_first_not_of(kLetters) == std::string_view::npos && (name[0] < '0' || name[0] > '9');
}

std::string take(std::vector<std::string>& environment, std::string_view name) {
  for (auto at = environment.begin(); at != environment.end(); ++at)
    if (at->size() > name.size() && at->starts_with(name) && (*at)[name.size()] == '=') {
      std::string value = at->substr(name.size() + 1);
      environment.erase(at);
      return value;
    }
  return "";
}

// The child's words on its way to exec; the keeper reads them as the client's.
[[noreturn]] void give_up(const char* what) {
  dprintf(STDERR_FILENO, "%s: %s\n", what, std::strerror(errno));
  _exit(127);
}

void narrow_view(const AcmeFolders& folders) {
  if (unshare(CLONE_NEWNS) != 0) give_up("unshare the mount namespace");
  if (mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) give_up("make mounts private");
  for (const auto& folder : {folders.own, folders.challenges})
    if (mount(folder.c_str(), folder.c_str(), nullptr, MS_BIND, nullptr) != 0) give_up("bind a folder of the client");
  mount_attr shut{}, open{};
  shut.attr_set = MOUNT_ATTR_RDONLY;
  open.attr_clr = MOUNT_ATTR_RDONLY;
  if (mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &shut, sizeof shut) != 0) give_up("make mounts read-only");
  for (const auto& folder : {folders.own, folders.challenges})
    if (mount_setattr(AT_FDCWD, folder.c_str(), 0, &open, sizeof open) != 0) give_up("make a folder of the client writable");
  for (int capability = 0; capability <= CAP_LAST_CAP; ++capability)  // uid 0 keeps at exec what the bounding set has: nothing
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0 && errno != EINVAL) give_up("drop capabilities");
}

[[noreturn]] void become_client(const AcmeCommand& command, const AcmeFolders& folders, int output) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  setsid();
  const int input = open("/dev/null", O_RDONLY);
  dup2(input, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  close_range(3, ~0U, 0);
  for (const auto& [what, most] : {std::pair{RLIMIT_CORE, rlim_t{0}}, {RLIMIT_FSIZE, kMaxFileBytes}, {RLIMIT_NOFILE, kMaxFiles}, {RLIMIT_CPU, kMaxCpuS}}) {
    const rlimit limit{most, most};
    setrlimit(what, &limit);
  }
  umask(022);
  if (geteuid() == 0) narrow_view(folders);
  if (chdir(folders.own.c_str()) != 0) give_up("enter the client's folder");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) give_up("forbid new privileges");
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const auto pointers = [](const std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (const auto& text : texts) out.push_back(const_cast<char*>(text.c_str()));
    out.push_back(nullptr);
    return out;
  };
  execve(command.words[0].c_str(), pointers(command.words).data(), pointers(command.environment).data());
  give_up("start the ACME client");
}

}  // namespace

std::vector<std::string> acme_names(const Config& config) {
  std::vector<std::string> names = {config.name};
  if (config.acme_method == "dns-01" && config.machine_ports.empty()) names.push_back("*." + config.name);
  return names;
}

base::Result<std::vector<std::string>> parse_environment(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream lines(text);
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    const auto wrong = [&](const char* what) {
      return base::fail(base::Fault::kInvalid, "InvalidEnvironment", fmt::format("line {}: {}", number, what));  // never the line: it may be a secret
    };
    const auto equals = line.find('=');
    if (equals == std::string::npos || !is_variable(std::string_view(line).substr(0, equals))) return wrong("write NAME=VALUE");
    if (line.find('\0') != std::string::npos || line.back() == '\r') return wrong("has a character that no value has; save the file with Unix line ends");
    if (out.size() >= kMaxEnvironmentLines) return wrong("at most 100 variables");
    out.push_back(std::move(line));
  }
  return out;
}

base::Result<std::vector<std::string>> read_environment(const std::string& file) {
  if (file.empty()) return std::vector<std::string>{};
  const auto wrong = [&](const std::string& what) {
    return base::fail(base::Fault::kInvalid, "InvalidEnvironment", fmt::format("[acme] environment {}: {}", file, what));
  };
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return wrong(std::strerror(errno));
  struct stat kind{};
  std::string text(kMaxEnvironmentBytes + 1, '\0');
  fstat(fd, &kind);
  const auto got = S_ISREG(kind.st_mode) ? read(fd, text.data(), text.size()) : -1;
  close(fd);
  if (got < 0) return wrong("is not a file");
  if (kind.st_uid != geteuid() || (kind.st_mode & 077) != 0) return wrong(fmt::format("others may read it, and it has secrets: `chown root {0} && chmod 600 {0}`", file));
  if (got > static_cast<ssize_t>(kMaxEnvironmentBytes)) return wrong("is larger than 64 KiB");
  text.resize(static_cast<std::size_t>(got));
  auto parsed = parse_environment(text);
  if (!parsed) return wrong(parsed.error().message);
  return parsed;
}

AcmeCommand acme_command(const Config& config, const AcmeFolders& folders, const AcmeClient& client, std::vector<std::string> environment,
                         bool registered) {
  AcmeCommand out;
  auto& words = out.words;
  words = {client.program, "--path", folders.own, "--server", config.acme_directory, "--email", config.acme_email, "--accept-tos"};
  const auto kid = take(environment, "EAB_KID"), hmac = take(environment, "EAB_HMAC");
  const bool bound = !kid.empty() && !hmac.empty();
  if (bound) words.emplace_back("--eab");  // always: the client stops at an authority that wants it, registered or not
  const bool registers = bound && !registered;
  if (registers && !client.eab_by_environment) words.insert(words.end(), {"--kid", kid, "--hmac", hmac});
  for (const auto& name : acme_names(config)) words.insert(words.end(), {"--domains", name});
  if (config.acme_method == "http-01") {
    words.insert(words.end(), {"--http", "--http.webroot", folders.challenges});
  } else {
    words.insert(words.end(), {"--dns", config.acme_dns_provider});
    if (!config.acme_dns_resolver.empty()) words.insert(words.end(), {"--dns.resolvers", config.acme_dns_resolver, "--dns.disable-cp"});
  }
  words.push_back("run");
  out.environment = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + folders.own, "TMPDIR=" + folders.own, "LANG=C.UTF-8"};
  if (!config.acme_ca_certificate.empty()) out.environment.push_back("LEGO_CA_CERTIFICATES=" + config.acme_ca_certificate);
  if (registers && client.eab_by_environment) out.environment.insert(out.environment.end(), {"LEGO_EAB_KID=" + kid, "LEGO_EAB_HMAC=" + hmac});
  out.environment.insert(out.environment.end(), environment.begin(), environment.end());
  return out;
}

bool acme_registered(const Config& config, const AcmeFolders& folders) {
  std::string_view authority = config.acme_directory;
  authority.remove_prefix(std::min(authority.size(), authority.find("://") + 3));
  std::string host(authority.substr(0, authority.find('/')));
  std::ranges::replace(host, ':', '_');  // as the client names its folders
  return access(fmt::format("{}/accounts/{}/{}/account.json", folders.own, host, config.acme_email).c_str(), F_OK) == 0;
}

base::Result<AcmeClient> find_acme_client() {
  for (const char* place : {"/usr/bin/lego", "/usr/local/bin/lego"}) {
    if (access(place, X_OK) != 0) continue;
    TRY_ASSIGN(const auto help, catch_program({place, "--help"}));
    return AcmeClient{place, help.output.contains("LEGO_EAB_HMAC")};
  }
  return base::fail(base::Fault::kInvalid, "NoAcmeClient", "[acme] needs the ACME client lego, and it is not installed: `apt install lego`");
}

base::Result<AcmeRun> start_acme(const AcmeCommand& command, const AcmeFolders& folders) {
  AcmeRun run;
  run.output = memfd_create("acme", MFD_CLOEXEC);
  if (run.output < 0) return base::fail_errno("make a memory file", errno);
  run.pid = fork();
  if (run.pid == 0) become_client(command, folders, run.output);
  if (run.pid < 0) {
    const int error = errno;
    close(run.output);
    return base::fail_errno("start the ACME client", error);
  }
  return run;
}

std::string last_words(int output) {
  constexpr off_t kTail = 8192;
  std::string text(kTail, '\0');
  const off_t size = lseek(output, 0, SEEK_END);
  const auto got = pread(output, text.data(), text.size(), std::max<off_t>(0, size - kTail));
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(0, got)));
  // What went wrong stands last, except before the stack of a client that gave up.
  std::string_view said = text;
  if (const auto panic = said.rfind("panic: "); panic != std::string_view::npos) said = said.substr(panic).substr(0, said.substr(panic).find("\n\n"));
  std::string line;
  for (const unsigned char c : said) {
    const char kept = c < 0x20 || c == 0x7f ? ' ' : static_cast<char>(c);
    if (kept != ' ' || (!line.empty() && line.back() != ' ')) line.push_back(kept);
  }
  if (line.size() > kMaxWords) line = "…" + line.substr(line.size() - kMaxWords);
  return line;
}

}  // namespace stipend::app
