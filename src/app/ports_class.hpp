// The gateway's ClassPorts over the engine. What concerns many members is done in steps, each one transaction.
#pragma once

#include "control/engine.hpp"
#include "gateway/class_ports.hpp"

namespace stipend::app {

class EngineClass final : public gateway::ClassPorts {
 public:
  explicit EngineClass(control::Engine& engine) : engine_(engine) {}

  gateway::awaitable<base::Result<gateway::MemberPage>> members(base::AccountId staff, gateway::MemberQuery query) override;
  gateway::awaitable<base::Result<gateway::Who>> member(base::AccountId staff, base::AccountId account) override;
  gateway::awaitable<base::Result<std::vector<gateway::GrantView>>> grants(base::AccountId staff, base::AccountId account) override;
  gateway::awaitable<base::Result<gateway::MemberDone>> act(base::AccountId staff, gateway::MemberWish wish, std::string request_id) override;
  gateway::awaitable<base::Result<gateway::SignInLinks>> new_links(base::AccountId staff, gateway::Selection who, std::string origin,
                                                                  std::string request_id) override;
  gateway::awaitable<base::Result<gateway::RosterPreview>> preview_roster(base::AccountId staff, gateway::RosterWish wish) override;
  gateway::awaitable<base::Result<gateway::RosterDone>> import_roster(base::AccountId staff, gateway::RosterWish wish, std::string digest,
                                                                      std::string request_id) override;
  gateway::awaitable<base::Result<std::string>> export_roster(base::AccountId staff) override;
  gateway::awaitable<base::Result<std::vector<gateway::CodeView>>> codes(base::AccountId staff) override;
  gateway::awaitable<base::Result<gateway::CodeView>> make_code(base::AccountId staff, gateway::CodeWish wish, std::string request_id) override;
  gateway::awaitable<base::Status> end_code(base::AccountId staff, std::string code, std::string request_id) override;
  gateway::awaitable<base::Result<std::vector<gateway::CreditCodeView>>> credit_codes(base::AccountId staff) override;
  gateway::awaitable<base::Result<std::vector<gateway::CreditCodeView>>> make_credit_codes(base::AccountId staff, gateway::CreditCodeWish wish,
                                                                                          std::string request_id) override;
  gateway::awaitable<base::Status> end_credit_codes(base::AccountId staff, std::vector<std::string> codes, std::string request_id) override;
  gateway::awaitable<base::Result<std::vector<gateway::LinkView>>> links(base::AccountId staff) override;
  gateway::awaitable<base::Result<gateway::LinkView>> make_link(base::AccountId staff, gateway::LinkView wish, std::string request_id) override;
  gateway::awaitable<base::Status> delete_link(base::AccountId staff, std::string code, std::string request_id) override;

 private:
  gateway::awaitable<base::Result<std::vector<base::AccountId>>> resolve(base::AccountId staff, gateway::Selection who);

  control::Engine& engine_;
};

}  // namespace stipend::app
