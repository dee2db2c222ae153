// SPDX-License-Identifier: Apache-2.0
#include "controlplane/pushapi/documents.h"

#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "api/manifest/kinds.h"
#include "api/manifest/manifest.h"
#include "base/nearest.h"
#include "base/status_macros.h"
#include "controlplane/pushapi/rejection.h"

namespace sluice::pushapi {
namespace {

constexpr std::string_view kDefaultNamespace = "default";

manifest::Problem TwiceProblem(const manifest::Object& object, const manifest::Origin& first) {
  manifest::Problem problem;
  problem.origin = object.origin;
  problem.resource = object.key.ToString();
  problem.reason = absl::StrCat("The object stands at ", first.file, ":", first.line, " already.");
  return problem;
}

}  // namespace

absl::StatusOr<std::vector<manifest::Object>> ReadDocuments(
    const google::protobuf::RepeatedPtrField<push::v1::Document>& documents,
    std::string_view default_namespace) {
  manifest::ParseOptions options;
  options.default_namespace =
      std::string(default_namespace.empty() ? kDefaultNamespace : default_namespace);
  std::vector<manifest::Object> objects;
  std::vector<manifest::Problem> problems;
  std::map<manifest::ObjectKey, manifest::Origin> seen;
  for (const push::v1::Document& document : documents) {
    manifest::ParseResult result =
        manifest::ParseManifests(document.text(), document.file(), options);
    problems.insert(problems.end(), result.problems.begin(), result.problems.end());
    for (manifest::Object& object : result.objects) {
      const auto [first, is_new] = seen.emplace(object.key, object.origin);
      if (!is_new) {
        problems.push_back(TwiceProblem(object, first->second));
        continue;
      }
      objects.push_back(std::move(object));
    }
  }
  if (!problems.empty()) return Rejected(absl::StatusCode::kInvalidArgument, problems);
  return objects;
}

absl::StatusOr<std::string> ReadKind(std::string_view name) {
  std::vector<std::string_view> names;
  for (const manifest::KindInfo& info : manifest::AllKinds()) {
    if (absl::EqualsIgnoreCase(info.kind, name) || absl::EqualsIgnoreCase(info.plural, name)) {
      return std::string(info.kind);
    }
    names.push_back(info.kind);
  }
  const std::string_view nearest = base::NearestName(name, names);
  return absl::InvalidArgumentError(
      absl::StrCat("\"", name, "\" is no kind that is known here",
                   nearest.empty() ? "." : absl::StrCat("; did you mean ", nearest, "?")));
}

absl::StatusOr<manifest::ObjectKey> ReadKey(const push::v1::ObjectKey& key) {
  manifest::ObjectKey out;
  SLUICE_ASSIGN_OR_RETURN(out.kind, ReadKind(key.kind()));
  if (key.name().empty()) {
    return absl::InvalidArgumentError(absl::StrCat("Name the ", out.kind, "."));
  }
  out.name = key.name();
  if (manifest::FindKindByName(out.kind)->namespaced) {
    out.ns = key.namespace_().empty() ? std::string(kDefaultNamespace) : key.namespace_();
  }
  return out;
}

}  // namespace sluice::pushapi
