#include "app/notice_words.hpp"

#include <fmt/format.h>

#include "base/money.hpp"

namespace stipend::app {
namespace {

// 512 MiB, 4 GiB, 7.3 GiB: rounded down, so that what is full never looks as if there were room.
std::string size(std::int64_t mib) {
  if (mib < 1024) return fmt::format("{} MiB", mib);
  const auto tenths = mib * 10 / 1024;
  return tenths % 10 == 0 ? fmt::format("{} GiB", tenths / 10) : fmt::format("{}.{} GiB", tenths / 10, tenths % 10);
}

std::string family(const std::string& type) { return type.substr(0, type.find('.')); }

const domain::InstanceType* larger(const domain::Catalogue& catalogue, const domain::Instance& instance, std::int64_t mib) {
  const domain::InstanceType* best = nullptr;
  const auto before = [&](const domain::InstanceType& a, const domain::InstanceType& b) {
    const bool a_same = family(a.name) == family(instance.type), b_same = family(b.name) == family(instance.type);
    if (a_same != b_same) return a_same;
    return a.price.nano_per_hour < b.price.nano_per_hour;
  };
  for (const auto& type : catalogue.types)
    if (type.memory_mib > mib && type.provider.empty() && (!best || before(type, *best))) best = &type;
  return best;
}

}  // namespace

std::string notice_kind(domain::NoticeKind kind) {
  switch (kind) {
    case domain::NoticeKind::kOutOfMemory: return "memory";
    case domain::NoticeKind::kDiskFilling: return "disk";
    case domain::NoticeKind::kHomeFilling: return "home";
  }
  return "";
}

std::string folder_sentence(const control::FolderFills& fills) {
  return fmt::format("The course folder /course is {} % full ({} of {}). Delete what the course no longer needs, on the Files page or on a machine of "
                     "the staff: when it is full the staff can save nothing there, and students still read it.",
                     fills.percent, size(fills.used_mib), size(fills.size_mib));
}

std::string notice_sentence(const domain::Notice& notice, const domain::Instance& instance,
                            const domain::Catalogue* catalogue) {
  const auto how_full = [&] { return fmt::format("{} % full ({} of {})", notice.figure, size(notice.used_mib), size(notice.size_mib)); };
  if (notice.kind == domain::NoticeKind::kHomeFilling)
    return fmt::format("Your home is {}. Delete what you no longer need, with the trash and caches such as ~/.cache, or download it: "
                       "in a full home nothing can be saved.",
                       how_full());
  if (notice.kind == domain::NoticeKind::kDiskFilling && !instance.home_disk.empty())
    return fmt::format("The machine's own disk is {}, not your home. Remove packages and files outside your home that you no longer need, or "
                       "start the machine on a new image: on a full disk nothing can be installed.",
                       how_full());
  if (notice.kind == domain::NoticeKind::kDiskFilling)
    return fmt::format("The disk is {}. Delete what you no longer need, or take it elsewhere: on a full disk nothing can be saved.", how_full());
  auto text = fmt::format("Memory was full: {}. The kernel or program that used most was ended; Jupyter and your files are fine.",
                          size(notice.figure));
  if (const auto* type = catalogue ? larger(*catalogue, instance, notice.figure) : nullptr)
    text += fmt::format(" A {} has {}, for {} an hour: stop the machine, change its type, start it again.", type->name,
                        size(type->memory_mib), base::to_rate_display({type->price.nano_per_hour}));
  return text;
}

}  // namespace stipend::app
