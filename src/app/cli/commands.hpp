// `stipend COMMAND`: parses the command line, asks the server, prints. One function a subject adds its commands.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "app/cli/client.hpp"

namespace stipend::app {

// What all commands share: the state they speak to and how they print.
struct Cli {
  std::string state, images, config;
  bool json = false;
  int status = 0;

  base::Result<Paths> paths() const { return find_paths(state, images, ""); }
  // Asks and prints: with --json the answer as it is, else `print`.
  void ask(const std::string& command, Json arguments, const std::function<std::string(const Json&)>& print);
  void fail(const base::Error& error);
};

void add_course_commands(CLI::App& app, Cli& cli);
void add_account_commands(CLI::App& app, Cli& cli);
void add_people_commands(CLI::App& app, Cli& cli);  // after course and account
void add_money_commands(CLI::App& app, Cli& cli);
void add_ledger_commands(CLI::App& app, Cli& cli);
void add_image_commands(CLI::App& app, Cli& cli);
void add_instance_commands(CLI::App& app, Cli& cli);
void add_disk_commands(CLI::App& app, Cli& cli);  // after course and instance
void add_copy_commands(CLI::App& app, Cli& cli);
void add_ssh_command(CLI::App& app);
int run_ssh(int count, char** words);  // what stands behind `stipend ssh`; not for CLI11, whose options end at the machine
void add_whose_command(CLI::App& app, Cli& cli);
void add_room_commands(CLI::App& app, Cli& cli);    // after course
void add_policy_commands(CLI::App& app, Cli& cli);  // after course
void add_credit_code_commands(CLI::App& app, Cli& cli);  // after course
void add_forecast_command(CLI::App& app, Cli& cli);  // after course
void add_plan_command(CLI::App& app, Cli& cli);
void add_price_commands(CLI::App& app, Cli& cli);
void add_outage_command(CLI::App& app, Cli& cli);
void add_statement_command(CLI::App& app, Cli& cli);
void add_mail_commands(CLI::App& app, Cli& cli);
void add_server_commands(CLI::App& app, Cli& cli);  // serve, demo, down, doctor, status

}  // namespace stipend::app
