#include "domain/homework.hpp"

#include "base/check.hpp"
#include "domain/charge.hpp"
#include "domain/storage.hpp"

namespace stipend::domain {

Bill bill_of(const Homework& homework, RatePlan plan) {
  CHECK(homework.starts > 0 && homework.seconds >= homework.starts, "each start runs for a second at least");
  // All starts but a few are equally long: two prices are enough, however many there are.
  const std::int64_t each = homework.seconds / homework.starts, longer = homework.seconds % homework.starts;
  const auto times = [&](std::int64_t count, std::int64_t seconds) {
    const Money one = count == 0 ? Money{} : charge_for(plan, homework.machine, {seconds}, base::Rounding::kFloor);
    return base::mul_div(one, count, 1, base::Rounding::kFloor);
  };
  Bill bill;
  bill.machine = times(homework.starts - longer, each) + times(longer, each + 1);
  bill.disk = base::cost(homework.disk, {homework.disk_s}, base::Rounding::kFloor);
  bill.reserve = reserve_for(homework.disk, homework.grace_s);
  return bill;
}

}  // namespace stipend::domain
