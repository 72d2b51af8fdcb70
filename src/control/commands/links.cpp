#include "control/commands/links.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.hpp"
#include "base/dns.hpp"
#include "control/commands/common.hpp"
#include "control/commands/instances.hpp"
#include "control/commands/passes.hpp"
#include "control/roster/clean_text.hpp"

namespace stipend::control {
namespace {

using base::Fault;
using domain::CourseLink;
using domain::InstanceState;

constexpr std::string_view kSigns = "abcdefghjkmnpqrstvwxyz23456789";
constexpr std::size_t kCodeLength = 10, kMostLinks = 500;

bool all_of(std::string_view text, std::string_view signs) {
  return std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || signs.contains(c);
  });
}

std::unexpected<base::Error> no_link() {
  return base::fail(Fault::kNotFound, "NoSuchLink",
                    "There is no such link in your course. Look at its address again, or ask your teacher for the present one.");
}

// Lower is better.
int preference(InstanceState state) {
  switch (state) {
    case InstanceState::kRunning: return 0;
    case InstanceState::kPending: return 1;
    case InstanceState::kStopped: return 2;
    case InstanceState::kStopping: return 3;
    default: return 9;
  }
}

std::string percent(std::string_view text) {
  std::string out;
  for (const unsigned char c : text)
    out += all_of(std::string_view(reinterpret_cast<const char*>(&c), 1), "-._~/") ? std::string(1, static_cast<char>(c)) : fmt::format("%{:02X}", c);
  return out;
}

// As git names the folder of a clone.
std::string folder_of(std::string_view repository) {
  while (repository.ends_with('/')) repository.remove_suffix(1);
  if (repository.ends_with(".git")) repository.remove_suffix(4);
  return std::string(repository.substr(repository.rfind('/') + 1));
}

}  // namespace

bool is_repository(std::string_view text) {
  constexpr std::string_view kScheme = "https://";
  if (text.size() > 300 || !text.starts_with(kScheme) || text.contains("..")) return false;
  text.remove_prefix(kScheme.size());
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return false;
  std::string_view host = text.substr(0, slash);
  if (const auto colon = host.find(':'); colon != std::string_view::npos) {
    const auto port = host.substr(colon + 1);
    if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string_view::npos) return false;
    host = host.substr(0, colon);
  }
  const auto path = text.substr(slash + 1);
  const auto name = folder_of(path);
  return base::is_dns_name(host) && all_of(path, "-._~/+") && !path.starts_with('/') && !path.contains("//") && !name.empty() &&
         name != "." && !name.starts_with('-') && !name.starts_with('.');
}

bool is_branch(std::string_view text) {
  return text.size() <= 100 && all_of(text, "-._/") && !text.starts_with('-') && !text.starts_with('/') && !text.ends_with('/') &&
         !text.starts_with('.') && !text.ends_with('.') && !text.ends_with(".lock") && !text.contains("..") && !text.contains("//") &&
         !text.contains("/.");
}

bool is_page_path(std::string_view text) {
  if (text.size() > 200 || text.starts_with('/') || text.contains('\\') || text.contains("//")) return false;
  for (std::string_view rest = text; !rest.empty();) {
    const auto slash = rest.find('/');
    const auto part = rest.substr(0, slash);
    if (part == ".." || part == ".") return false;
    rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
  }
  const auto clean = clean_text(text, 200, false);
  return clean && *clean == text;
}

base::Result<domain::RowPtr<CourseLink>> make_course_link(Tx& tx, const NewCourseLink& request) {
  const auto& state = tx.state();
  TRY_ASSIGN(const auto* course, managed_course(state, tx.actor(), request.course));
  CourseLink link;
  const auto title = clean_text(request.title, 100, true);
  if (!title || title->empty())
    return base::fail(Fault::kInvalid, "InvalidTitle", "the title " + (title ? std::string("is empty") : title.error().message));
  link.title = *title;
  link.course = course->id;
  link.image = request.image;
  link.type = request.type;
  const auto* image = image_of(state, link);
  if (!image) return base::fail(Fault::kNotFound, "NoSuchImage", fmt::format("there is no image '{}'", request.image));
  if (!image->jupyter) return base::fail(Fault::kInvalid, "NoJupyter", fmt::format("the image '{}' has no Jupyter to open", request.image));
  const auto* catalogue = domain::catalogue_at(state, *course, tx.now());
  const auto* type = catalogue ? domain::find_type(*catalogue, request.type) : nullptr;
  if (!type || !type->provider.empty())
    return base::fail(Fault::kInvalid, "InvalidType", fmt::format("the course has no instance type '{}' that runs here", request.type));
  if (!request.repository.empty() && !is_repository(request.repository))
    return base::fail(Fault::kInvalid, "InvalidRepository",
                      "a repository is an address like https://github.com/teacher/course, without name, password or question mark in it");
  if (!request.branch.empty() && (request.repository.empty() || !is_branch(request.branch)))
    return base::fail(Fault::kInvalid, "InvalidBranch", "a branch is a name like main, and needs a repository");
  if (!request.path.empty() && !is_page_path(request.path))
    return base::fail(Fault::kInvalid, "InvalidPath", "the page to open is a path below the home, like course/lab1.ipynb");
  std::size_t links = 0;
  for (const auto& [key, row] : state.course_links) links += row->course == course->id;
  if (links >= kMostLinks) return base::fail(Fault::kNoRoom, "TooManyLinks", fmt::format("the course has {} links; delete some first", links));
  link.repository = request.repository;
  link.branch = request.branch;
  link.path = request.path;
  link.created = tx.now();
  do link.code = random_word(tx.random(), kSigns, kCodeLength);
  while (state.find<CourseLink>(link.code));
  const auto code = link.code;
  tx.save(std::move(link));
  tx.audit("make-course-link", course->id.str(), code);
  return state.course_links.at(code);
}

