// One run of the ACME client (lego): its words, its environment, and the narrow place it runs in: root without
// capabilities, who sees the computer read-only but for the client's own folder (its HOME and TMPDIR) and the challenges'
// folder, with limits on time and files. It talks to the authority and to DNS providers; we only read the
// two files it leaves and the end of what it said.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "app/config.hpp"
#include "base/result.hpp"

namespace stipend::app {

struct AcmeFolders {
  std::string own;         // STATE/acme, 0700: account, certificates
  std::string challenges;  // STATE/challenges, readable for the server
};

// NAME, and *.NAME where the method can have it (DNS-01).
std::vector<std::string> acme_names(const Config& config);

// Pure. `environment` of the operator's file: NAME=VALUE a line, `#` comments, at most 100 lines.
base::Result<std::vector<std::string>> parse_environment(const std::string& text);
// What the operator's file holds; it must be the owner's alone. "" names no file.
base::Result<std::vector<std::string>> read_environment(const std::string& file);

struct AcmeCommand {
  std::vector<std::string> words, environment;
};
// What this client can do.
struct AcmeClient {
  std::string program;
  bool eab_by_environment = false;  // takes the account binding's key from LEGO_EAB_KID and LEGO_EAB_HMAC (lego 4.14)
};

// Pure. EAB_KID and EAB_HMAC of the operator's environment bind the account that is being made to the institution's, and
// are used only while there is none (`registered`): in the client's environment, which root alone can read, or for a
// client that cannot take them there as words of its command line, which everybody on the computer can.
AcmeCommand acme_command(const Config& config, const AcmeFolders& folders, const AcmeClient& client, std::vector<std::string> environment,
                         bool registered);

// Whether an account at the authority lies in the client's folder already.
bool acme_registered(const Config& config, const AcmeFolders& folders);

// The client and what its help says that it can do, or how to get it. Runs it for a moment.
base::Result<AcmeClient> find_acme_client();

struct AcmeRun {
  pid_t pid = -1;
  int output = -1;  // a memory file; the reader closes it
};
base::Result<AcmeRun> start_acme(const AcmeCommand& command, const AcmeFolders& folders);
// The last words it said, one line, without control characters.
std::string last_words(int output);

}  // namespace stipend::app
