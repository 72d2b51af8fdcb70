// The one load client of the benchmarks, the same for every server: it sends requests that were made (and signed)
// beforehand over kept connections, the next on each as soon as its answer is whole, and measures how long answers took.
//   load_client PORT CONNECTIONS SECONDS FILE
// FILE holds requests, each after a line with its length in bytes. Every connection sends at least one. Prints one JSON object. One thread, epoll, no
// work beyond finding an answer's end, so that it takes little from the servers on the same computer.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "load_client: %s\n", what.c_str());
  std::exit(1);
}

std::vector<std::string> read_requests(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<std::string> requests;
  for (std::string line; std::getline(file, line);) {
    std::string request(std::stoul(line), '\0');
    if (!file.read(request.data(), static_cast<std::streamsize>(request.size()))) die("the file of requests is cut off");
    requests.push_back(std::move(request));
  }
  if (requests.empty()) die("no requests");
  return requests;
}

// Value of a header field in a head, or "".
std::string field(const std::string& head, const char* name) {
  const std::size_t length = std::char_traits<char>::length(name);
  for (std::size_t at = head.find("\r\n"); at != head.npos && at + 2 < head.size(); at = head.find("\r\n", at + 2)) {
    const char* line = head.c_str() + at + 2;
    if (strncasecmp(line, name, length) != 0 || line[length] != ':') continue;
    std::string value(line + length + 1, head.c_str() + head.find("\r\n", at + 2));
    return value.erase(0, value.find_first_not_of(' '));
  }
  return {};
}

// Bytes of the chunked body at `at`, its last chunk included; 0: not whole yet.
std::size_t chunked_size(const std::string& text, std::size_t at) {
  const std::size_t begin = at;
  for (;;) {
    const std::size_t end = text.find("\r\n", at);
    if (end == text.npos) return 0;
    const std::size_t size = std::stoul(text.substr(at, end - at), nullptr, 16);
    at = end + 2 + size + 2;
    if (at > text.size()) return 0;
    if (size == 0) return at - begin;
  }
}

struct Answer {
  bool whole = false, closes = false, good = false;
  std::size_t size = 0;
};

Answer look(const std::string& text, bool ended) {
  Answer answer;
  const std::size_t end = text.find("\r\n\r\n");
  if (end == text.npos) return answer;
  const std::string head = text.substr(0, end + 2);
  const std::string length = field(head, "Content-Length");
  answer.good = text.size() > 9 && text[9] == '2';
  answer.closes = head.starts_with("HTTP/1.0") || strcasecmp(field(head, "Connection").c_str(), "close") == 0;
  if (!length.empty()) {
    answer.size = end + 4 + std::stoul(length);
    answer.whole = text.size() >= answer.size;
  } else if (strcasecmp(field(head, "Transfer-Encoding").c_str(), "chunked") == 0) {
    const std::size_t body = chunked_size(text, end + 4);
    answer.whole = body > 0;
    answer.size = end + 4 + body;
  } else {
    answer.whole = ended;
    answer.size = text.size();
  }
  return answer;
}

struct Connection {
  int fd = -1;
  std::string in;
  Clock::time_point asked;
};

class Load {
 public:
  Load(int port, std::vector<std::string> requests) : port_(port), requests_(std::move(requests)) {}

  void run(int connections, double seconds) {
    connections_.resize(static_cast<std::size_t>(connections));
    const auto began = Clock::now();
    end_ = began + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    for (std::size_t i = 0; i < connections_.size(); ++i) connect(i), ask(i);
    std::vector<epoll_event> events(256);
    while (open_ > 0) {
      const int count = epoll_wait(poll_, events.data(), static_cast<int>(events.size()), 30'000);
      if (count <= 0) die("no answer within 30 s");
      for (int i = 0; i < count; ++i) receive(events[static_cast<std::size_t>(i)].data.u64);
    }
    seconds_ = std::chrono::duration<double>(Clock::now() - began).count();
  }

  void print() {
    std::ranges::sort(took_us_);
    const auto at = [this](double part) {
      return took_us_.empty() ? 0.0 : took_us_[static_cast<std::size_t>(part * static_cast<double>(took_us_.size() - 1))];
    };
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto s = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
    const nlohmann::json said = {{"answers", took_us_.size()}, {"failed", failed_}, {"seconds", seconds_},
                                 {"median_us", at(0.5)}, {"p99_us", at(0.99)},
                                 {"client_cpu_s", s(used.ru_utime) + s(used.ru_stime)}, {"first_failure", first_failure_}};
    std::printf("%s\n", said.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  }

 private:
  void connect(std::size_t which) {
    auto& c = connections_[which];
    c.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port_));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(c.fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) die("nothing listens on port " + std::to_string(port_));
    const int on = 1;
    setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{.events = EPOLLIN, .data = {.u64 = which}};
    epoll_ctl(poll_, EPOLL_CTL_ADD, c.fd, &event);
    ++open_;
  }
  void close(Connection& c) {
    ::close(c.fd);
    c.fd = -1;
    --open_;
  }
  void ask(std::size_t which) {
    auto& c = connections_[which];
    const auto& request = requests_[next_++ % requests_.size()];
    c.in.clear();
    c.asked = Clock::now();
    // Blocking: a request is far smaller than the socket's buffer.
    if (send(c.fd, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) {
      close(c);  // a server may end a kept connection
      connect(which);
      if (send(c.fd, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
        die("the server takes no request");
    }
  }
  void receive(std::size_t which) {
    auto& c = connections_[which];
    const ssize_t got = recv(c.fd, buffer_, sizeof buffer_, MSG_DONTWAIT);
    if (got < 0) return;
    c.in.append(buffer_, static_cast<std::size_t>(got));
    const Answer answer = look(c.in, got == 0);
    if (!answer.whole && got > 0) return;
    took_us_.push_back(std::chrono::duration<double, std::micro>(Clock::now() - c.asked).count());
    if (!answer.whole || !answer.good) {
      if (failed_++ == 0) first_failure_ = answer.whole ? c.in.substr(0, 1000) : "the connection ended inside an answer";
    }
    if (Clock::now() >= end_) return close(c);
    if (answer.closes || got == 0) close(c), connect(which);
    ask(which);
  }

  int port_;
  int poll_ = epoll_create1(EPOLL_CLOEXEC);
  std::vector<std::string> requests_;
  std::vector<Connection> connections_;
  std::size_t next_ = 0, open_ = 0, failed_ = 0;
  Clock::time_point end_;
  double seconds_ = 0;
  std::vector<double> took_us_;
  std::string first_failure_;
  char buffer_[256 * 1024];
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) die("usage: load_client PORT CONNECTIONS SECONDS FILE");
  static Load load(std::atoi(argv[1]), read_requests(argv[4]));
  load.run(std::atoi(argv[2]), std::atof(argv[3]));
  load.print();
}
