// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/types/span.h"
#include "dataplane/http/error.h"
#include "dataplane/http/identity.h"
#include "dataplane/http/message.h"
#include "dataplane/http/policy_decision.h"

namespace sluice::http {

// Whether the TLS handshake of a connection stands for a host that a request on it names. A client
// may name another one than in its handshake, be it to slip past what is asked for there (fronting)
// or since the certificate covers both (coalescing, RFC 9113 §9.1.1).
class HandshakeScope {
 public:
  enum class Fit : uint8_t {
    kSame,   // A handshake for this host would have led to the same filter chain and certificate.
    kOther,  // It would have led to another.
    kNone    // No filter chain is for this host.
  };
  // `authority` as in RequestHead.
  virtual Fit Judge(std::string_view authority) = 0;

 protected:
  ~HandshakeScope() = default;
};

// What is known of one connection from a client. Lives as long as the connection.
struct DownstreamInfo {
  std::string_view remote_address;  // Peer of the socket, "ip:port".
  std::string_view remote_ip;
  std::string_view local_address;  // "ip:port" it connected to.
  uint16_t local_port = 0;
  std::string_view listener;
  uint64_t connection_id = 0;
  bool tls = false;
  std::string_view tls_version;  // "TLSv1.3"; empty without TLS.
  std::string_view tls_cipher;
  std::string_view sni;
  std::string_view alpn;
  // Of the verified client certificate. Without one all are empty.
  bool peer_verified = false;
  std::string_view peer_subject;
  absl::Span<const std::string> peer_uris;       // Subject alternative names.
  absl::Span<const std::string> peer_dns_names;  // The same.
  HandshakeScope* scope = nullptr;               // Null without TLS.
};

// StreamInfo collects the facts of one exchange as they happen, for access logs, metrics, filters
// and explain. Views live until the exchange is logged.
struct StreamInfo {
  const DownstreamInfo* downstream = nullptr;
  std::string_view client_address;  // The client as we believe it (trusted hops of XFF), an IP.
  std::string_view request_id;

  // Nanoseconds: start on the wall, the rest monotonic since start; 0 means it has not happened.
  int64_t start_wall_ns = 0;
  int64_t start_ns = 0;
  int64_t request_complete_ns = 0;     // Last byte of the request received.
  int64_t upstream_first_sent_ns = 0;  // Request head given to an upstream connection.
  int64_t upstream_first_byte_ns = 0;  // Response head received.
  int64_t upstream_complete_ns = 0;
  int64_t first_byte_sent_ns = 0;  // Response head given to the client's codec.
  int64_t complete_ns = 0;         // All over; the duration.

  // The request as the client sent it, before rewriting. The head itself may have been edited.
  std::string_view method;
  std::string_view authority;
  std::string_view original_path;
  Version version = Version::kHttp11;

  uint64_t request_body_bytes = 0;
  uint64_t response_body_bytes = 0;
  uint32_t request_head_bytes = 0;  // As HeaderMap::WireSize counts.
  uint32_t response_head_bytes = 0;

  uint16_t status = 0;  // Sent to the client; 0 if none was.
  ResponseFlags flags;
  std::string_view detail;  // Stable token: why ("route-not-found"); "via-upstream".

  std::string_view virtual_host;
  std::string_view route;
  std::string_view cluster;
  std::string_view upstream_address;  // Of the last attempt, "ip:port".
  std::string_view upstream_local_address;
  std::string_view upstream_failure;   // Transport failure in words.
  std::string_view upstream_protocol;  // "HTTP/1.1", "HTTP/2".
  uint32_t attempts = 0;

  const Identity* identity = nullptr;   // Null: nobody has proved who they are.
  PolicyDecision* decisions = nullptr;  // First; null for none.
};

}  // namespace sluice::http
