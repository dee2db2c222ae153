// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http/protected_fields.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace sluice::http {
namespace {

constexpr uint64_t Bit(HeaderId id) { return uint64_t{1} << static_cast<uint8_t>(id); }
static_assert(static_cast<int>(HeaderId::kCount) <= 64);

constexpr uint64_t kProtected =
    Bit(HeaderId::kAuthorization) | Bit(HeaderId::kCacheControl) | Bit(HeaderId::kContentLength) |
    Bit(HeaderId::kContentType) | Bit(HeaderId::kCookie) | Bit(HeaderId::kDate) |
    Bit(HeaderId::kExpect) | Bit(HeaderId::kForwarded) | Bit(HeaderId::kHost) |
    Bit(HeaderId::kLocation) | Bit(HeaderId::kOrigin) | Bit(HeaderId::kSetCookie) |
    Bit(HeaderId::kTransferEncoding) | Bit(HeaderId::kVary) | Bit(HeaderId::kVia) |
    Bit(HeaderId::kXRequestId);

constexpr std::string_view kNames[] = {
    "content-encoding", "content-range", "proxy-authorization", "range", "www-authenticate", "age"};
constexpr std::string_view kPrefixes[] = {"x-forwarded-", "x-sluice-", "x-envoy-"};

}  // namespace

bool IsProtectedField(HeaderId id, std::string_view name) {
  if ((kProtected >> static_cast<uint8_t>(id)) & 1) return true;
  for (const std::string_view prefix : kPrefixes) {
    if (name.substr(0, prefix.size()) == prefix) return true;
  }
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

}  // namespace sluice::http