base::Status delete_course_link(Tx& tx, const std::string& code) {
  const auto* link = tx.state().find<CourseLink>(code);
  if (!link) return no_link();
  const auto course = link->course;
  TRY_ASSIGN(const auto* managed, managed_course(tx.state(), tx.actor(), course.str()));
  if (managed->id != course) return no_link();
  tx.erase<CourseLink>(code);
  tx.audit("delete-course-link", course.str(), code);
  return {};
}

base::Result<const CourseLink*> visible_link(const domain::State& state, const base::AccountId& account, const std::string& code) {
  const auto* link = state.find<CourseLink>(code);
  const auto* row = state.find<domain::Account>(account);
  if (!link || !row || row->course != link->course) return no_link();
  return link;
}

const domain::Image* image_of(const domain::State& state, const CourseLink& link) {
  const domain::Image* newest = nullptr;
  for (const auto& [id, image] : state.images)
    if (image->name == link.image && image->account.empty() && (!newest || image->created > newest->created)) newest = image.get();
  return newest;
}

const domain::Instance* machine_for(const domain::State& state, const base::AccountId& account, const CourseLink& link) {
  const auto of = state.instances_of.find(account);
  if (of == state.instances_of.end()) return nullptr;
  const domain::Instance* best = nullptr;
  const auto better = [&](const domain::Instance& one) {
    if (!best) return true;
    const int mine = preference(one.state), theirs = preference(best->state);
    return mine < theirs || (mine == theirs && one.launched > best->launched);
  };
  for (const auto& id : of->second) {
    const auto* one = state.find<domain::Instance>(id);
    const auto* image = state.find<domain::Image>(one->image);
    if (image && image->name == link.image && !one->terminate_wanted && preference(one->state) < 9 && better(*one)) best = one;
  }
  return best;
}

const domain::QueuePlace* place_for(const domain::State& state, const base::AccountId& account, const CourseLink& link) {
  const auto* machine = machine_for(state, account, link);
  if (machine && (machine->state == InstanceState::kRunning || machine->state == InstanceState::kPending)) return nullptr;
  for (const auto& [id, place] : state.queue) {
    if (place->account != account) continue;
    if (!place->instance.empty()) {
      if (machine && place->instance == machine->id) return place.get();
      continue;
    }
    const auto* image = state.find<domain::Image>(place->image);
    if (image && image->name == link.image) return place.get();
  }
  return nullptr;
}

std::string landing_path(const CourseLink& link) {
  const std::string folder = link.repository.empty() ? "" : folder_of(link.repository);
  const std::string page = !link.path.empty() ? "lab/tree/" + percent(link.path) : folder.empty() ? "lab" : "lab/tree/" + percent(folder);
  if (link.repository.empty()) return "/" + page;
  const auto argument = [](std::string_view text) {
    std::string out;
    for (const char c : percent(text)) out += c == '/' ? std::string("%2F") : std::string(1, c);
    return out;
  };
  return "/git-pull?repo=" + argument(link.repository) + (link.branch.empty() ? "" : "&branch=" + argument(link.branch)) +
         "&targetpath=" + argument(folder) + "&urlpath=" + argument(page);  // its own default keeps a ".git" at the end
}

base::Result<Begun> open_link(Tx& tx, const std::string& code) {
  const auto& state = tx.state();
  TRY_ASSIGN(const auto* account, own_account(tx));
  TRY_ASSIGN(const auto* link, visible_link(state, account->id, code));
  if (const auto* place = place_for(state, account->id, *link)) return Begun{{}, place->id};
  if (const auto* machine = machine_for(state, account->id, *link)) {
    const auto id = machine->id;
    if (machine->state == InstanceState::kStopping)
      return base::fail(Fault::kConflict, "IncorrectInstanceState", "Your machine is stopping. It can be started in a moment.");
    if (machine->state == InstanceState::kStopped) return start_or_wait(tx, id);
    return Begun{id, {}};
  }
  const auto* image = image_of(state, *link);
  if (!image)
    return base::fail(Fault::kNotFound, "NoSuchImage",
                      fmt::format("This link asks for the image {}, which the course does not have any more. Tell your teacher.", link->image));
  return launch_or_wait(tx, page_launch({image->id, link->type, link->image, "", ""}));
}

}  // namespace stipend::control
