// Open connections to upstreams, kept for the next request of the same key. A connection never serves
// another key: keys name one machine, generation and address. Internal to net; one an executor.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "net/conduit.hpp"

namespace stipend::net {

class Pool : public std::enable_shared_from_this<Pool> {
 public:
  static constexpr std::size_t kPerKeyMax = 32;
  static constexpr std::size_t kMax = 1024;
  static constexpr std::int64_t kIdleMs = 15'000;

  Pool(boost::asio::any_io_executor executor, std::shared_ptr<Deadlines> deadlines);
  ~Pool();

  // The one most recently put, if it is still open; nullptr when there is none.
  std::unique_ptr<Conduit> take(const std::string& key);
  void put(const std::string& key, std::unique_ptr<Conduit> conduit);
  void forget(std::string_view prefix);  // every key that starts with it
  void clear();
  std::size_t size() const { return size_; }

 private:
  class Idle;
  void drop_old();

  boost::asio::any_io_executor executor_;
  std::shared_ptr<Deadlines> deadlines_;
  std::unordered_map<std::string, std::vector<std::unique_ptr<Idle>>> idle_;
  std::size_t size_ = 0;
  bool dropping_ = false;
};

}  // namespace stipend::net
