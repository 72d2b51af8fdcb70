// The few pages the gateway writes itself, and the headers every page of the console carries.
#pragma once

#include <string>
#include <string_view>

#include "net/http.hpp"

namespace stipend::gateway {

std::string html_escape(std::string_view text);

// A small page without script: a heading, a sentence, a link. `refresh_s` > 0 reloads it.
net::Response notice_page(int status, std::string_view title, std::string_view sentence, std::string_view link_text,
                          std::string_view link, int refresh_s = 0);

// Content-Security-Policy and its companions for the console's own pages and JSON.
void add_console_headers(net::Response& response);

}  // namespace stipend::gateway
