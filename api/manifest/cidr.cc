// SPDX-License-Identifier: Apache-2.0
#include "api/manifest/cidr.h"

#include <arpa/inet.h>

#include <array>
#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace sluice::manifest {
namespace {

struct Address {
  int family = AF_INET;
  std::array<uint8_t, 16> bytes{};

  int bits() const { return family == AF_INET ? 32 : 128; }
};

std::optional<Address> ReadAddress(std::string_view text) {
  if (text.size() > INET6_ADDRSTRLEN) return std::nullopt;
  Address out;
  const std::string terminated(text);
  for (const int family : {AF_INET, AF_INET6}) {
    out.family = family;
    if (inet_pton(family, terminated.c_str(), out.bytes.data()) == 1) return out;
  }
  return std::nullopt;
}

std::string ToText(const Address& address) {
  char buffer[INET6_ADDRSTRLEN] = {};
  inet_ntop(address.family, address.bytes.data(), buffer, sizeof(buffer));
  return buffer;
}

// Clears what lies behind the prefix; true if there was something.
bool ClearBehind(int prefix_bits, Address& address) {
  bool was_set = false;
  for (int bit = prefix_bits; bit < address.bits(); ++bit) {
    uint8_t& byte = address.bytes[static_cast<size_t>(bit / 8)];
    const auto mask = static_cast<uint8_t>(0x80 >> bit % 8);
    was_set = was_set || (byte & mask) != 0;
    byte = static_cast<uint8_t>(byte & ~mask);
  }
  return was_set;
}

bool IsMappedIPv4(const Address& address) {
  if (address.family != AF_INET6) return false;
  for (size_t i = 0; i < 10; ++i) {
    if (address.bytes[i] != 0) return false;
  }
  return address.bytes[10] == 0xff && address.bytes[11] == 0xff;
}

}  // namespace

absl::StatusOr<Cidr> ParseCidr(std::string_view text) {
  const size_t slash = text.find('/');
  std::optional<Address> address = ReadAddress(text.substr(0, slash));
  if (!address.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", text, "\" must be a network, such as \"10.0.0.0/8\" or \"2001:db8::/32\"."));
  }
  if (slash == std::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" has no prefix; did you mean \"",
                                                   text, "/", address->bits(), "\"?"));
  }
  if (IsMappedIPv4(*address)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" must be written as an IPv4 network."));
  }
  uint32_t prefix = 0;
  const std::string_view digits = text.substr(slash + 1);
  const bool is_number = !digits.empty() && digits.size() <= 3 &&
                         digits.find_first_not_of("0123456789") == std::string_view::npos &&
                         absl::SimpleAtoi(digits, &prefix);
  if (!is_number || prefix > static_cast<uint32_t>(address->bits())) {
    return absl::InvalidArgumentError(
        absl::StrCat("prefix \"", digits, "\" must lie between 0 and ", address->bits(), "."));
  }
  const auto prefix_bits = static_cast<int>(prefix);
  if (ClearBehind(prefix_bits, *address)) {
    return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" has bits set behind its /",
                                                   prefix, "; did you mean \"", ToText(*address),
                                                   "/", prefix, "\"?"));
  }
  return Cidr{ToText(*address), prefix_bits};
}

}  // namespace sluice::manifest
