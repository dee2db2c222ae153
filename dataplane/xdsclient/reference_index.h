// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

namespace sluice::xdsclient {

// Names that became wanted, and names that are wanted no more.
struct InterestChange {
  std::set<std::string> added;
  std::set<std::string> removed;
  bool empty() const { return added.empty() && removed.empty(); }
};

// A ReferenceIndex knows who names what: which clusters take their endpoints from an assignment,
// which listeners their routes from a table. So a change finds whom it concerns, and a name that
// nobody names any more is noticed.
//
// Thread:   one.
// Limits:   a change costs what the user names, not how many users there are.
class ReferenceIndex {
 public:
  using Users = absl::flat_hash_set<std::string>;

  // From now on `user` names exactly these, in whatever order and however often each.
  void Set(const std::string& user, std::vector<std::string> names);

  const Users& UsersOf(std::string_view name) const;
  bool named(std::string_view name) const { return users_.contains(name); }
  // All that somebody names.
  std::set<std::string> NamesForTest() const;

  // What became named, or is named no more, since this was last asked.
  InterestChange TakeChange();

 private:
  void NoteChange(const std::string& name);

  absl::flat_hash_map<std::string, std::vector<std::string>> names_of_;
  absl::flat_hash_map<std::string, Users> users_;     // None is empty.
  absl::flat_hash_map<std::string, bool> was_named_;  // Of those that may have changed.
};

}  // namespace sluice::xdsclient
