// SPDX-License-Identifier: Apache-2.0
#include "controlplane/resolve/facts.h"

#include "api/manifest/kinds.h"
#include "api/manifest/metadata.h"
#include "gateway/v1/reference_grant.pb.h"

namespace sluice::resolve {
namespace {

bool Allows(const gateway::v1::ReferenceGrantSpec& grant, const Reference& from,
            const Reference& to) {
  bool from_listed = false;
  for (const auto& entry : grant.from()) {
    from_listed = from_listed || (entry.group() == from.group && entry.kind() == from.kind &&
                                  entry.namespace_() == from.ns);
  }
  if (!from_listed) return false;
  for (const auto& entry : grant.to()) {
    if (entry.group() == to.group && entry.kind() == to.kind &&
        (!entry.has_name() || entry.name().empty() || entry.name() == to.name)) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool Facts::MayRefer(const Reference& from, const Reference& to) {
  if (from.ns == to.ns) return true;
  for (const manifest::ObjectKey& key : Members(GrantsIn(to.ns))) {
    const auto* grant = Find<gateway::v1::ReferenceGrant>(key.ns, key.name);
    if (Allows(grant->spec(), from, to)) return true;
  }
  return false;
}

absl::Time CreatedAt(const google::protobuf::Message& body) {
  const k8s::ObjectMeta* metadata = manifest::FindMetadata(body);
  if (metadata == nullptr || !metadata->has_creation_timestamp()) return absl::InfiniteFuture();
  const google::protobuf::Timestamp& time = metadata->creation_timestamp();
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

std::string_view GroupOf(std::string_view kind) {
  const manifest::KindInfo* info = manifest::FindKindByName(kind);
  return info == nullptr ? std::string_view() : info->group;
}

}  // namespace sluice::resolve
