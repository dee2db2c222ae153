// SPDX-License-Identifier: Apache-2.0
#include "dataplane/filters/limit/key.h"

#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "dataplane/condition/cidr.h"
#include "dataplane/http/claims.h"
#include "dataplane/http/identity.h"
#include "dataplane/http/syntax.h"

namespace sluice::filters {
namespace {

// Writes values one behind the other, each with its length before it, so that none can be mistaken
// for two, or for the end of the one before.
class KeyWriter {
 public:
  explicit KeyWriter(LimitKeyText& text) : text_(text) { text_.clear(); }

  void Raw(std::string_view bytes) { text_.insert(text_.end(), bytes.begin(), bytes.end()); }
  // How many values follow.
  void Count(size_t values) { Number(values); }
  void Value(std::string_view value) {
    Number(value.size());
    Raw(value);
  }
  void Missing() { Count(0); }
  void One(std::optional<std::string_view> value) {
    if (!value.has_value()) return Missing();
    Count(1);
    Value(*value);
  }

 private:
  void Number(size_t number) {
    char bytes[sizeof(uint32_t)];
    const auto small = static_cast<uint32_t>(number);
    std::memcpy(bytes, &small, sizeof bytes);
    Raw({bytes, sizeof bytes});
  }

  LimitKeyText& text_;
};

// The host of an authority, in the form in which one host has one name.
std::optional<std::string_view> Host(std::string_view authority) {
  std::string_view host = http::SplitAuthority(authority).host;
  if (host.size() > 1 && host.back() == '.') host.remove_suffix(1);
  if (host.empty()) return std::nullopt;
  return host;
}

std::optional<std::string_view> HeaderValue(const LimitKeyPart& part,
                                            const http::RequestHead& head) {
  if (part.header == http::HeaderId::kHost || part.name == ":authority") {
    return Host(head.authority);
  }
  std::optional<std::string_view> found;
  for (const http::HeaderMap::Field& field : head.headers) {
    const bool same =
        part.header == http::HeaderId::kOther ? field.name == part.name : field.id == part.header;
    if (!same) continue;
    const std::string_view value = http::TrimOws(field.value);
    if (found.has_value() && *found != value) return std::nullopt;
    found = value;
  }
  return found;
}

void WriteClientIp(const LimitKeyPart& part, std::string_view address, KeyWriter& writer) {
  std::optional<condition::IpAddress> ip = condition::ParseIp(address);
  if (!ip.has_value()) return writer.Missing();
  const size_t bits = ip->is_v6 ? part.ipv6_prefix : part.ipv4_prefix;
  for (size_t i = 0; i < ip->bytes.size(); ++i) {
    const size_t first = i * 8;
    const size_t kept = bits <= first ? 0 : bits - first;
    if (kept < 8) ip->bytes[i] &= static_cast<uint8_t>(0xff << (8 - kept));
  }
  writer.One(std::string_view(reinterpret_cast<const char*>(ip->bytes.data()),
                              ip->is_v6 ? ip->bytes.size() : 4));
}

void WriteClaim(const LimitKeyPart& part, const http::Identity* identity, KeyWriter& writer) {
  const http::Claim* claim = identity == nullptr || identity->claims == nullptr
                                 ? nullptr
                                 : identity->claims->Find(part.name);
  if (claim == nullptr || claim->kind == http::ClaimKind::kOther) return writer.Missing();
  writer.Count(claim->values.size());
  for (const std::string_view value : claim->values) writer.Value(value);
}

std::optional<std::string_view> UnlessEmpty(std::string_view value) {
  if (value.empty()) return std::nullopt;
  return value;
}

}  // namespace

void MakeLimitKey(const LimitRule& rule, const http::RequestHead& head,
                  const http::StreamInfo& info, const config::Route* route, LimitKeyText& text) {
  KeyWriter writer(text);
  writer.Raw(rule.identity);
  for (const LimitKeyPart& part : rule.key) {
    switch (part.kind) {
      case LimitKeyPart::Kind::kConsumer:
        writer.One(UnlessEmpty(info.identity == nullptr ? "" : info.identity->consumer));
        break;
      case LimitKeyPart::Kind::kClientIp:
        WriteClientIp(part, info.client_address, writer);
        break;
      case LimitKeyPart::Kind::kHeader:
        writer.One(HeaderValue(part, head));
        break;
      case LimitKeyPart::Kind::kClaim:
        WriteClaim(part, info.identity, writer);
        break;
      case LimitKeyPart::Kind::kRoute:
        writer.One(UnlessEmpty(route == nullptr ? "" : route->name));
        break;
    }
  }
}

}  // namespace sluice::filters
