// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/types/span.h"

namespace sluice::http {

enum class ClaimKind : uint8_t {
  kString,
  kNumber,
  kBool,   // "true" or "false"
  kList,   // the scalars of an array, in order
  kOther,  // an object (its members have entries of their own) or null; no values
};

// One claim. `path` joins the names on the way with dots: "realm_access.roles".
struct Claim {
  std::string_view path;
  ClaimKind kind = ClaimKind::kOther;
  absl::Span<const std::string_view> values;  // one for a scalar
};

// Claims is what a verified credential says of its bearer (RFC 7519 §4), flattened so that rules
// and logs find a claim by its path without a tree: it is how identify filters tell authorize
// filters who is calling. It judges nothing, and does not know where the claims came from.
//
// Thread:   any; immutable once built.
// Lifetime: views into it live as long as it does; it is held by shared_ptr.
// Errors:   none.
// Limits:   those of whoever builds it: jose/claims_reader.h takes at most 16 KiB of JSON.
class Claims {
 public:
  class Builder;

  Claims(Claims&&) = default;
  Claims& operator=(Claims&&) = default;

  // Null if there is none. A binary search; allocates nothing.
  [[nodiscard]] const Claim* Find(std::string_view path) const;

  // The only value of a string claim, or empty.
  [[nodiscard]] std::string_view FindString(std::string_view path) const;

  // All, sorted by path.
  [[nodiscard]] absl::Span<const Claim> entries() const { return entries_; }

  // What it holds of memory, itself included.
  [[nodiscard]] size_t bytes() const;

 private:
  Claims() = default;

  // Moving a vector does not move its elements, so the views stay good.
  std::vector<char> text_;
  std::vector<std::string_view> values_;
  std::vector<Claim> entries_;
};

// Collects claims in any order.
//
// Thread: its own. The texts it is given are copied by Build.
class Claims::Builder {
 public:
  // A claim whose path was joined of `depth` names. Where two claims have the same path, that of
  // fewer names wins, then the first: the literal top-level name "a.b" hides member "b" of claim
  // "a". `path` and `values` must live until Build.
  void Add(std::string_view path, size_t depth, ClaimKind kind,
           absl::Span<const std::string_view> values);

  // Empties the builder.
  Claims Build();

 private:
  struct Pending {
    std::string_view path;
    size_t depth;
    size_t order;
    ClaimKind kind;
    size_t first_value;
    size_t value_count;
  };

  void SortAndDropHidden();

  std::vector<Pending> pending_;
  std::vector<std::string_view> values_;
};

}  // namespace sluice::http
