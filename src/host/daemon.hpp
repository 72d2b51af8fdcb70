// stipend-host: the one privileged program of a state. One thread, one poll loop. It takes requests of the
// server (hostlink), starts a supervisor for each run, keeps the network and the books, and sweeps behind the
// supervisors. Killing it at any moment ends no machine: the next one finds the supervisors and goes on.
// Whatever can take long (mounts, deleting a disk, writing the record) happens in a child.
#pragma once

#include <sys/types.h>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "host/cgroup.hpp"
#include "host/disk.hpp"
#include "host/disk_watch.hpp"
#include "host/egress_proxy.hpp"
#include "host/fd.hpp"
#include "host/flow_child.hpp"
#include "host/network.hpp"
#include "host/packet.hpp"
#include "host/record.hpp"
#include "host/spawn.hpp"
#include "host/supervisor_link.hpp"
#include "host/sweep.hpp"
#include "host/tombstone.hpp"
#include "hostlink/messages.hpp"

namespace stipend::host {

struct DaemonOptions {
  std::string state, images;
  uid_t server_uid = 0;
  std::string private_cidr, public_cidr;  // empty: chosen
  hostlink::Egress egress = {};
  bool keep_flows = false;                // it is recorded whose a connection was
  std::string boot_id;                    // tests only: play a reboot of the host
};

class Daemon {
 public:
  // Fails with AlreadyServed (kConflict) when another one serves this state.
  static base::Result<std::unique_ptr<Daemon>> open(const DaemonOptions& options);
  int serve();      // until SIGTERM or SIGINT; machines go on
  int take_down();  // stops every machine and removes everything this state has on the host

 private:
  struct SignalsTold {
    Signals signals;
    std::int64_t at_ms = 0;
  };
  // One run that is not over yet.
  struct Machine {
    hostlink::RunKey key;
    base::DiskId disk, home, course;
    bool course_writable = false;
    MachineNetwork network;
    CpuUse cpu;
    OomKills oom;
    SignalsTold told;
    SupervisorStatus status;  // the newest
    hostlink::Lease own;
    std::int64_t start_deadline_ms = 0;
    std::optional<hostlink::Stop> stop;
    std::int64_t stop_sent_ms = 0;
    Child process;                    // the supervisor when it is our child
    Fd pidfd, connection;             // the supervisor's
    Fd init_pidfd;                    // the machine's init: a supervisor may stand still when it ends
    std::uint64_t init_watched = 0;   // its start time
    std::optional<std::int64_t> init_gone_ms;
    std::int64_t adopt_until_ms = 0;  // its status is awaited
    Child unmaker;                    // takes it down; then `ending` is its end
    int unmake_tries = 0;
    std::optional<hostlink::Report> ending;
  };
  struct Client {
    Fd socket;
    bool greeted = false;
    std::deque<std::string> out;
    double tokens = 0;
    std::int64_t filled_ms = 0;
    std::vector<hostlink::RunKey> expected;
  };
  struct DiskJob {
    base::DiskId disk;
    base::DiskId snapshot;  // that is made of it; empty: it is deleted, or copied for the night
    Child child;
    Fd said;
    std::vector<std::pair<int, std::int64_t>> asked;  // (client's descriptor, request)
    base::Error ended;      // what is answered when it was killed
  };
  using CopyWish = std::variant<hostlink::CopyDisk, hostlink::SnapshotDisk>;

  // A process that serves the files of one disk (src/files); the disk is free again when it has ended.
  struct FileWorker {
    base::DiskId disk;
    std::string copy;     // of it, by date; empty: the disk itself
    Child child;
    Fd control;           // packets of hostlink/file_messages.hpp
    bool ready = false, ending = false;
    std::int64_t ready_by_ms = 0;
    std::vector<std::pair<int, std::int64_t>> asked;  // (client's descriptor, request)
    std::vector<std::pair<int, CopyWish>> copies;  // that want the disk: it was asked to leave
    std::int64_t leaves_by_ms = 0;
    std::int64_t forgotten_by_ms = 0;  // it has ended; its control group is going
    std::vector<std::pair<int, hostlink::OpenFiles>> late;   // came when it had ended
    bool course = false;  // it has a clone of a course's folder, which is released once it has ended
    Child releaser;
  };

  Daemon(Names names, DaemonOptions options, RunBook book)
      : names_(std::move(names)), options_(std::move(options)), book_(std::move(book)) {}

  base::Status set_up();
  void tidy();
  void loop_once(int timeout_ms);
  void each_second(std::int64_t now);
  void reap_children();

  // daemon_clients.cpp
  void accept_clients();
  void read_client(Client& client);
  void write_client(Client& client);
  void say(Client& client, const hostlink::Event& event);
  void tell_all(const hostlink::Event& event);
  void drop_dead_clients();

