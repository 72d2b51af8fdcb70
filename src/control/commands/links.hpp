// Course links: /go/CODE takes a member from a course page to a running notebook with a repository in it. Staff makes
// them; what a member may do with one is what the member could do by hand, at the member's cost.
#pragma once

#include "control/commands/people.hpp"
#include "control/commands/queue.hpp"

namespace stipend::control {

struct NewCourseLink {
  std::string course, title;
  std::string image, type;         // names
  std::string repository, branch;  // https only; empty: none, its default branch
  std::string path;                // below the home, opened in Jupyter; empty: the repository, or the launcher
};
base::Result<domain::RowPtr<domain::CourseLink>> make_course_link(Tx& tx, const NewCourseLink& request);
base::Status delete_course_link(Tx& tx, const std::string& code);

// "https://host/path" and nothing that a browser, git or a shell could read as more.
bool is_repository(std::string_view text);
bool is_branch(std::string_view text);
// Relative, without "..", one line.
bool is_page_path(std::string_view text);

// The link, when it is of the account's course; NoSuchLink else, whoever asks.
base::Result<const domain::CourseLink*> visible_link(const domain::State& state, const base::AccountId& account,
                                                     const std::string& code);
// The newest image of the link's name; null when it was removed.
const domain::Image* image_of(const domain::State& state, const domain::CourseLink& link);
// The member's machine that the link would open: of an image of that name; running before starting before stopped,
// the newest of each. Null: one has to be launched.
const domain::Instance* machine_for(const domain::State& state, const base::AccountId& account, const domain::CourseLink& link);
// The member's place in the queue for what the link would open: that machine's start, or a launch of an image of that
// name. Null: none, or a machine runs already.
const domain::QueuePlace* place_for(const domain::State& state, const base::AccountId& account, const domain::CourseLink& link);
// Where Jupyter goes: an absolute path on the machine's own origin.
std::string landing_path(const domain::CourseLink& link);

// Starts or launches what is needed: the machine, in whatever state it is now, or its place in the queue where room alone
// is missing; a place that waits already stays the one. IncorrectInstanceState while the machine stops.
base::Result<Begun> open_link(Tx& tx, const std::string& code);

}  // namespace stipend::control
