// SPDX-License-Identifier: Apache-2.0
#include "dataplane/xdsclient/reference_index.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace sluice::xdsclient {

void ReferenceIndex::Set(const std::string& user, std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  const auto known = names_of_.find(user);
  const std::vector<std::string> before =
      known == names_of_.end() ? std::vector<std::string>() : std::move(known->second);
  std::vector<std::string> gone, come;
  std::set_difference(before.begin(), before.end(), names.begin(), names.end(),
                      std::back_inserter(gone));
  std::set_difference(names.begin(), names.end(), before.begin(), before.end(),
                      std::back_inserter(come));
  for (const std::string& name : gone) {
    NoteChange(name);
    const auto it = users_.find(name);
    it->second.erase(user);
    if (it->second.empty()) users_.erase(it);
  }
  for (const std::string& name : come) {
    NoteChange(name);
    users_[name].insert(user);
  }
  if (!names.empty()) {
    names_of_[user] = std::move(names);
  } else if (known != names_of_.end()) {
    names_of_.erase(known);
  }
}

const ReferenceIndex::Users& ReferenceIndex::UsersOf(std::string_view name) const {
  static const Users* const kNone = new Users;
  const auto it = users_.find(name);
  return it == users_.end() ? *kNone : it->second;
}

std::set<std::string> ReferenceIndex::NamesForTest() const {
  std::set<std::string> out;
  for (const auto& [name, users] : users_) out.insert(name);
  return out;
}

void ReferenceIndex::NoteChange(const std::string& name) {
  was_named_.try_emplace(name, users_.contains(name));
}

InterestChange ReferenceIndex::TakeChange() {
  InterestChange change;
  for (const auto& [name, was_named] : std::exchange(was_named_, {})) {
    if (named(name) == was_named) continue;
    (was_named ? change.removed : change.added).insert(name);
  }
  return change;
}

}  // namespace sluice::xdsclient
