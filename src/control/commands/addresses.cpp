#include "control/commands/addresses.hpp"

namespace stipend::control {

base::Status address_confirmed(Tx& tx, const compute::RunKey& key, const std::string& address) {
  const auto* row = tx.state().find<domain::Instance>(key.instance);
  if (!row || !row->run || row->run->generation != key.generation || row->run->host_address == address) return {};
  domain::Instance instance = *row;
  instance.run->host_address = address;
  tx.save(std::move(instance));
  return {};
}

}  // namespace stipend::control
