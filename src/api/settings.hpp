// What the AWS side says of the place: names only. Set once at start.
#pragma once

#include <string>
#include <vector>

namespace stipend::api {

struct Settings {
  std::string region = "us-east-1";
  std::vector<std::string> zones = {"us-east-1a", "us-east-1b"};  // at least one; the first is the default
  std::vector<std::string> mail_domains;  // students may have mail sent to addresses of these
  std::string image_owner = "000000000000";  // the account that the course images belong to
};

}  // namespace stipend::api
