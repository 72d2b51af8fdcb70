#include "net/client.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

#include "net/test_support.hpp"

namespace stipend::net {
namespace {

using namespace testing;
using std::chrono::milliseconds;

class SocketFolder {
 public:
  SocketFolder() {
    char name[] = "/tmp/stipend-net-XXXXXX";
    path_ = ::mkdtemp(name);
  }
  ~SocketFolder() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

Endpoint at(std::uint16_t port) {
  return Endpoint::on_tcp("127.0.0.1", port);
}

TEST(Client, TalksToAUnixSocketWhoseServerKnowsThePeer) {
  SocketFolder folder;
  Loop loop;
  Server server(loop.runtime().executors(), {}, read_all([](Request request) -> awaitable<Response> {
                  const auto& peer = request.peer.unix_peer;
                  co_return text_response(200, peer ? std::to_string(peer->uid) + " " +
                                                          std::to_string(peer->pid) +
                                                          (request.peer.loopback ? " local" : "")
                                                    : "none");
                }));
  auto listener = listen_unix(folder.file("s"), 0600);
  ASSERT_TRUE(listener);
  server.accept_on(std::move(*listener));
  const auto answer = fetch_blocking(Endpoint::on_unix(folder.file("s")), {});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, std::to_string(::getuid()) + " " + std::to_string(::getpid()) + " local");
  struct stat status{};
  ASSERT_EQ(::stat(folder.file("s").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_EQ(listen_unix(folder.file("s")).error().code, "AddressInUse");
  loop.wait(server.stop());
}

TEST(Client, AStaleSocketFileIsReplaced) {
  SocketFolder folder;
  {
    const auto dead = listen_unix(folder.file("s"));
  }
  EXPECT_EQ(fetch_blocking(Endpoint::on_unix(folder.file("s")), {}).error().code, "ConnectionRefused");
  EXPECT_TRUE(listen_unix(folder.file("s")));
  EXPECT_EQ(fetch_blocking(Endpoint::on_unix(folder.file("none")), {}).error().code, "ConnectionRefused");
}

TEST(Client, SendsBodiesAndReadsWholeAnswers) {
  TestServer server(read_all([](Request request) -> awaitable<Response> {
    Response response = json_response(201, request.body + "|" + std::string(request.host()));
    response.headers.add("X-Got", request.headers.get("x-sent"));
    co_return response;
  }));
  Request request;
  request.method = "POST";
  request.target = "/x";
  request.headers.add("X-Sent", "1");
  request.body = std::string(100'000, 'b');
  const auto answer = fetch_blocking(at(server.port()), request);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 201);
  EXPECT_EQ(answer->headers.get("x-got"), "1");
  EXPECT_EQ(answer->body, request.body + "|127.0.0.1:" + std::to_string(server.port()));
}

TEST(Client, FailuresSayWhatHappened) {
  std::uint16_t free_port = 0;
  {
    free_port = listen("127.0.0.1", 0)->port();
  }
  EXPECT_EQ(fetch_blocking(at(free_port), {}).error().code, "ConnectionRefused");
  EXPECT_EQ(fetch_blocking(Endpoint::on_tcp("no-address", 1), {}).error().code, "ConnectionFailed");

  const auto against = [](std::string answer, FetchLimits limits) {
    RawServer server;
    std::jthread play([&] {
      auto peer = server.accept();
      peer.read_until("\r\n\r\n");
      peer.send(answer);
      if (answer.empty()) peer.read_all();
    });
    const auto got = fetch_blocking(at(server.port()), {}, limits);
    return got ? "status " + std::to_string(got->status) + " " + got->body : got.error().code;
  };
  FetchLimits brief;
  brief.timeout = milliseconds(200);
  FetchLimits small;
  small.body_bytes = 4;
  EXPECT_EQ(against("", brief), "Timeout");
  EXPECT_EQ(against("nonsense\r\n\r\n", {}), "InvalidResponse");
  EXPECT_EQ(against("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", {}), "InvalidResponse");
  EXPECT_EQ(against("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabcdefghi", small), "ResponseTooLarge");
  EXPECT_EQ(against("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nto the end", {}),
            "status 200 to the end");
  EXPECT_EQ(against("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", {}),
            "status 200 ab");
}

TEST(Runtime, SignalsArriveAsValues) {
  Loop loop;
  auto got =
      boost::asio::co_spawn(loop.runtime().executor(), loop.runtime().next_signal(), boost::asio::use_future);
  // The handler is there once the loop has run what was queued before this.
  loop.wait(sleep_for(milliseconds(0)));
  ::kill(::getpid(), SIGTERM);
  EXPECT_EQ(got.get(), SIGTERM);
}

}  // namespace
}  // namespace stipend::net
