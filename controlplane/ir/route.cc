// SPDX-License-Identifier: Apache-2.0
#include "controlplane/ir/route.h"

#include <tuple>

namespace sluice::ir {
namespace {

// Regular expressions are ours to place: between what is exact and what is only a prefix.
int PathRank(PathMatch::Kind kind) {
  switch (kind) {
    case PathMatch::Kind::kExact:
      return 0;
    case PathMatch::Kind::kRegex:
      return 1;
    case PathMatch::Kind::kPrefix:
      return 2;
  }
  return 3;
}

// The smaller comes first; what is to be large is negated.
auto Rank(const Route& route) {
  const Match& match = route.match;
  return std::tuple(PathRank(match.path.kind), -static_cast<int64_t>(match.path.value.size()),
                    match.method.empty(), -static_cast<int64_t>(match.headers.size()),
                    -static_cast<int64_t>(match.query.size()), route.created);
}

}  // namespace

bool Precedes(const Route& a, const Route& b) {
  const auto rank_a = Rank(a);
  const auto rank_b = Rank(b);
  if (rank_a != rank_b) return rank_a < rank_b;
  const ObjectId& object_a = a.source.object;
  const ObjectId& object_b = b.source.object;
  return std::tie(object_a.ns, object_a.name, object_a.kind, a.rule, a.match_index) <
         std::tie(object_b.ns, object_b.name, object_b.kind, b.rule, b.match_index);
}

}  // namespace sluice::ir
