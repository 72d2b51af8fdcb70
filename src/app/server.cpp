#include "app/server.hpp"

#include <fmt/format.h>
#include <malloc.h>
#include <signal.h>
#include <unistd.h>

#include <optional>
#include <filesystem>
#include <functional>
#include <map>
#include <thread>

#include "api/api.hpp"
#include "app/admin_server.hpp"
#include "app/budget_watch.hpp"
#include "app/certificate_news.hpp"
#include "app/copies.hpp"
#include "app/dispatch.hpp"
#include "app/jump_keys.hpp"
#include "app/ledger_verifier.hpp"
#include "app/machine_listeners.hpp"
#include "app/mail_sender.hpp"
#include "app/metrics.hpp"
#include "app/plain_door.hpp"
#include "app/ports.hpp"
#include "app/ports_class.hpp"
#include "app/ports_credit.hpp"
#include "app/ports_house.hpp"
#include "app/ports_rules.hpp"
#include "app/ports_join.hpp"
#include "app/ports_files.hpp"
#include "app/ports_disks.hpp"
#include "app/ports_keys.hpp"
#include "app/statement.hpp"
#include "app/ssh_bridge.hpp"
#include "app/usage_reader.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "compute/fake/fake_provider.hpp"
#include "compute/lxc/lxc_provider.hpp"
#include "control/service.hpp"
#include "control/vault.hpp"
#include "gateway/gateway.hpp"
#include "net/runtime.hpp"
#include "store/sqlite/sqlite_store.hpp"

