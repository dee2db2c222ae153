// SPDX-License-Identifier: Apache-2.0
#include "controlplane/xdsserver/content_hash.h"

#include <bit>

namespace sluice::xdsserver {
namespace {

// The four lanes of SipHash (Aumasson and Bernstein, 2012).
struct Lanes {
  uint64_t v0, v1, v2, v3;

  void Round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }

  void Absorb(uint64_t word) {
    v3 ^= word;
    Round();
    Round();
    v0 ^= word;
  }
};

// Little-endian whatever the machine: versions must agree between replicas.
uint64_t LoadWord(std::string_view bytes) {
  uint64_t word = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    word |= static_cast<uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  return word;
}

}  // namespace

uint64_t KeyedHash(uint64_t key0, uint64_t key1, std::string_view bytes) {
  Lanes lanes{key0 ^ 0x736f6d6570736575, key1 ^ 0x646f72616e646f6d, key0 ^ 0x6c7967656e657261,
              key1 ^ 0x7465646279746573};
  const uint64_t length = bytes.size();
  while (bytes.size() >= 8) {
    lanes.Absorb(LoadWord(bytes.substr(0, 8)));
    bytes.remove_prefix(8);
  }
  lanes.Absorb(LoadWord(bytes) | (length << 56));
  lanes.v2 ^= 0xff;
  for (int i = 0; i < 4; ++i) lanes.Round();
  return lanes.v0 ^ lanes.v1 ^ lanes.v2 ^ lanes.v3;
}

uint64_t ContentHash(std::string_view bytes) {
  // Any fixed key will do; changing it makes every proxy fetch everything once more.
  const uint64_t hash = KeyedHash(0x736c756963652d78, 0x64732d7633000001, bytes);
  return hash == 0 ? 1 : hash;
}

std::string VersionText(uint64_t hash) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text(16, '0');
  for (int i = 15; i >= 0; --i, hash >>= 4) text[i] = kDigits[hash & 15];
  return text;
}

uint64_t VersionFromText(std::string_view text) {
  if (text.size() != 16) return 0;
  uint64_t hash = 0;
  for (const char c : text) {
    const bool is_digit = c >= '0' && c <= '9';
    if (!is_digit && !(c >= 'a' && c <= 'f')) return 0;
    hash = hash << 4 | static_cast<uint64_t>(is_digit ? c - '0' : c - 'a' + 10);
  }
  return hash;
}

}  // namespace sluice::xdsserver
