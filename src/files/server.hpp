// Answers the requests of one tree: connections of the listening socket, each by a thread of a small pool, until none
// came for a while, or stipend-host wants the disk and no transfer runs.
#pragma once

#include <condition_variable>
#include <deque>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

#include "files/tree.hpp"
#include "files/uploads.hpp"

namespace stipend::files {

class Server {
 public:
  // Starts its threads, which wait: whatever the process is forbidden before run() binds them too.
  Server(Tree tree, host::HostReserve reserve, Fd listener, int threads = 8);
  ~Server();
  // Blocks until nobody asked for `idle_ms`, or until kRetire came over `control` (packets) and nothing is under way: requests
  // that are short are waited for. A transfer is not ended for it: then its name goes back, and this goes on.
  void run(int idle_ms, const Fd& control);

 private:
  enum class Leave : std::uint8_t { kNow, kSoon, kNot };
  void work();
  void answer(Fd socket);
  void take_connection();
  Leave may_leave(std::string& transfer);
  std::string transfer_in(const hostlink::FileRequest& request);  // what people call it; "" when it is none

  const Tree tree_;
  const host::HostReserve reserve_;
  Uploads uploads_{tree_, reserve_};
  Fd listener_;
  std::mutex guard_;
  std::condition_variable wake_;
  std::deque<Fd> waiting_;
  int busy_ = 0;
  std::list<std::string> transfers_;  // that run
  bool end_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace stipend::files
