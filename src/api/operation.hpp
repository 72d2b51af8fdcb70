// How an operation is written and registered. Each has one file in SERVICE/:
//
//   namespace {
//   Answer<ec2::StopInstances> stop(Context context, ec2::StopInstances::Request request) { … co_return
//   response; }
//   }
//   extern constinit const Entry kEc2StopInstances = entry<ec2::StopInstances, stop>();
//
// and one line in operations.list. The request is validated against the model before the operation sees it.
// A request with DryRun runs to its end: a command that changes something must honour dry_run itself, and
// whatever then succeeds is answered with DryRunOperation here.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "api/context.hpp"
#include "aws/codec.hpp"
#include "base/result.hpp"
#include "control/await.hpp"

// TRY and TRY_ASSIGN of base/result.hpp, in a coroutine.
#define CO_TRY(expr)                                             \
  do {                                                           \
    if (auto try_result_ = (expr); !try_result_) [[unlikely]]    \
      co_return std::unexpected(std::move(try_result_).error()); \
  } while (false)
#define CO_TRY_ASSIGN_IMPL(tmp, decl, expr)            \
  auto tmp = (expr);                                   \
  if (!tmp) [[unlikely]]                               \
    co_return std::unexpected(std::move(tmp).error()); \
  decl = *std::move(tmp)
#define CO_TRY_ASSIGN(decl, expr) CO_TRY_ASSIGN_IMPL(STIPEND_CAT(try_value_, __LINE__), decl, expr)

namespace stipend::aws::budgets {}
namespace stipend::aws::ce {}
namespace stipend::aws::ec2 {}
namespace stipend::aws::freetier {}
namespace stipend::aws::pricing {}
namespace stipend::aws::sts {}

namespace stipend::api {

namespace budgets = aws::budgets;
namespace ce = aws::ce;
namespace ec2 = aws::ec2;
namespace freetier = aws::freetier;
namespace pricing = aws::pricing;
namespace sts = aws::sts;
using base::fail;
using base::Fault;
using boost::asio::awaitable;

template <class Op>
using Answer = awaitable<base::Result<typename Op::Response>>;

// `call` lives until the answer is there.
struct Entry {
  const aws::Operation* operation;
  awaitable<base::Result<aws::HttpAnswer>> (*serve)(Context context, const aws::Call& call);
};

inline std::unexpected<base::Error> dry_run_operation() {
  return fail(Fault::kConflict, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.");
}

namespace detail {
template <class Op, auto kHandler>
awaitable<base::Result<aws::HttpAnswer>> serve(Context context, const aws::Call& call) {
  CO_TRY_ASSIGN(auto request, aws::decode<Op>(call));
  bool dry_run = false;
  if constexpr (requires { request.dry_run; }) dry_run = request.dry_run.value_or(false);
  const std::string request_id = context.actor.request_id;
  CO_TRY_ASSIGN(const auto response, co_await kHandler(std::move(context), std::move(request)));
  if (dry_run) co_return dry_run_operation();
  co_return aws::encode<Op>(call, response, request_id);
}
}  // namespace detail

template <class Op, auto kHandler>
constexpr Entry entry() {
  return {&Op::kOperation, &detail::serve<Op, kHandler>};
}

// Null when there is none: the model has it, this folder does not.
const Entry* find_entry(const aws::Operation* operation);

}  // namespace stipend::api
