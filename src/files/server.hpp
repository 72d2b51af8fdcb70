// Answers the requests of one tree: connections of the listening socket, each by a thread of a small pool, until none
// came for a while.
#pragma once

#include <condition_variable>
#include <deque>
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
  void run(int idle_ms);  // blocks until nobody asked for `idle_ms`

 private:
  void work();
  void answer(Fd socket);

  const Tree tree_;
  const host::HostReserve reserve_;
  Uploads uploads_{tree_, reserve_};
  Fd listener_;
  std::mutex guard_;
  std::condition_variable wake_;
  std::deque<Fd> waiting_;
  int busy_ = 0;
  bool end_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace stipend::files
