#include "app/admin/admin.hpp"

#include <fmt/format.h>

#include <array>

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

base::Result<base::Money> money(const Json& arguments, const char* name) {
  TRY_ASSIGN(const std::string value, text(arguments, name));
  return base::parse_decimal(value);
}

boost::asio::awaitable<JsonResult> admin_call(AdminContext& context, control::Actor actor, std::string name, Json arguments) {
  for (const auto commands : {course_commands(), account_commands(), people_commands(), roster_commands(), money_commands(), image_commands(), instance_commands(), copy_commands(), room_commands(), status_commands(), whose_commands()})
    for (const auto& command : commands)
      if (command.name == name) co_return co_await command.handler(context, std::move(actor), std::move(arguments));
  co_return base::fail(base::Fault::kNotFound, "UnknownCommand", fmt::format("the server knows no command '{}'", name));
}

}  // namespace stipend::app
