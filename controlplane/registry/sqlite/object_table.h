// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "controlplane/registry/change.h"
#include "controlplane/registry/sqlite/database.h"

namespace sluice::registry {

// The objects as they are now, and the status of each.
//
// Thread, Errors: as its database.
class ObjectTable {
 public:
  // `database` must outlive the table.
  absl::Status Prepare(const Database& database);

  absl::StatusOr<std::optional<Entry>> Find(const manifest::ObjectKey& key);
  absl::StatusOr<std::vector<Entry>> All();  // In key order.
  absl::StatusOr<size_t> Count();

  absl::Status Put(const Entry& entry);
  absl::Status Delete(const manifest::ObjectKey& key);  // With its status.

  absl::Status PutStatus(const manifest::ObjectKey& key, const std::string& json);
  absl::StatusOr<std::string> FindStatus(const manifest::ObjectKey& key);  // Empty if none.
  absl::Status ForEachStatus(
      const std::function<void(manifest::ObjectKey key, std::string_view json)>& visit);

 private:
  Statement find_, all_, count_, put_, delete_;
  Statement put_status_, find_status_, all_status_, delete_status_;
};

}  // namespace sluice::registry
