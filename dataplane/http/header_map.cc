// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http/header_map.h"

namespace sluice::http {
namespace {

bool Is(const HeaderMap::Field& field, HeaderId id) { return field.id == id; }

bool Is(const HeaderMap::Field& field, std::string_view name) { return field.name == name; }

template <typename Fields, typename Key>
auto* FindIn(Fields& fields, Key key) {
  for (auto& field : fields) {
    if (Is(field, key)) return &field;
  }
  return static_cast<decltype(&*fields.begin())>(nullptr);
}

}  // namespace

void HeaderMap::Set(HeaderId id, std::string_view value) {
  Field* first = FindIn(fields_, id);
  if (first == nullptr) return Add(id, value);
  first->value = value;
  RemoveIf([&](const Field& field) { return &field > first && Is(field, id); });
}

void HeaderMap::Set(std::string_view name, std::string_view value) {
  Field* first = FindIn(fields_, name);
  if (first == nullptr) return Add(name, value);
  first->value = value;
  RemoveIf([&](const Field& field) { return &field > first && Is(field, name); });
}

const HeaderMap::Field* HeaderMap::Find(HeaderId id) const { return FindIn(fields_, id); }

const HeaderMap::Field* HeaderMap::Find(std::string_view name) const {
  return FindIn(fields_, name);
}

std::string_view HeaderMap::Get(HeaderId id) const {
  const Field* field = Find(id);
  return field == nullptr ? std::string_view() : field->value;
}

size_t HeaderMap::Count(HeaderId id) const {
  size_t n = 0;
  for (const Field& field : fields_) n += Is(field, id);
  return n;
}

size_t HeaderMap::Count(std::string_view name) const {
  size_t n = 0;
  for (const Field& field : fields_) n += Is(field, name);
  return n;
}

size_t HeaderMap::Remove(HeaderId id) {
  return RemoveIf([id](const Field& field) { return Is(field, id); });
}

size_t HeaderMap::Remove(std::string_view name) {
  return RemoveIf([name](const Field& field) { return Is(field, name); });
}

size_t HeaderMap::WireSize() const {
  size_t n = 0;
  for (const Field& field : fields_) n += field.name.size() + field.value.size() + 32;
  return n;
}

}  // namespace sluice::http
