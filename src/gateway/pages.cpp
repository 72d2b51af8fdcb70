#include "gateway/pages.hpp"

#include <fmt/format.h>

namespace stipend::gateway {

std::string html_escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

net::Response notice_page(int status, std::string_view title, std::string_view sentence, std::string_view link_text,
                          std::string_view link, int refresh_s) {
  const std::string refresh = refresh_s > 0 ? fmt::format("<meta http-equiv=\"refresh\" content=\"{}\">", refresh_s) : "";
  const std::string anchor =
      link.empty() ? "" : fmt::format("<p><a href=\"{}\">{}</a></p>", html_escape(link), html_escape(link_text));
  auto response = net::make_response(
      status, "text/html; charset=utf-8",
      fmt::format("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
                  "content=\"width=device-width, initial-scale=1\">{}<title>{}</title></head><body><main><h1>{}</h1><p>{}</p>{}"
                  "</main></body></html>",
                  refresh, html_escape(title), html_escape(title), html_escape(sentence), anchor));
  response.headers.set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'");
  response.headers.set("X-Content-Type-Options", "nosniff");
  response.headers.set("Referrer-Policy", "no-referrer");
  response.headers.set("Cache-Control", "no-store");
  return response;
}

void add_console_headers(net::Response& response) {
  auto& headers = response.headers;
  headers.set("Content-Security-Policy",
              "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
              "frame-ancestors 'none'; base-uri 'none'; form-action 'self'; require-trusted-types-for 'script'");
  headers.set("X-Content-Type-Options", "nosniff");
  headers.set("Referrer-Policy", "no-referrer");
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  if (!headers.has("Cache-Control")) headers.set("Cache-Control", "no-store");
}

}  // namespace stipend::gateway
