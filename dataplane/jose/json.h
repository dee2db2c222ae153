// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::jose {

enum class JsonKind : uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };

struct JsonMember;

// A value of a JSON text, as a tree that owns itself.
struct JsonValue {
  JsonKind kind = JsonKind::kNull;
  std::string text;                 // of a string; the digits of a number; "true" or "false"
  double number = 0;                // of a number; always finite
  std::vector<JsonValue> items;     // of an array
  std::vector<JsonMember> members;  // of an object, in order; no name twice

  // Null if this is no object or has no such member.
  [[nodiscard]] const JsonValue* Find(std::string_view name) const;
};

struct JsonMember {
  std::string name;
  JsonValue value;
};

struct JsonLimits {
  size_t max_bytes;   // of the text
  size_t max_depth;   // of objects and arrays in each other; the outermost counts
  size_t max_values;  // in all
};

// Reads one JSON object (RFC 8259), as the JOSE RFCs want it: a member name that appears twice,
// invalid UTF-8, lone surrogates, numbers beyond a double, a byte order mark, bytes behind the
// object and anything over the limits are refused. The door to nlohmann's parser for this folder.
//
// Thread: any.
// Errors: nullopt; with `problem`, also where and what, without the value: `keys[2]: member "kty"
//         appears twice`.
// Limits: `limits`; memory of about 100 bytes a value beyond the text.
[[nodiscard]] std::optional<JsonValue> ParseJsonObject(std::string_view text,
                                                       const JsonLimits& limits,
                                                       std::string* problem = nullptr);

}  // namespace sluice::jose
