// SPDX-License-Identifier: Apache-2.0
#include "dataplane/exchange/intake.h"

#include <arpa/inet.h>

#include <bit>
#include <cstring>

#include "dataplane/http/path.h"
#include "dataplane/http/syntax.h"

namespace sluice::exchange {
namespace {

using http::HeaderId;
using http::HeaderMap;

constexpr std::string_view kXEnvoy = "x-envoy-";
constexpr std::string_view kXSluice = "x-sluice-";

bool StartsWith(std::string_view s, std::string_view prefix) {
  return s.substr(0, prefix.size()) == prefix;
}

uint64_t SplitMix(uint64_t& state) {
  uint64_t z = (state += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

// What a client may not tell us: who it is and how it came is ours to say (HD-01). A proxy that we
// trust in front of us says how the client came to it, and no more: what is ours alone to say, and
// the certificate of a connection that is not there, goes all the same.
void DropUntrusted(const config::HttpConnection& config, HeaderMap& headers) {
  const bool edge = config.use_remote_address;
  const bool first = edge && config.xff_trusted_hops == 0;
  headers.RemoveIf([=](const HeaderMap::Field& field) {
    switch (field.id) {
      case HeaderId::kXForwardedClientCert:
        return true;
      case HeaderId::kForwarded:
      case HeaderId::kXForwardedHost:
      case HeaderId::kXForwardedPort:
      case HeaderId::kXForwardedProto:
        return first;
      default:
        return edge && (StartsWith(field.name, kXEnvoy) || StartsWith(field.name, kXSluice));
    }
  });
}

// The address `hops` entries from the right of all X-Forwarded-For lines, or empty.
std::string_view TrustedHop(const HeaderMap& headers, uint32_t hops) {
  // Later lines are nearer to us.
  absl::InlinedVector<std::string_view, 4> lines;
  for (const HeaderMap::Field& field : headers) {
    if (field.id == HeaderId::kXForwardedFor) lines.push_back(field.value);
  }
  for (size_t i = lines.size(); i-- > 0;) {
    std::string_view rest = lines[i];
    while (!rest.empty()) {
      const size_t comma = rest.rfind(',');
      const std::string_view element =
          http::TrimOws(comma == std::string_view::npos ? rest : rest.substr(comma + 1));
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(0, comma);
      if (--hops == 0) return element;
    }
  }
  return {};
}

bool IsIp(std::string_view s) {
  char text[INET6_ADDRSTRLEN];
  if (s.empty() || s.size() >= sizeof text || s.find('\0') != s.npos) return false;
  std::memcpy(text, s.data(), s.size());
  text[s.size()] = 0;
  in6_addr parsed;
  return inet_pton(AF_INET, text, &parsed) == 1 || inet_pton(AF_INET6, text, &parsed) == 1;
}

void SetForwardedFor(const config::HttpConnection& config, const http::DownstreamInfo& downstream,
                     http::RequestHead& head, http::StreamInfo& info) {
  info.client_address = downstream.remote_ip;
  if (config.xff_trusted_hops > 0) {
    const uint32_t hops = config.xff_trusted_hops + (config.use_remote_address ? 0 : 1);
    const std::string_view hop = TrustedHop(head.headers, hops);
    // An entry that is no address says nothing: the peer it is (HD-02).
    if (IsIp(hop)) info.client_address = hop;
  } else if (!config.use_remote_address) {
    const std::string_view hop = TrustedHop(head.headers, 1);
    if (IsIp(hop)) info.client_address = hop;
  }
  if (!config.use_remote_address || config.skip_xff_append) return;
  if (head.headers.Count(HeaderId::kXForwardedFor) == 0) {
    head.headers.Add(HeaderId::kXForwardedFor, downstream.remote_ip);
    return;
  }
  // Appended to the last line, so that order from left to right stays the order of travel.
  for (size_t i = head.headers.size(); i-- > 0;) {
    const HeaderMap::Field& field = head.headers.begin()[i];
    if (field.id != HeaderId::kXForwardedFor) continue;
    head.headers.SetValueAt(i, head.arena.Concat(field.value, ", ", downstream.remote_ip));
    return;
  }
}

std::string_view NewRequestId(Random& random, base::Arena& arena) {
  static constexpr char kHex[] = "0123456789abcdef";
  const uint64_t a = random.Next();
  const uint64_t b = random.Next();
  char* out = arena.Allocate(36);
  size_t at = 0;
  for (int i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) out[at++] = '-';
    uint64_t nibble = (i < 16 ? a >> (60 - 4 * i) : b >> (60 - 4 * (i - 16))) & 15;
    if (i == 12) nibble = 4;                 // Version (RFC 9562 §5.4).
    if (i == 16) nibble = (nibble & 3) | 8;  // Variant.
    out[at++] = kHex[nibble];
  }
  return {out, 36};
}

std::string_view StripHost(const config::HttpConnection& config, std::string_view authority,
                           base::Arena& arena) {
  http::HostPort parts = http::SplitAuthority(authority);
  bool changed = false;
  if (!parts.port.empty()) {
    uint64_t port = 0;
    const bool strip = config.strip_any_host_port ||
                       (config.strip_host_port.has_value() &&
                        http::ParseDecimal(parts.port, port) && port == *config.strip_host_port);
    if (strip) {
      parts.port = {};
      changed = true;
    }
  }
  if (config.strip_trailing_host_dot && parts.host.size() > 1 && parts.host.back() == '.') {
    parts.host.remove_suffix(1);
    changed = true;
  }
  if (!changed) return authority;
  return parts.port.empty() ? parts.host : arena.Concat(parts.host, ":", parts.port);
}

}  // namespace

Random::Random(uint64_t seed) {
  for (uint64_t& word : state_) word = SplitMix(seed);
}

uint64_t Random::Next() {
  const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

uint64_t Random::Below(uint64_t bound) {
  return static_cast<uint64_t>((static_cast<unsigned __int128>(Next()) * bound) >> 64);
}

std::optional<filters::LocalReply> TakeIn(const config::HttpConnection& config,
                                          const http::DownstreamInfo& downstream, Random& random,
                                          http::RequestHead& head, http::StreamInfo& info,
                                          http::HeaderMap& reply_headers) {
  head.authority = StripHost(config, head.authority, head.arena);
  DropUntrusted(config, head.headers);
  head.scheme = downstream.tls ? "https" : "http";
  SetForwardedFor(config, downstream, head, info);
  if (head.headers.Find(HeaderId::kXForwardedProto) == nullptr) {
    head.headers.Add(HeaderId::kXForwardedProto, head.scheme);
  }

  std::string_view request_id = head.headers.Get(HeaderId::kXRequestId);
  if (config.generate_request_id) {
    const bool keep =
        !request_id.empty() && (config.preserve_external_request_id || !config.use_remote_address);
    if (!keep) {
      request_id = NewRequestId(random, head.arena);
      head.headers.Set(HeaderId::kXRequestId, request_id);
    }
  }
  info.request_id = request_id;

  if (head.path.empty() || head.path == "*") return std::nullopt;
  const http::NormalizedPath normalized = http::NormalizePath(head.path, config.path, head.arena);
  switch (normalized.outcome) {
    case http::NormalizedPath::Outcome::kOk:
      head.path = normalized.path;
      return std::nullopt;
    case http::NormalizedPath::Outcome::kRedirect:
      // Two slashes would begin a host (RFC 3986 §4.2): the client would go where the path says.
      reply_headers.Add(HeaderId::kLocation, StartsWith(normalized.path, "//")
                                                 ? head.arena.Concat("/.", normalized.path)
                                                 : normalized.path);
      return filters::LocalReply{
          .status = 307, .detail = "path-normalized-redirect", .headers = &reply_headers};
    case http::NormalizedPath::Outcome::kReject:
      break;
  }
  filters::LocalReply reply{
      .status = 400, .detail = normalized.detail, .message = "The request path is not acceptable."};
  reply.flags.Add(http::ResponseFlag::kDownstreamProtocolError);
  return reply;
}

}  // namespace sluice::exchange
