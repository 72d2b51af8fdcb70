// tests/protocol/*.json, and structs without their type, for the tests of this folder.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "aws/sample/echo.hpp"
#include "aws/service.hpp"

namespace stipend::aws {

namespace sample {
extern const Service& kService;
}

nlohmann::json load_vectors(const std::string& name);

inline const Service& service_named(const std::string& name) {
  if (name == "sample") return sample::kService;
  for (const auto* service : all_services())
    if (service->name == name) return *service;
  ADD_FAILURE() << "no service " << name;
  return sample::kService;
}

inline const Operation& operation_of(const nlohmann::json& vector) {
  const auto& service = service_named(vector["service"]);
  const auto* operation = find_operation(service, vector["operation"].get<std::string>());
  EXPECT_NE(operation, nullptr) << vector["operation"];
  return *operation;
}

inline Protocol protocol_of(const nlohmann::json& vector) {
  const std::string name = vector["protocol"];
  return name == "ec2" ? Protocol::kEc2 : name == "query" ? Protocol::kQuery : Protocol::kJson11;
}

}  // namespace stipend::aws
