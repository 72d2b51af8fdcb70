// Machine types of the account's course, for the operations that list them. Strand part and rendering.
#pragma once

#include <vector>

#include "api/describe/filter.hpp"
#include "api/operation.hpp"
#include "aws/ec2/shapes/instance_type_info.hpp"
#include "domain/catalogue.hpp"

namespace stipend::api {

// Those that a host here can run, by name. The catalogue is constant data.
awaitable<base::Result<std::vector<const domain::InstanceType*>>> read_types(const Context& context);

aws::ec2::InstanceTypeInfo to_aws(const domain::InstanceType& type);

using TypePointer = const domain::InstanceType*;
extern const FilterTable<TypePointer> kInstanceTypeFilters;

}  // namespace stipend::api
