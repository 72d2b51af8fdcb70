#include "net/unix_stream.hpp"

#include <boost/asio/this_coro.hpp>

#include "net/conduit.hpp"

namespace stipend::net {

namespace asio = boost::asio;

UnixStream::UnixStream(std::unique_ptr<Conduit> conduit) : conduit_(std::move(conduit)) {}
UnixStream::~UnixStream() = default;

asio::awaitable<base::Result<std::unique_ptr<UnixStream>>> UnixStream::connect(std::string path, std::chrono::milliseconds limit) {
  const auto executor = co_await asio::this_coro::executor;
  auto conduit = co_await Conduit::connect_unix(std::make_shared<Deadlines>(executor), executor, std::move(path), limit);
  if (!conduit) co_return std::unexpected(conduit.error());
  co_return std::make_unique<UnixStream>(std::move(*conduit));
}

asio::awaitable<bool> UnixStream::write(std::string_view a, std::string_view b, std::chrono::milliseconds limit) {
  return conduit_->write(a, b, {}, limit);
}

asio::awaitable<std::ptrdiff_t> UnixStream::read_some(char* into, std::size_t size, std::chrono::milliseconds limit) {
  conduit_->limit_read(limit);
  return conduit_->read_some(into, size);
}

asio::awaitable<bool> UnixStream::read_all(char* into, std::size_t size, std::chrono::milliseconds limit) {
  while (size > 0) {
    const auto got = co_await read_some(into, size, limit);
    if (got <= 0) co_return false;
    into += got;
    size -= static_cast<std::size_t>(got);
  }
  co_return true;
}

}  // namespace stipend::net
