#include "api/ec2/instance_texts.hpp"

namespace stipend::api {

aws::Written InstanceTexts::find(const InstanceView& view) {
  if (const auto at = young_.find(view.instance->id); at != young_.end())
    return at->second.is_of(view) ? at->second.text : nullptr;
  const auto at = old_.find(view.instance->id);
  if (at == old_.end() || !at->second.is_of(view)) return nullptr;
  auto text = at->second.text;
  keep(view, text);
  return text;
}

void InstanceTexts::keep(const InstanceView& view, aws::Written text) {
  if (young_bytes_ + text->size() > bytes_max_) {
    old_ = std::exchange(young_, {});
    young_bytes_ = 0;
  }
  auto& kept = young_[view.instance->id];
  if (kept.text) young_bytes_ -= kept.text->size();
  young_bytes_ += text->size();
  kept = {view.instance, view.root_disk, view.home_disk, view.elastic, std::move(text)};
}

std::vector<aws::Written> InstanceTexts::of(std::span<const InstanceView> views) {
  std::vector<aws::Written> texts;
  texts.reserve(views.size());
  std::vector<std::size_t> missing;
  {
    const std::lock_guard lock(guard_);
    for (const auto& view : views) {
      if (!texts.emplace_back(find(view))) missing.push_back(texts.size() - 1);
    }
  }
  for (const auto i : missing) texts[i] = to_aws(views[i]).write();
  if (missing.empty()) return texts;
  const std::lock_guard lock(guard_);
  for (const auto i : missing) keep(views[i], texts[i]);
  return texts;
}

}  // namespace stipend::api
