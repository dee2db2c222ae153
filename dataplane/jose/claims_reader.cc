// SPDX-License-Identifier: Apache-2.0
#include "dataplane/jose/claims_reader.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "dataplane/jose/json.h"

namespace sluice::jose {
namespace {

constexpr JsonLimits kPayloadLimits = {
    .max_bytes = kMaxPayloadBytes, .max_depth = 8, .max_values = 4096};

// 9999-12-31T23:59:59Z: whatever is later is a mistake, and far below where a double loses seconds.
constexpr double kLastSecond = 253402300799.0;

http::ClaimKind KindOf(JsonKind kind) {
  switch (kind) {
    case JsonKind::kString:
      return http::ClaimKind::kString;
    case JsonKind::kNumber:
      return http::ClaimKind::kNumber;
    case JsonKind::kBool:
      return http::ClaimKind::kBool;
    case JsonKind::kArray:
      return http::ClaimKind::kList;
    case JsonKind::kObject:
    case JsonKind::kNull:
      return http::ClaimKind::kOther;
  }
  return http::ClaimKind::kOther;
}

bool IsScalar(const JsonValue& value) {
  return value.kind == JsonKind::kString || value.kind == JsonKind::kNumber ||
         value.kind == JsonKind::kBool;
}

// Gives the members of an object, and of the objects in it, to a builder.
class Flattener {
 public:
  // `object` must outlive Build. False if the paths grow over their bound.
  bool AddMembers(const JsonValue& object, std::string_view prefix, size_t depth) {
    for (const JsonMember& member : object.members) {
      const std::string_view path =
          depth == 1 ? std::string_view(member.name) : Keep(absl::StrCat(prefix, ".", member.name));
      if (path_bytes_ > kMaxClaimPathBytes) return false;
      Add(path, depth, member.value);
      if (!AddMembers(member.value, path, depth + 1)) return false;
    }
    return true;
  }

  http::Claims Build() { return builder_.Build(); }

 private:
  std::string_view Keep(std::string path) {
    path_bytes_ += path.size();
    return paths_.emplace_back(std::move(path));
  }

  void Add(std::string_view path, size_t depth, const JsonValue& value) {
    values_.clear();
    if (IsScalar(value)) values_.push_back(value.text);
    for (const JsonValue& item : value.items) {
      if (IsScalar(item)) values_.push_back(item.text);
    }
    builder_.Add(path, depth, KindOf(value.kind), values_);
  }

  http::Claims::Builder builder_;
  std::deque<std::string> paths_;  // a deque, as the builder holds views of them
  size_t path_bytes_ = 0;
  std::vector<std::string_view> values_;
};

// False if the claim is there and is no date.
bool ReadDate(const JsonValue& payload, std::string_view name, std::optional<absl::Time>& out) {
  const JsonValue* value = payload.Find(name);
  if (value == nullptr) return true;
  if (value->kind != JsonKind::kNumber || value->number < 0 || value->number > kLastSecond) {
    return false;
  }
  out = absl::UnixEpoch() + absl::Seconds(value->number);
  return true;
}

bool IsAudience(const JsonValue* value) {
  if (value == nullptr || value->kind == JsonKind::kString) return true;
  return value->kind == JsonKind::kArray &&
         std::all_of(value->items.begin(), value->items.end(),
                     [](const JsonValue& item) { return item.kind == JsonKind::kString; });
}

}  // namespace

TokenOutcome ReadClaims(std::string_view payload, TokenClaims& out) {
  out = {};
  const auto read = ParseJsonObject(payload, kPayloadLimits);
  if (!read.has_value() || !IsAudience(read->Find("aud")) ||
      !ReadDate(*read, "exp", out.times.expires) || !ReadDate(*read, "nbf", out.times.not_before) ||
      !ReadDate(*read, "iat", out.times.issued)) {
    return TokenOutcome::kClaimsMalformed;
  }
  Flattener flattener;
  if (!flattener.AddMembers(*read, "", 1)) return TokenOutcome::kClaimsMalformed;
  out.claims = std::make_shared<const http::Claims>(flattener.Build());
  return TokenOutcome::kAccepted;
}

}  // namespace sluice::jose
