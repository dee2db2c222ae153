// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "dataplane/http/header_id.h"

namespace sluice::http {

// A HeaderMap is the list of fields of one message, in order of arrival, names in lower case.
// It holds views: the bytes live in the message's arena or in a block pinned there.
//
// It does not validate: codecs only put in what is legal, and whoever adds configured or derived
// values has checked them (see IsFieldValue in http/syntax.h).
//
// Thread:   its worker's only.
// Lifetime: no longer than the arena that backs it.
// Limits:   none of its own; codecs bound count and bytes before they add.
class HeaderMap {
 public:
  struct Field {
    std::string_view name;
    std::string_view value;
    HeaderId id = HeaderId::kOther;
  };
  using Fields = absl::InlinedVector<Field, 16>;

  bool empty() const { return fields_.empty(); }
  size_t size() const { return fields_.size(); }
  Fields::const_iterator begin() const { return fields_.begin(); }
  Fields::const_iterator end() const { return fields_.end(); }

  // Appends a field; `name` is lower case.
  void Add(HeaderId id, std::string_view value) { fields_.push_back({HeaderName(id), value, id}); }
  void Add(std::string_view name, std::string_view value) {
    fields_.push_back({name, value, FindHeaderId(name)});
  }
  void Add(const Field& field) { fields_.push_back(field); }

  // Replaces all fields of that name by one, in the place of the first; appends if there is none.
  void Set(HeaderId id, std::string_view value);
  void Set(std::string_view name, std::string_view value);

  // The first field of that name, or null. Security decisions look at every copy: see Count.
  const Field* Find(HeaderId id) const;
  const Field* Find(std::string_view name) const;

  // The value of the first field of that name, or empty.
  std::string_view Get(HeaderId id) const;

  size_t Count(HeaderId id) const;
  size_t Count(std::string_view name) const;

  // Removes every field of that name; returns how many there were.
  size_t Remove(HeaderId id);
  size_t Remove(std::string_view name);

  // Removes every field for which `predicate(const Field&)` is true.
  template <typename Predicate>
  size_t RemoveIf(Predicate predicate) {
    size_t kept = 0;
    for (size_t i = 0; i < fields_.size(); ++i) {
      if (predicate(static_cast<const Field&>(fields_[i]))) continue;
      if (kept != i) fields_[kept] = fields_[i];
      ++kept;
    }
    const size_t removed = fields_.size() - kept;
    fields_.resize(kept);
    return removed;
  }

  // Replaces the value of a field found through iteration (edits, joins).
  void SetValueAt(size_t index, std::string_view value) { fields_[index].value = value; }

  void Clear() { fields_.clear(); }

  // Sum of name and value lengths plus 32 a field: what header limits count (RFC 9113 §6.5.2).
  size_t WireSize() const;

 private:
  Fields fields_;
};

}  // namespace sluice::http
