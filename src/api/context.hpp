// Context: all that an operation may use: who asks, and the parts of the server. Made by Api for one request;
// operations take it by value. An operation checks its request, runs at most a few engine commands or reads
// (through control::run and control::read), and turns rows into the answer off the engine's strand.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "api/describe/cursor.hpp"
#include "api/keys/workers.hpp"
#include "api/settings.hpp"
#include "aws/call.hpp"
#include "base/time.hpp"
#include "control/engine.hpp"

namespace stipend::api {

// The newest bytes of a machine's console; `done` once, from any thread.
using ConsoleDone = std::function<void(base::Result<std::string>)>;
using ReadConsole = std::function<void(base::InstanceId, ConsoleDone)>;
// The secret of an access key, unsealed. Any thread; the result is never logged.
using OpenSecret = std::function<base::Result<std::string>(const domain::AccessKey&)>;

// What the ledger says of these accounts: the days that began in [from, until), or the entries made in it, by account and
// then in their order. Off the engine's strand; `done` once, from any thread.
using UsageDone = std::function<void(base::Result<std::vector<domain::UsageDay>>)>;
using ReadUsage = std::function<void(std::vector<base::AccountId> accounts, base::WallTime from, base::WallTime until, UsageDone)>;
using EntriesDone = std::function<void(base::Result<std::vector<domain::Entry>>)>;
using ReadEntries = std::function<void(std::vector<base::AccountId> accounts, base::WallTime from, base::WallTime until, EntriesDone)>;

class InstanceTexts;

// What the server is made of, as far as this folder uses it. Outlives every request.
struct Parts {
  control::Engine& engine;
  const base::Clock& clock;
  base::Random& random;  // safe for any thread
  OpenSecret open_secret;
  ReadConsole read_console;
  Settings settings;
  Cursors::Key cursor_key{};  // kept by the caller, so that page tokens survive a restart
  ReadUsage read_usage{};
  ReadEntries read_entries{};
};

struct Context {
  const Parts* parts = nullptr;
  const Cursors* cursors = nullptr;
  KeyWorkers* key_workers = nullptr;
  InstanceTexts* instance_texts = nullptr;
  control::Actor actor;             // the account itself, whatever its role: AWS clients see one account
  const aws::Call* call = nullptr;  // as received; for what the decoded request cannot tell
  std::string host;                 // as the client named this server
  std::string operation;
  std::string request_hash;  // of all parameters but tokens, page size and DryRun

  control::Engine& engine() const { return parts->engine; }
  const Settings& settings() const { return parts->settings; }
  const base::AccountId& account() const { return actor.account; }
  CursorScope cursor_scope() const { return {actor.account.view(), operation, request_hash}; }
};

}  // namespace stipend::api
