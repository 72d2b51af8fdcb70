// The sums of usage by day that every store keeps: the rule is the domain's.
#pragma once

#include "domain/usage.hpp"

namespace stipend::store {

using domain::usage_day;
using domain::UsageOf;

}  // namespace stipend::store
