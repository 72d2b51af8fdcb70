// Looks at all budgets every few seconds: reads the sums of days where they changed, asks the engine which budgets have
// something to tell or to do, and gives it those (control/commands/budget_evaluation.hpp). A look at budgets that stay as
// they are reads no store and commits nothing.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <string>

#include "control/commands/budget_evaluation.hpp"
#include "control/engine.hpp"
#include "store/store.hpp"

namespace stipend::app {

class BudgetWatch {
 public:
  // `origin`: the console's.
  BudgetWatch(control::Engine& engine, store::Store& store, std::string origin) : engine_(engine), store_(store), origin_(std::move(origin)) {}

  boost::asio::awaitable<void> run();  // for ever

 private:
  struct Known {
    control::PostedKey key;
    domain::PostedSpend posted;
  };
  struct Part {
    std::vector<std::pair<control::PostedKey, domain::RowPtr<domain::Budget>>> unknown;
    std::vector<std::string> due, seen;
    std::string last;
  };
  boost::asio::awaitable<void> look();
  boost::asio::awaitable<base::Result<Part>> part(std::string after);
  base::Status learn(const control::PostedKey& key, const domain::Budget& budget);
  boost::asio::awaitable<void> evaluate(const std::string& budget);

  control::Engine& engine_;
  store::Store& store_;
  const std::string origin_;
  std::map<std::string, Known> known_;  // by budget
};

}  // namespace stipend::app