  // daemon_requests.cpp
  void handle(Client& client, const hostlink::Hello& m);
  void handle(Client& client, hostlink::Start m);
  void handle(Client& client, const hostlink::Renew& m);
  void handle(Client& client, const hostlink::Stop& m);
  void handle(Client& client, const hostlink::Reboot& m);
  void handle(Client& client, const hostlink::Acknowledge& m);
  void handle(Client& client, const hostlink::DeleteDisk& m);
  void handle(Client& client, const hostlink::ReadConsole& m);
  void handle(Client& client, hostlink::Resync m);
  void handle(Client& client, const hostlink::OpenFiles& m);
  void handle(Client& client, const hostlink::CopyDisk& m);
  void handle(Client& client, const hostlink::ListCopies& m);
  void handle(Client& client, const hostlink::SnapshotDisk& m);
  void handle(Client& client, const hostlink::SetPublicAddress& m);
  bool admit(Client& client, std::int64_t epoch);
  void refuse(const hostlink::RunKey& key, hostlink::Cause cause, std::string detail);
  hostlink::Report bare_report(const hostlink::RunKey& key, hostlink::Phase phase, hostlink::Cause cause,
                               std::string detail) const;
  void report_known(Client& client, const hostlink::RunKey& key);
  // A child that answers what `work` does: its text, or its error.
  base::Status begin_disk_job(std::vector<DiskJob>& jobs, DiskJob job, std::int64_t limit_ms,
                              const std::function<base::Result<std::string>()>& work);
  void finish_disk_job(DiskJob& job, int status);
  hostlink::Room room();

  // daemon_machines.cpp
  base::Status launch(Machine& machine, hostlink::Start start);
  void adopt_all();
  bool adopt(Machine& machine);
  void connect(Machine& machine);
  void order(Machine& machine, const hostlink::Request& request);
  void read_supervisor(Machine& machine);
  void on_status(Machine& machine, SupervisorStatus status);
  void on_supervisor_end(Machine& machine);
  void begin_unmaking(Machine& machine, hostlink::Report ending);
  void after_unmaking(Machine& machine, int status);
  void conclude(Machine& machine, const hostlink::Report& ending);
  void sweep(Machine& machine, std::int64_t now);
  void watch_init(Machine& machine);
  hostlink::Report report_of(const Machine& machine) const;
  hostlink::Report lost_report(const Machine& machine) const;
  Machine* live(const hostlink::RunKey& key);
  std::vector<MachineNetwork> networks() const;
  void start_record(std::int64_t now);

  // daemon_disk.cpp
  void watch_disk(std::int64_t now);
  void watch_other_file_systems();
  std::vector<base::DiskId> folders_in_use() const;
  // Adds them to the look; answers what each held one grew since.
  std::map<base::DiskId, std::int64_t> look_at_folders(DiskLook& look, const DiskSpace& space, std::size_t from,
                                                       const std::vector<base::DiskId>& folders);
  void hold_folder(const DiskStop& stop, const DiskLook& look, std::int64_t now);
  void release_folders();

  // daemon_signals.cpp
  void measure(std::int64_t now);
  void start_measuring_disks(std::int64_t now);
  void finish_measuring_disks(int status);
  void tell_signals(Machine& machine, std::int64_t now);
  void tell_folder(const base::DiskId& folder, const DiskUse& use);
  static std::vector<hostlink::Notice> notices_of(const Machine& machine);
  // daemon_egress.cpp
  void find_proxy(bool at_start, std::int64_t now);
  static HoldOrder hold_order(const Machine& machine);
  void begin_flow_log();

  // daemon_files.cpp
  base::Status start_file_worker(const hostlink::OpenFiles& m, FileWorker& worker);
  void look_at_file_workers(std::int64_t now);
  bool end_file_worker(const base::DiskId& disk);  // true: there is one, which gives the disk back as it ends
  void hear_file_worker(FileWorker& worker);
  void ask_to_leave(FileWorker& worker);
  void refuse_copies(FileWorker& worker, const std::string& why);
  // daemon_copies.cpp
  void want_copy(int client, const base::DiskId& disk, const CopyWish& wish);
  void begin_copy(int client, const CopyWish& wish);
  void end_copying(const base::DiskId& disk);         // of it, and of a snapshot that would be it
  void end_copying(const Machine& machine);           // that starts or ends, which comes first
  void await_end_of_copying(const base::DiskId& disk) const;  // in a child
  void reap_copy_jobs(std::int64_t now);

  void answer(int client, std::int64_t request, bool ok, std::string code, std::string message);
  void answer_files(FileWorker& worker, bool ok, const std::string& code, const std::string& message);

  Names names_;
  DaemonOptions options_;
  RunBook book_;
  LeaseRules rules_;
  base::HostId host_;
  std::string boot_id_;
  std::int64_t epoch_ = 0;
  std::optional<Network> network_;
  ProxyFinder proxy_{""};
  FlowChild flows_;
  std::optional<std::vector<std::uint32_t>> proxy_found_;
  std::string seccomp_;
  Fd lock_, listener_, signals_;
  std::map<base::InstanceId, Machine> machines_;
  std::vector<base::InstanceId> finished_;  // to be erased after the pass over machines_
  std::vector<Client> clients_;
  std::vector<DiskJob> disk_jobs_;
  std::vector<FileWorker> file_workers_;
  std::vector<DiskJob> copy_jobs_;
  std::vector<Child> orphan_jobs_;
  std::vector<Child> leaving_;  // supervisors whose run is concluded
  Record record_;
  Child recorder_;
  Child disk_measurer_;
  Fd disks_measured_;
  std::int64_t next_second_ms_ = 0, next_record_ms_ = 0, next_repeat_ms_ = 0, next_network_ms_ = 0;
  std::int64_t next_oom_ms_ = 0, next_disk_use_ms_ = 0;
  DiskWatch disk_watch_;
  std::set<dev_t> low_file_systems_;                    // told of
  struct HeldFolder {
    std::int64_t from = 0;  // what it occupies beyond is its writers' growth
    std::int64_t at_ms = 0;
  };
  std::map<base::DiskId, HeldFolder> held_folders_;
  std::map<base::DiskId, DiskUse> folders_told_;        // how full a course's folder is, as the server knows it
  bool end_ = false;
};

}  // namespace stipend::host
