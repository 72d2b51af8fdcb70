#include "host/nft.hpp"

#include <nftables/libnftables.h>

#include <memory>

namespace stipend::host {

base::Result<std::string> list_nft(const std::string& commands) {
  std::unique_ptr<nft_ctx, void (*)(nft_ctx*)> context(nft_ctx_new(NFT_CTX_DEFAULT), nft_ctx_free);
  if (!context)
    return base::fail(base::Fault::kUnavailable, "Nft",
                      "libnftables does not start; is the nf_tables module loaded?");
  nft_ctx_buffer_error(context.get());
  nft_ctx_buffer_output(context.get());
  if (nft_run_cmd_from_buffer(context.get(), commands.c_str()) == 0)
    return std::string(nft_ctx_get_output_buffer(context.get()));
  const std::string text = nft_ctx_get_error_buffer(context.get());
  return base::fail(base::Fault::kUnavailable, "Nft", "nft refuses: " + text.substr(0, 400));
}

base::Status run_nft(const std::string& commands) {
  TRY(list_nft(commands));
  return {};
}

bool nft_table_exists(const std::string& table) {
  return run_nft("list chain inet " + table + " input\n").has_value();
}

}  // namespace stipend::host
