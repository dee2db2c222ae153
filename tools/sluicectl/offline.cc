// SPDX-License-Identifier: Apache-2.0
#include "tools/sluicectl/offline.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "api/manifest/manifest.h"

namespace sluice::sluicectl {

OfflineObjects ReadOffline(const std::vector<InputFile>& files,
                           std::string_view default_namespace) {
  manifest::ParseOptions options;
  if (!default_namespace.empty()) options.default_namespace = std::string(default_namespace);
  OfflineObjects out;
  std::map<manifest::ObjectKey, manifest::Origin> seen;
  store::ObjectSetBuilder builder;
  for (const InputFile& file : files) {
    manifest::ParseResult result = manifest::ParseManifests(file.text, file.name, options);
    out.problems.insert(out.problems.end(), result.problems.begin(), result.problems.end());
    for (manifest::Object& object : result.objects) {
      const auto [first, is_new] = seen.emplace(object.key, object.origin);
      if (!is_new) {
        out.problems.push_back({object.origin, object.key.ToString(), "",
                                absl::StrCat("The object stands at ", first->second.file, ":",
                                             first->second.line, " already.")});
        continue;
      }
      builder.Put({std::make_shared<const manifest::Object>(object), 1});
      out.objects.push_back(std::move(object));
    }
  }
  builder.SetRevision(1);
  out.set = std::move(builder).Build();
  return out;
}

}  // namespace sluice::sluicectl
