#include "app/admin/admin.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace stipend::app {

base::Result<std::string> text(const Json& arguments, const char* name) {
  const auto at = arguments.find(name);
  if (at == arguments.end() || !at->is_string() || at->get_ref<const std::string&>().empty())
    return base::fail(base::Fault::kInvalid, "MissingArgument", fmt::format("the argument '{}' is missing", name));
  if (at->get_ref<const std::string&>().size() > 4096)
    return base::fail(base::Fault::kInvalid, "ArgumentTooLong", fmt::format("the argument '{}' is too long", name));
  return at->get<std::string>();
}

std::string text_or(const Json& arguments, const char* name, std::string fallback) {
  auto value = text(arguments, name);
  return value ? *value : std::move(fallback);
}

base::Result<std::int64_t> whole_number(const Json& arguments, const char* name, std::int64_t fallback) {
  if (const auto at = arguments.find(name); at != arguments.end() && at->is_number_integer()) return at->get<std::int64_t>();
  const auto value = text_or(arguments, name, "");
  if (value.empty()) return fallback;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size())
    return base::fail(base::Fault::kInvalid, "InvalidNumber", fmt::format("'{}' must be a whole number", name));
  return number;
}

bool flag(const Json& arguments, const char* name) {
  const auto at = arguments.find(name);
  return at != arguments.end() && at->is_boolean() && at->get<bool>();
}

base::Result<base::Money> money(const Json& arguments, const char* name) {
  TRY_ASSIGN(const std::string value, text(arguments, name));
  return base::parse_decimal(value);
}

boost::asio::awaitable<JsonResult> admin_call(AdminContext& context, control::Actor actor, std::string name, Json arguments) {
  for (const auto commands : {course_commands(), account_commands(), people_commands(), roster_commands(), money_commands(), credit_code_commands(),
                              image_commands(), instance_commands(), copy_commands(), room_commands(), policy_commands(), status_commands(),
                              whose_commands(), disk_commands(), statement_commands(), forecast_commands(), price_commands(), outage_commands(),
                              mail_commands()})
    for (const auto& command : commands)
      if (command.name == name) co_return co_await command.handler(context, std::move(actor), std::move(arguments));
  co_return base::fail(base::Fault::kNotFound, "UnknownCommand", fmt::format("the server knows no command '{}'", name));
}

}  // namespace stipend::app
