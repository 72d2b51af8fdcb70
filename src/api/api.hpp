// Api: the AWS side of the server. One HTTP request in, one answer out: limits, classify, signature, decode,
// authorise, dispatch, encode, log. Stateless but for the parts it is given; any executor, any number at a
// time. Every request is authenticated; what is not served says so (InvalidAction, UnknownOperationException)
// and only to those who signed correctly.
#pragma once

#include <functional>
#include <memory>
#include <string>

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
  // Told of each request whose signature was right, before it is served: with which key. Set before the first request.
  void on_signed(std::function<void(const std::string& access_key_id)> told) { told_of_key_ = std::move(told); }
  // For a net::Server: bodies up to kBodyBytesMax, then handle().
  net::HeadHandler handler();

 private:
  Parts parts_;
  Cursors cursors_;
  KeyWorkers key_workers_;
  std::unique_ptr<InstanceTexts> instance_texts_;
  std::function<void(const std::string&)> told_of_key_;
};

}  // namespace stipend::api
