// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http/header_id.h"

#include <array>

namespace sluice::http {
namespace {

constexpr std::string_view kNames[] = {"",
#define SLUICE_HTTP_HEADER_NAME(id, name) name,
                                       SLUICE_HTTP_HEADERS(SLUICE_HTTP_HEADER_NAME)
#undef SLUICE_HTTP_HEADER_NAME
};
constexpr size_t kCount = static_cast<size_t>(HeaderId::kCount);
static_assert(std::size(kNames) == kCount);

// An open-addressed table over (length, two letters), laid out at compile time. At most one short
// probe and one comparison for a known name; mostly none for an unknown one.
constexpr size_t kSlots = 256;

constexpr size_t SlotOf(std::string_view name) {
  const auto letter = [&](size_t i) { return static_cast<unsigned char>(name[i]); };
  return (name.size() * 37 + letter(name.size() - 1) * 5 + letter(name.size() / 2) * 11 +
          letter(0) * 3) %
         kSlots;
}

constexpr std::array<uint8_t, kSlots> MakeTable() {
  std::array<uint8_t, kSlots> table{};
  for (size_t i = 1; i < kCount; ++i) {
    size_t slot = SlotOf(kNames[i]);
    while (table[slot] != 0) slot = (slot + 1) % kSlots;
    table[slot] = static_cast<uint8_t>(i);
  }
  return table;
}

constexpr std::array<uint8_t, kSlots> kTable = MakeTable();

}  // namespace

HeaderId FindHeaderId(std::string_view lower_case_name) {
  if (lower_case_name.empty()) return HeaderId::kOther;
  for (size_t slot = SlotOf(lower_case_name); kTable[slot] != 0; slot = (slot + 1) % kSlots) {
    if (kNames[kTable[slot]] == lower_case_name) return static_cast<HeaderId>(kTable[slot]);
  }
  return HeaderId::kOther;
}

std::string_view HeaderName(HeaderId id) { return kNames[static_cast<size_t>(id)]; }

}  // namespace sluice::http