namespace stipend::app {
namespace {

namespace log = base::log;

constexpr auto kEndWithin = std::chrono::seconds(5);
constexpr auto kPredecessorGoneWithin = std::chrono::seconds(3);  // one that was killed a moment ago
// A host takes a second or two to set up its network. Connections wait in the socket's queue meanwhile, so who launches
// at once is not refused; a host that cannot serve at all is then told in the answers and on /readyz.
constexpr auto kHostWithin = std::chrono::seconds(10);

log::Level level_of(const std::string& word) {
  static const std::map<std::string, log::Level> levels = {
      {"debug", log::Level::kDebug}, {"info", log::Level::kInfo}, {"warn", log::Level::kWarn}, {"error", log::Level::kError}};
  return levels.at(word);
}

// Pretending costs nothing: unless the file says otherwise money, not room, is what ends here.
compute::FakeOptions fake_host(const Config& config) {
  compute::FakeOptions options;
  options.cpus = config.fake_cpus;
  options.memory_mib = config.fake_memory_mib;
  options.disk_free_mib = config.fake_disk_mib;
  if (!config.private_cidr.empty()) options.addresses.private_cidr = config.private_cidr;
  if (!config.public_cidr.empty()) options.addresses.public_cidr = config.public_cidr;
  return options;
}

std::unique_ptr<compute::Provider> make_provider(const ServerJob& job, const base::Clock& clock, base::Random& random) {
  if (job.config.provider == "fake") return compute::make_fake_provider(clock, random, fake_host(job.config));
  return compute::make_lxc_provider({.socket = job.host_socket});
}

std::string metrics_text(const control::Counters& c, const net::Server& http) {
  const auto http_stats = http.stats();
  const auto number = [](std::uint64_t value) { return static_cast<double>(value); };
  return to_prometheus({
      {"stipend_commands_total", "Engine commands that ran.", "counter", number(c.commands)},
      {"stipend_commands_failed_total", "Engine commands that answered an error.", "counter", number(c.commands_failed)},
      {"stipend_reads_total", "Engine reads.", "counter", number(c.reads)},
      {"stipend_throttled_total", "Commands refused by admission.", "counter", number(c.throttled)},
      {"stipend_commits_total", "Batches committed.", "counter", number(c.commits)},
      {"stipend_commits_failed_total", "Batches that could not be committed.", "counter", number(c.commits_failed)},
      {"stipend_commit_seconds_total", "Time spent committing.", "counter", number(c.commit_us) / 1e6},
      {"stipend_reports_total", "Reports from providers.", "counter", number(c.reports)},
      {"stipend_wishes_total", "Calls to providers.", "counter", number(c.wishes)},
      {"stipend_renewals_total", "Accounts whose leases were renewed.", "counter", number(c.renewals)},
      {"stipend_http_requests_total", "HTTP requests.", "counter", number(http_stats.requests)},
      {"stipend_http_connections", "Open HTTP connections.", "gauge", number(http_stats.connections)},
      {"stipend_http_tunnels", "Relayed WebSockets.", "gauge", number(http_stats.tunnels)},
  });
}

// Everything of one running server; members end in the opposite order of their making.
struct Parts {
  const ServerJob& job;
  base::SystemClock clock;
  base::SystemRandom random;
  std::optional<control::Vault> vault;
  std::unique_ptr<control::Service> service;
  net::Runtime runtime{1U};
  MachineListeners machine_ports;
  control::OriginPorts origin_ports;
  std::optional<LedgerVerifier> ledger;
  std::optional<AdminContext> admin;
  CertificateNews certificate{job.tls};
  std::optional<EnginePorts> ports;
  std::optional<EngineClass> class_ports;
  std::optional<EngineJoin> join_ports;
  std::optional<EngineRules> rules;
  std::optional<EngineHouse> house;
  std::optional<gateway::PeoplePorts> people;
  std::optional<EngineFiles> files;
  std::optional<NightlyCopies> copies;
  std::optional<EngineDiskPorts> disk_ports;
  std::optional<KeyUses> key_uses;
  std::optional<EngineKeys> keys;
  std::optional<EngineCredit> credit_ports;
  std::optional<gateway::CreditWays> credit;
  std::optional<EngineStatements> statements;
  std::optional<gateway::Gateway> gateway;
  std::optional<UsageReader> usage;
  std::unique_ptr<api::Api> api;
  std::optional<BudgetWatch> budgets;
  std::optional<MailSender> mails;
  std::optional<JumpKeys> jump;
  std::optional<SshBridge> ssh;
  std::optional<net::Server> http, plain, admin_server, jump_server;
  int status = 0;
  compute::DiskFiles* disks() const { return dynamic_cast<compute::DiskFiles*>(&service->provider()); }
};

base::Status open_state(Parts& p) {
  const auto& folder = p.job.folder;
  TRY_ASSIGN(p.vault, control::Vault::open_file(folder + "/master.key", p.random));
  TRY_ASSIGN(auto store, store::open_sqlite(folder, {.lock_patience = kPredecessorGoneWithin}));
  control::ServiceOptions options;
  options.engine.commands_per_second = static_cast<double>(p.job.config.commands_per_second);
  options.engine.commands_burst = static_cast<double>(p.job.config.commands_burst);
  const auto& config = p.job.config;
  options.reconciler.room = {config.vcpu_percent, config.memory_percent, config.memory_reserve_mib, config.disk_admission == "promised"};
  options.reconciler.trash.keep_s = config.keep_deleted_days * 86'400;
  options.on_fatal = [](const std::string& why) {
    log::error("the server must end", {{"why", why}});
    std::_Exit(75);  // EX_TEMPFAIL: start again
  };
  TRY_ASSIGN(p.service, control::Service::start(std::move(store), make_provider(p.job, p.clock, p.random), p.clock, p.random,
                                                std::move(options)));
  return {};
}

api::Settings api_settings(const ServerJob& job) {
  api::Settings settings;
  settings.region = job.config.region;
  settings.zones = {job.config.region + "a", job.config.region + "b"};
  settings.mail_domains = job.config.mail_allowed_domains;
  return settings;
}

base::Status open_machine_ports(Parts& p) {
  if (const auto range = p.job.config.origin_ports()) {
    TRY_ASSIGN(p.machine_ports, bind_machine_ports(p.job.listen, *range));
    p.origin_ports = {*range, p.machine_ports.unusable};
  }
  return {};
}

gateway::Origins origins_of(const Config& config, const Address& address) {
  gateway::Origins origins{address.console_hosts(), address.machines_domain(), address.tls()};
  if (address.by_port()) origins.by_port = gateway::PortOrigins{*address.by_port(), address.port()};
  origins.strict = address.tls() && !config.name.empty();
  return origins;
}

void assemble(Parts& p) {
  auto& service = *p.service;
  const Address address(p.job.config, p.job.listen);
  p.copies.emplace(service.engine(), p.disks(), service.store().epoch(), p.clock, CopyPlan{p.job.config.copy_hour, p.job.config.copies});
  p.ledger.emplace(p.job.folder);
  p.admin.emplace(AdminContext{service, *p.vault, p.job.images, address, p.job.listen, p.job.config.region, p.certificate, *p.copies, p.origin_ports,
                               *p.ledger, !p.job.config.mail_smtp.empty()});
  p.ports.emplace(service.engine(), p.origin_ports);
  p.class_ports.emplace(service.engine());
  p.join_ports.emplace(service.engine(), p.ports->board());
  p.rules.emplace(service.engine());
  p.house.emplace(service.engine());
  p.people.emplace(*p.class_ports, *p.join_ports, *p.rules, *p.house);
  p.files.emplace(service.engine(), p.disks(), service.store().epoch(), p.random);
  gateway::Options options;
  options.people = &*p.people;
  options.origins = origins_of(p.job.config, address);
  if (const auto jump = net::parse_host_port(p.job.config.ssh_listen); p.job.jump.keys >= 0 && jump)
    options.ssh = {p.job.config.ssh_user, jump->port};
  p.disk_ports.emplace(service.engine(), p.job.config.keep_deleted_days);
  options.disks = &*p.disk_ports;
  options.files = &*p.files;
  p.key_uses.emplace(service.engine(), p.clock);
  p.keys.emplace(service.engine(), *p.vault, *p.key_uses, p.job.config.region);
  options.keys = &*p.keys;
  p.credit_ports.emplace(service.engine());
  p.credit.emplace(*p.credit_ports);
  options.credit = &*p.credit;
  p.statements.emplace(service.engine(), service.store());
  options.statements = &*p.statements;
  p.gateway.emplace(*p.ports, std::move(options));
  p.usage.emplace(service.store());
  p.api = std::make_unique<api::Api>(api::Parts{
      service.engine(), p.clock, p.random, [&vault = *p.vault](const domain::AccessKey& key) { return vault.open(key.sealed_secret); },
      [&provider = service.provider()](base::InstanceId id, api::ConsoleDone done) { provider.console_output(id, std::move(done)); },
      api_settings(p.job), p.vault->derive("page cursors"), std::bind_front(&UsageReader::usage, &*p.usage), std::bind_front(&UsageReader::entries, &*p.usage)});
  p.api->on_signed([&uses = *p.key_uses](const std::string& id) { uses.note(id); });
  p.budgets.emplace(service.engine(), service.store(), address.origin());
  if (const auto& config = p.job.config; !config.mail_smtp.empty())
    p.mails.emplace(service.engine(), p.clock, SmtpServer{config.mail_smtp, config.mail_from, config.mail_user, config.mail_password_file});
  p.ssh.emplace(SshBridge::Parts{service.engine(), p.clock, [&vault = *p.vault](const domain::AccessKey& key) { return vault.open(key.sealed_secret); },
                                 p.job.config.region, [&uses = *p.key_uses](const std::string& id) { uses.note(id); }});
  Health health;
  health.degraded = [&service] { return service.not_ready(); };
  health.metrics = [&p] { return metrics_text(p.service->counters(), *p.http); };
  p.http.emplace(p.runtime.executors(), net::Limits{}, dispatch(*p.gateway, p.api->handler(), std::move(health), p.ssh->handler()));
  if (p.job.sockets.plain >= 0)
    p.plain.emplace(p.runtime.executors(), plain_limits(),
                    plain_handler({address, p.gateway->origins(), p.job.challenges, [&p] { return p.job.tls->has_certificate(); }}));
  p.admin_server.emplace(p.runtime.executors(), net::Limits{}, admin_handler(*p.admin, getegid()));
  if (p.job.jump.keys >= 0) {
    p.jump.emplace(service.engine(), p.job.jump, JumpKeys::Options{p.job.jump.user, p.job.config.region, address.machines_domain()});
    p.jump_server.emplace(p.runtime.executors(), net::Limits{}, p.jump->handler());
  }
}

net::awaitable<base::Status> serve_jump(Parts& p) {
  if (!p.jump) co_return base::Status{};
  auto keys = net::adopt_listener(p.job.jump.keys);
  if (!keys) co_return std::unexpected(keys.error());
  p.jump_server->accept_on(std::move(*keys));
  p.runtime.spawn([&p] { return p.jump->watch(); });
  p.runtime.spawn([&p] { return p.jump->read_log(); });
  co_return base::Status{};
}

net::awaitable<void> host_connected(const control::Service& service) {
  const auto end = std::chrono::steady_clock::now() + kHostWithin;
  while (!service.not_ready().empty() && std::chrono::steady_clock::now() < end)
    co_await net::sleep_for(std::chrono::milliseconds(20));
}

net::awaitable<void> live(Parts& p) {
  control::Actor operator_self;
  operator_self.who = "server";
  operator_self.via = "start";
  operator_self.role = domain::Role::kAdministrator;
  const auto images = co_await scan_images(*p.admin, operator_self);
  auto http = net::adopt_listener(p.job.sockets.http);
  auto admin = net::adopt_listener(p.job.sockets.admin);
  if (!images || !http || !admin) {
    log::error("the server cannot start", {{"why", !images ? images.error().message : !http ? http.error().message : admin.error().message}});
    p.status = 1;
    p.runtime.stop();
    co_return;
  }
  p.admin_server->accept_on(std::move(*admin));
  p.runtime.spawn([&p] { return p.copies->run(); });
  p.runtime.spawn([&p] { return p.key_uses->run(); });
  p.runtime.spawn([&p] { return p.budgets->run(); });
  if (const auto jump = co_await serve_jump(p); !jump) log::error("the ssh jump host has no server", {{"why", jump.error().message}});
  co_await host_connected(*p.service);
  if (p.plain) {  // before the rest: an authority may be asking already
    if (auto plain = net::adopt_listener(p.job.sockets.plain)) p.plain->accept_on(std::move(*plain));
  }
  if (p.job.sockets.certificates >= 0)
    p.runtime.spawn([&p] { return receive_handovers(p.job.sockets.certificates, [&p](Handover what) { p.certificate.take(std::move(what)); }); });
  p.http->accept_on(std::move(*http), p.job.tls);
  for (auto& each : p.machine_ports.bound) p.http->accept_on(std::move(each), p.job.tls);
  p.machine_ports.bound.clear();
  p.runtime.spawn([&p] { return p.ssh->watch(*p.http); });
  log::info("serving", {{"listen", p.job.listen}, {"address", p.admin->address.origin()}, {"images", *images}, {"provider", p.job.config.provider}});
  if (write(p.job.sockets.ready, &kServes, 1) == 1) close(p.job.sockets.ready);
  co_await p.runtime.next_signal();
  log::info("ending; machines go on");
  co_await p.http->stop(kEndWithin);
  co_await p.key_uses->write();
  if (p.plain) co_await p.plain->stop(std::chrono::milliseconds(100));
  co_await p.admin_server->stop(kEndWithin);
  if (p.jump_server) co_await p.jump_server->stop(kEndWithin);
  p.runtime.stop();
}

}  // namespace

int serve(const ServerJob& job) {
  // Answers of some 100 KiB come and go all the time: without this glibc gives their pages back after each and
  // faults them in anew, a third of the CPU of a DescribeInstances of 100.
  mallopt(M_TRIM_THRESHOLD, 8 << 20);
  mallopt(M_MMAP_THRESHOLD, 4 << 20);
  log::set_level(level_of(job.config.log_level));
  Parts parts{.job = job};
  if (const auto bound = open_machine_ports(parts); !bound) {
    fmt::print(stderr, "stipend: {}\n", bound.error().message);
    return 1;
  }
  if (const auto opened = open_state(parts); !opened) {
    fmt::print(stderr, "stipend: {}\n", opened.error().message);
    return 1;
  }
  if (write(job.sockets.ready, &kStateOpen, 1) != 1) return 1;  // the keeper is gone
  assemble(parts);
  parts.runtime.spawn([&parts] { return live(parts); });
  parts.runtime.run();
  parts.mails.reset();
  parts.service->stop();
  return parts.status;
}

}  // namespace stipend::app
