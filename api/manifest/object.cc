// SPDX-License-Identifier: Apache-2.0
#include "api/manifest/object.h"

#include "absl/strings/str_cat.h"

namespace sluice::manifest {

std::string ObjectKey::ToString() const {
  return ns.empty() ? absl::StrCat(kind, " ", name) : absl::StrCat(kind, " ", ns, "/", name);
}

}  // namespace sluice::manifest
