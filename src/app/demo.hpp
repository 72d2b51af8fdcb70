// The demo course of `make run`: a teacher and three students with $100 each, their AWS profiles and sign-in links.
#pragma once

#include "app/config.hpp"
#include "app/paths.hpp"

namespace stipend::app {

// Runs beside the server once it serves: makes what is missing and prints what to open. Exit status.
int set_up_demo(const Paths& paths, const Config& config, const std::string& listen);

}  // namespace stipend::app
