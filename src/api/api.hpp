// Api: the AWS side of the server. One HTTP request in, one answer out: limits, classify, signature, decode,
// authorise, dispatch, encode, log. Stateless but for the parts it is given; any executor, any number at a
// time. Every request is authenticated; what is not served says so (InvalidAction, UnknownOperationException)
// and only to those who signed correctly.
#pragma once

#include <memory>

#include "api/context.hpp"
#include "net/server.hpp"

namespace stipend::api {

class Api {
 public:
  static constexpr std::size_t kBodyBytesMax = 1024 * 1024;

  explicit Api(Parts parts);
  ~Api();
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  net::awaitable<net::Response> handle(net::Request request);
  // For a net::Server: bodies up to kBodyBytesMax, then handle().
  net::HeadHandler handler();

 private:
  Parts parts_;
  Cursors cursors_;
  KeyWorkers key_workers_;
  std::unique_ptr<InstanceTexts> instance_texts_;
};

}  // namespace stipend::api
