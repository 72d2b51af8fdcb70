// The costs that an account may see: a student's its own, staff's those of all accounts of the course, as AWS shows a
// management account those of the linked ones. What is posted comes from the ledger's sums by day, what accrued since from
// the rows; for each account both are of one instant.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>

#include "api/billing/cost.hpp"
#include "api/context.hpp"

namespace stipend::api {

struct CostWish {
  base::WallTime from, until;  // lines that begin in [from, until); whole days of UTC unless by_hour
  bool by_hour = false;        // lines of an hour each, from the entries
  bool by_subject = false;     // lines of a machine or disk each, from the entries, with its Subject
};

// Called on the caller's executor, once a line, in no order; the views are good for the call.
using CostSink = std::function<void(const Cost&)>;

boost::asio::awaitable<base::Status> read_costs(Context context, CostWish wish, CostSink sink);

}  // namespace stipend::api
