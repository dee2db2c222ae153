// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/filter_configs.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace sluice::compile {
namespace {

std::string KeyOf(std::string_view type, std::string_view bytes) {
  return absl::StrCat(type, "\n", bytes);  // No type has a newline.
}

}  // namespace

std::shared_ptr<const config::FilterConfig> FilterConfigs::Find(std::string_view type,
                                                                std::string_view bytes) const {
  const auto it = configs_.find(KeyOf(type, bytes));
  return it == configs_.end() ? nullptr : it->second.lock();
}

void FilterConfigs::Put(std::string_view type, std::string_view bytes,
                        const std::shared_ptr<const config::FilterConfig>& config) {
  if (configs_.size() >= sweep_at_) {
    absl::erase_if(configs_, [](const auto& entry) { return entry.second.expired(); });
    sweep_at_ = std::max(kFirstSweep, 2 * configs_.size());
  }
  configs_[KeyOf(type, bytes)] = config;
}

}  // namespace sluice::compile
