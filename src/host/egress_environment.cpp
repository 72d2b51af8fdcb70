#include "host/egress_environment.hpp"

#include <string_view>
#include <utility>
#include <vector>

namespace stipend::host {
namespace {

// Some programs read only one spelling; curl takes http_proxy in lower case alone.
std::vector<std::pair<std::string_view, std::string_view>> variables(const ProxyWords& proxy) {
  return {{"http_proxy", proxy.url},  {"https_proxy", proxy.url}, {"no_proxy", proxy.without},
          {"HTTP_PROXY", proxy.url},  {"HTTPS_PROXY", proxy.url}, {"NO_PROXY", proxy.without}};
}

}  // namespace

ProxyWords proxy_words(const hostlink::Egress& egress, const std::string& gateway) {
  if (egress.proxy.empty()) return {};
  ProxyWords words{egress.proxy, "localhost,127.0.0.1,::1,169.254.169.254," + gateway};
  for (const auto& name : egress.no_proxy) words.without += "," + name;
  return words;
}

std::string login_environment(const ProxyWords& proxy) {
  std::string text;
  if (!proxy.url.empty())
    for (const auto& [name, value] : variables(proxy)) text.append(name).append("=").append(value).append("\n");
  return text;
}

std::string manager_environment(const ProxyWords& proxy) {
  if (proxy.url.empty()) return "";
  std::string text = "[Manager]\nDefaultEnvironment=";
  for (const auto& [name, value] : variables(proxy)) text.append("\"").append(name).append("=").append(value).append("\" ");
  text.back() = '\n';
  return text;
}

}  // namespace stipend::host
