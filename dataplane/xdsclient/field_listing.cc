// SPDX-License-Identifier: Apache-2.0
#include "dataplane/xdsclient/field_listing.h"

#include "absl/strings/str_cat.h"

namespace sluice::xdsclient {

void FieldListing::Add(ResourceType type, std::string_view name,
                       const std::vector<compile::Finding>& findings) {
  for (const compile::Finding& finding : findings) {
    Field& field = fields_[finding.subject];
    if (field.places++ > 0) continue;
    field.first_place = absl::StrCat(TypeName(type), " \"", name, "\" at ", finding.path);
  }
}

std::vector<std::string> FieldListing::Lines() const {
  std::vector<std::string> lines;
  for (const auto& [subject, field] : fields_) {
    if (lines.size() + 1 == kMaxLines && fields_.size() > kMaxLines) {
      lines.push_back(absl::StrCat("and ", fields_.size() - lines.size(), " more fields"));
      break;
    }
    std::string& line = lines.emplace_back(absl::StrCat(subject, ": in ", field.first_place));
    if (field.places > 1) absl::StrAppend(&line, ", and ", field.places - 1, " more places");
  }
  return lines;
}

}  // namespace sluice::xdsclient
