// What a course shares and how its homes are: settings of a course after it was made. For the operator. Strand only.
#pragma once

#include <optional>
#include <string>

#include "control/commands/common.hpp"

namespace stipend::control {

// By name or id; NoSuchCourse.
base::Result<domain::RowPtr<domain::Course>> named_course(const domain::State& state, const std::string& name_or_id);

struct CourseChange {
  std::optional<domain::HomePolicy> homes;  // of machines launched from now on
  std::optional<std::int64_t> home_gib;     // of homes made from now on
};
base::Result<domain::RowPtr<domain::Course>> change_course(Tx& tx, const std::string& course, const CourseChange& change);
inline constexpr std::int64_t kHomeGibMax = 1024;
base::Status check_home_gib(std::int64_t gib);

// The folder that members see as /course, on a disk that the course's own account pays: made with its first credit at
// the first call. A second call with another size is refused. Machines see it from their next start on.
struct CourseFolder {
  std::int64_t gib = 0;
  base::Money credit;  // given to the course's account now
};
base::Result<domain::RowPtr<domain::Course>> set_course_folder(Tx& tx, const std::string& course, const CourseFolder& folder);
// Deleted as any disk: it can be brought back for some days. Machines that run keep it until they stop.
base::Result<domain::RowPtr<domain::Course>> remove_course_folder(Tx& tx, const std::string& course);

}  // namespace stipend::control
