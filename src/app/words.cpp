#include "app/words.hpp"

#include <fmt/format.h>

namespace stipend::app {

std::string to_word(domain::InstanceState state) {
  using S = domain::InstanceState;
  switch (state) {
    case S::kPending: return "pending";
    case S::kRunning: return "running";
    case S::kShuttingDown: return "shutting-down";
    case S::kTerminated: return "terminated";
    case S::kStopping: return "stopping";
    case S::kStopped: return "stopped";
  }
  return "";
}

std::string to_word(domain::Role role) {
  switch (role) {
    case domain::Role::kStudent: return "student";
    case domain::Role::kTeacher: return "teacher";
    case domain::Role::kAdministrator: return "administrator";
    case domain::Role::kCourse: return "course";
  }
  return "";
}

std::string to_word(domain::AccountStatus status) {
  switch (status) {
    case domain::AccountStatus::kInvited: return "invited";
    case domain::AccountStatus::kJoined: return "joined";
    case domain::AccountStatus::kSuspended: return "suspended";
  }
  return "";
}

std::string to_word(domain::EntryKind kind) {
  switch (kind) {
    case domain::EntryKind::kGrant: return "grant";
    case domain::EntryKind::kTakeBack: return "take-back";
    case domain::EntryKind::kCharge: return "charge";
    case domain::EntryKind::kStorage: return "storage";
    case domain::EntryKind::kCorrection: return "correction";
    case domain::EntryKind::kExpiry: return "expiry";
  }
  return "";
}

std::string to_word(domain::DiskKind kind) {
  switch (kind) {
    case domain::DiskKind::kRoot: return "root";
    case domain::DiskKind::kHome: return "home";
    case domain::DiskKind::kData: return "data";
    case domain::DiskKind::kCourse: return "course";
    case domain::DiskKind::kSnapshot: return "snapshot";
  }
  return "";
}

std::string to_word(domain::HomePolicy homes) { return homes == domain::HomePolicy::kKeep ? "keep" : "machine"; }

base::Result<domain::HomePolicy> homes_of(const std::string& word) {
  if (word == "keep") return domain::HomePolicy::kKeep;
  if (word == "machine") return domain::HomePolicy::kMachine;
  return base::fail(base::Fault::kInvalid, "InvalidHomes",
                    "homes are keep (a disk of its own that outlives the machine) or machine (part of its root disk, as on AWS)");
}

namespace {

// What the state's reason says behind AWS's code.
std::string after_code(const domain::Instance& instance) {
  std::string why = instance.state_reason_message;
  if (const auto code = why.find(": "); why.starts_with("Server.") && code != why.npos) why = why.substr(code + 2);
  while (why.ends_with('.')) why.pop_back();
  return why;
}

std::string start_failure(const domain::Instance& instance) {
  return fmt::format("It could not be started: {}. Nothing was charged.", after_code(instance));
}

}  // namespace

std::string stop_sentence(const domain::Instance& instance) {
  using C = domain::StopCause;
  if (instance.state == domain::InstanceState::kRunning || instance.state == domain::InstanceState::kPending) return "";
  switch (instance.stop_cause) {
    case C::kNone: return "";
    case C::kPerson: return instance.state_reason_code == "Server.ScheduledStop" ? after_code(instance) + "." : "Stopped by you. The disk is kept.";
    case C::kTeacher: return "Stopped by your teacher. The disk is kept.";
    case C::kCredit: return "Stopped when the credit was used up. Your files stay.";
    case C::kIdle: return "Stopped while idle. Your files stay.";
    case C::kSchedule:
    case C::kPolicy: return after_code(instance) + ".";
    case C::kFault: return "Stopped by a fault of the computer it ran on; that time is not charged. Your files stay.";
    case C::kGuest: return "Shut down from inside. The disk is kept.";
    case C::kStartFailed: return start_failure(instance);
    case C::kHostDisk:
      return "Stopped because the server's disk was almost full; what came after is not charged. Your files are kept.";
  }
  return "";
}

}  // namespace stipend::app
