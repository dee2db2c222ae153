// SPDX-License-Identifier: Apache-2.0
#include "controlplane/resolve/conditions.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "api/manifest/cidr.h"

namespace sluice::resolve {
namespace {

ir::PathMatch ToIr(const v1alpha1::PathCondition& from) {
  using Kind = ir::PathMatch::Kind;
  ir::PathMatch to{.kind = Kind::kPrefix, .value = from.value()};
  if (from.type() == "Exact") to.kind = Kind::kExact;
  if (from.type() == "RegularExpression") to.kind = Kind::kRegex;
  // A prefix is a row of whole segments: "/a/" is "/a".
  if (to.kind == Kind::kPrefix && to.value.size() > 1 && to.value.back() == '/') {
    to.value.pop_back();
  }
  return to;
}

void AddConsumers(const v1alpha1::RequestConditions& from, const std::string& ns,
                  ir::Conditions& to) {
  for (const std::string& name : from.consumers()) {
    to.any_consumer = to.any_consumer || name == "*";
    to.consumers.push_back(absl::StrContains(name, '/') ? name : absl::StrCat(ns, "/", name));
  }
  if (to.any_consumer) to.consumers.clear();
}

}  // namespace

ir::Conditions ResolveConditions(const v1alpha1::RequestConditions& from, const std::string& ns) {
  ir::Conditions to;
  AddConsumers(from, ns, to);
  to.groups = {from.groups().begin(), from.groups().end()};
  to.scopes = {from.scopes().begin(), from.scopes().end()};
  to.methods = {from.methods().begin(), from.methods().end()};
  for (const v1alpha1::ClaimMatch& claim : from.claims()) {
    to.claims.push_back({claim.claim(), {claim.values().begin(), claim.values().end()}});
  }
  for (const v1alpha1::PathCondition& path : from.paths()) to.paths.push_back(ToIr(path));
  for (const v1alpha1::HeaderCondition& header : from.headers()) {
    to.headers.push_back(
        {absl::AsciiStrToLower(header.name()), {header.values().begin(), header.values().end()}});
  }
  for (const std::string& text : from.client_ips()) {
    // What is no network did not get past the manifest's checks.
    const absl::StatusOr<manifest::Cidr> cidr = manifest::ParseCidr(text);
    if (cidr.ok()) {
      to.client_ips.push_back({cidr->address, static_cast<uint32_t>(cidr->prefix_bits)});
    }
  }
  return to;
}

}  // namespace sluice::resolve
