// Statements as the store has them, read a page at a time by (account, number): however long an account's history is and
// however large a course, some hundred entries are in memory.
#pragma once

#include "control/engine.hpp"
#include "gateway/statement_ports.hpp"
#include "store/store.hpp"

namespace stipend::app {

struct StatementWish {
  base::AccountId account;
  gateway::StatementQuery query;
  std::size_t lines = 500;  // at most, in a page
};
// The actor's own, one of the course for its staff, any for the operator.
gateway::awaitable<base::Result<gateway::StatementView>> statement_page(control::Engine& engine, store::Store& store, control::Actor actor,
                                                                        StatementWish wish);

// `course`: for the operator, name or id; staff has its own.
gateway::awaitable<base::Result<gateway::ClassStatements>> class_statement_page(control::Engine& engine, store::Store& store,
                                                                               control::Actor actor, std::string course, std::string month,
                                                                               std::optional<base::AccountId> after);

// The gateway's StatementPorts.
class EngineStatements final : public gateway::StatementPorts {
 public:
  EngineStatements(control::Engine& engine, store::Store& store) : engine_(engine), store_(store) {}

  gateway::awaitable<base::Result<gateway::StatementView>> statement(base::AccountId asker, std::optional<base::AccountId> account,
                                                                     gateway::StatementQuery query) override;
  gateway::awaitable<base::Result<gateway::ClassStatements>> class_statements(base::AccountId staff, std::string month,
                                                                             std::optional<base::AccountId> after) override;

 private:
  control::Engine& engine_;
  store::Store& store_;
};

}  // namespace stipend::app
