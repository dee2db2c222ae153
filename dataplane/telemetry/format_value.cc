// SPDX-License-Identifier: Apache-2.0
#include "dataplane/telemetry/format_value.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>

#include "dataplane/telemetry/escape.h"
#include "dataplane/telemetry/response_flag_words.h"

namespace sluice::telemetry {
namespace {

using Kind = FieldName::Kind;

static_assert(ValueScratch::kBytes >= TimeFormat::kMaxBytes);

FormatValue Number(uint64_t number) { return {FormatValue::Kind::kNumber, {}, number}; }

// Empty is how StreamInfo says that it does not know.
FormatValue Text(std::string_view text) {
  if (text.empty()) return {};
  return {FormatValue::Kind::kText, text};
}

FormatValue Milliseconds(int64_t from_ns, int64_t to_ns) {
  if (from_ns == 0 || to_ns < from_ns) return {};
  return Number(static_cast<uint64_t>(to_ns - from_ns) / 1'000'000);
}

// Joins what fits into the scratch.
std::string_view Join(std::initializer_list<std::string_view> parts, ValueScratch& scratch) {
  size_t size = 0;
  for (std::string_view part : parts) {
    part = part.substr(0, ValueScratch::kBytes - size);
    std::copy(part.begin(), part.end(), scratch.bytes + size);
    size += part.size();
  }
  return {scratch.bytes, size};
}

FormatValue InHeaders(const http::HeaderMap& headers, const FieldName& field) {
  const http::HeaderMap::Field* found =
      field.id != http::HeaderId::kOther ? headers.Find(field.id) : headers.Find(field.name);
  if (found == nullptr) return {};
  return {FormatValue::Kind::kText, found->value};
}

FormatValue RequestHeader(const FieldName& field, const LogEntry& entry) {
  const http::StreamInfo& info = entry.info;
  const http::RequestHead* head = entry.request;
  switch (field.kind) {
    case Kind::kMethod:
      return Text(head != nullptr ? head->method : info.method);
    case Kind::kAuthority:
      return Text(head != nullptr ? head->authority : info.authority);
    case Kind::kScheme:
      return Text(head != nullptr ? head->scheme : std::string_view());
    case Kind::kPath:
      return Text(head != nullptr ? head->path : info.original_path);
    default:
      break;
  }
  if (head == nullptr) return {};
  FormatValue value = InHeaders(head->headers, field);
  if (value.kind != FormatValue::Kind::kMissing) return value;
  // The fields that the codec keeps elsewhere, under the names a person knows them by. A rewritten
  // path leaves its original in StreamInfo, whether or not a header told the upstream.
  if (field.id == http::HeaderId::kHost) return Text(head->authority);
  if (field.id == http::HeaderId::kXEnvoyOriginalPath && info.original_path != head->path) {
    return Text(info.original_path);
  }
  return {};
}

FormatValue ResponseHeader(const FieldName& field, const LogEntry& entry) {
  if (field.kind == Kind::kStatus) return Number(entry.info.status);
  if (entry.response == nullptr) return {};
  return InHeaders(entry.response->headers, field);
}

FormatValue Trailer(const FieldName& field, const LogEntry& entry) {
  if (entry.response_trailers == nullptr) return {};
  return InHeaders(*entry.response_trailers, field);
}

template <typename Find>
FormatValue FirstOf(const FormatPiece& piece, const LogEntry& entry, Find find) {
  const FormatValue value = find(piece.field, entry);
  if (value.kind != FormatValue::Kind::kMissing || piece.alternative.kind == Kind::kNone) {
    return value;
  }
  return find(piece.alternative, entry);
}

std::string_view VersionName(http::Version version) {
  switch (version) {
    case http::Version::kHttp10:
      return "HTTP/1.0";
    case http::Version::kHttp11:
      return "HTTP/1.1";
    case http::Version::kHttp2:
      return "HTTP/2";
  }
  return {};
}

// "UF,URX". "-" for none, in JSON too, as Envoy writes it: no flag is a fact, not a gap.
FormatValue Flags(http::ResponseFlags flags, bool long_names, ValueScratch& scratch) {
  if (flags.empty()) return Text("-");
  size_t size = 0;
  for (const ResponseFlagWords& words : AllResponseFlags()) {
    if (!flags.Has(words.flag)) continue;
    const std::string_view name = long_names ? words.long_name : http::ResponseFlagName(words.flag);
    if (size + 1 + name.size() > ValueScratch::kBytes) break;
    if (size > 0) scratch.bytes[size++] = ',';
    size = static_cast<size_t>(std::copy(name.begin(), name.end(), scratch.bytes + size) -
                               scratch.bytes);
  }
  return Text({scratch.bytes, size});
}

// The client as we believe it. Port 0 where only its address is known, as Envoy has it.
FormatValue ClientAddress(const http::StreamInfo& info, ValueScratch& scratch) {
  const std::string_view ip = info.client_address;
  if (info.downstream != nullptr && (ip.empty() || ip == info.downstream->remote_ip)) {
    return Text(info.downstream->remote_address);
  }
  if (ip.empty()) return {};
  const bool is_v6 = ip.find(':') != std::string_view::npos;
  return Text(is_v6 ? Join({"[", ip, "]:0"}, scratch) : Join({ip, ":0"}, scratch));
}

FormatValue ClientIp(const http::StreamInfo& info) {
  if (!info.client_address.empty()) return Text(info.client_address);
  return info.downstream != nullptr ? Text(info.downstream->remote_ip) : FormatValue();
}

std::string_view WithoutPort(std::string_view address) {
  if (address.starts_with('[')) return address.substr(1, address.find(']') - 1);
  return address.substr(0, address.rfind(':'));
}

FormatValue OfConnection(Operator op, const http::DownstreamInfo& connection) {
  switch (op) {
    case Operator::kDirectAddress:
      return Text(connection.remote_address);
    case Operator::kDirectIp:
      return Text(connection.remote_ip);
    case Operator::kLocalAddress:
      return Text(connection.local_address);
    case Operator::kLocalIp:
      return Text(WithoutPort(connection.local_address));
    case Operator::kLocalPort:
      return Number(connection.local_port);
    case Operator::kServerName:
      return Text(connection.sni);
    case Operator::kTlsVersion:
      return Text(connection.tls_version);
    case Operator::kTlsCipher:
      return Text(connection.tls_cipher);
    case Operator::kPeerSubject:
      return Text(connection.peer_subject);
    case Operator::kConnectionId:
      return Number(connection.connection_id);
    default:
      return {};
  }
}

FormatValue OfTiming(Operator op, const http::StreamInfo& info) {
  switch (op) {
    case Operator::kDuration:
      return Milliseconds(info.start_ns, info.complete_ns);
    case Operator::kRequestDuration:
      return Milliseconds(info.start_ns, info.request_complete_ns);
    case Operator::kRequestTxDuration:
      return Milliseconds(info.start_ns, info.upstream_first_sent_ns);
    case Operator::kResponseDuration:
      return Milliseconds(info.start_ns, info.upstream_first_byte_ns);
    case Operator::kResponseTxDuration:
      return Milliseconds(info.upstream_first_byte_ns, info.complete_ns);
    default:
      return {};
  }
}

FormatValue OfUpstream(Operator op, const http::StreamInfo& info) {
  switch (op) {
    case Operator::kUpstreamHost:
    case Operator::kUpstreamRemoteAddress:
      return Text(info.upstream_address);
    case Operator::kUpstreamLocalAddress:
      return Text(info.upstream_local_address);
    case Operator::kUpstreamCluster:
    case Operator::kUpstreamClusterRaw:
      return Text(info.cluster);
    case Operator::kUpstreamProtocol:
      return Text(info.upstream_protocol);
    case Operator::kUpstreamTransportFailure:
      return Text(info.upstream_failure);
    case Operator::kUpstreamAttempts:
      return Number(info.attempts);
    default:
      return {};
  }
}

FormatValue OfIdentity(Operator op, const http::Identity* identity) {
  if (identity == nullptr) return {};
  switch (op) {
    case Operator::kConsumer:
      return Text(identity->consumer);
    case Operator::kIdentityMethod:
      return Text(identity->method);
    case Operator::kIdentitySubject:
      return Text(identity->subject);
    default:
      return {};
  }
}

// "POLICY RULE OUTCOME REASON;...", in the order of deciding, "-" for what is empty. What does not
// fit is left out whole.
FormatValue Decisions(const http::PolicyDecision* decision, ValueScratch& scratch) {
  size_t size = 0;
  const auto or_dash = [](std::string_view text) {
    return text.empty() ? std::string_view("-") : text;
  };
  for (; decision != nullptr; decision = decision->next) {
    const std::string_view parts[] = {size > 0 ? ";" : "",
                                      or_dash(decision->policy),
                                      " ",
                                      or_dash(decision->rule),
                                      " ",
                                      http::PolicyOutcomeName(decision->outcome),
                                      " ",
                                      or_dash(decision->reason)};
    size_t needed = 0;
    for (const std::string_view part : parts) needed += part.size();
    if (size + needed > ValueScratch::kBytes) break;
    for (const std::string_view part : parts) {
      size = static_cast<size_t>(std::copy(part.begin(), part.end(), scratch.bytes + size) -
                                 scratch.bytes);
    }
  }
  return Text({scratch.bytes, size});
}

// What is neither of the connection, nor a time, nor of the upstream.
FormatValue OfExchange(const FormatPiece& piece, const LogEntry& entry, ValueScratch& scratch) {
  const http::StreamInfo& info = entry.info;
  switch (piece.op) {
    case Operator::kProtocol:
      return Text(VersionName(info.version));
    case Operator::kResponseCode:
      return Number(info.status);
    case Operator::kResponseCodeDetails:
      return Text(info.detail);
    case Operator::kConnectionTerminationDetails:
      return {};  // Said by filters of plain connections alone; an exchange has none.
    case Operator::kResponseFlags:
      return Flags(info.flags, /*long_names=*/false, scratch);
    case Operator::kResponseFlagsLong:
      return Flags(info.flags, /*long_names=*/true, scratch);
    case Operator::kBytesReceived:
      return Number(info.request_body_bytes);
    case Operator::kBytesSent:
      return Number(info.response_body_bytes);
    case Operator::kRequestHeadersBytes:
      return Number(info.request_head_bytes);
    case Operator::kResponseHeadersBytes:
      return Number(info.response_head_bytes);
    case Operator::kRemoteAddress:
      return ClientAddress(info, scratch);
    case Operator::kRemoteIp:
      return ClientIp(info);
    case Operator::kRouteName:
      return Text(info.route);
    case Operator::kVirtualHostName:
      return Text(info.virtual_host);
    case Operator::kRequestId:
    case Operator::kStreamId:
      return Text(info.request_id);
    case Operator::kHostname:
      return Text(piece.literal);
    case Operator::kConsumer:
    case Operator::kIdentityMethod:
    case Operator::kIdentitySubject:
      return OfIdentity(piece.op, info.identity);
    case Operator::kPolicyDecisions:
      return Decisions(info.decisions, scratch);
    default:
      return {};
  }
}

FormatValue EvaluateWhole(const FormatPiece& piece, const LogEntry& entry, ValueScratch& scratch) {
  switch (piece.op) {
    case Operator::kStartTime: {
      char printed[TimeFormat::kMaxBytes];
      return Text(Join({piece.time->Print(entry.info.start_wall_ns, printed)}, scratch));
    }
    case Operator::kRequestHeader:
      return FirstOf(piece, entry, RequestHeader);
    case Operator::kResponseHeader:
      return FirstOf(piece, entry, ResponseHeader);
    case Operator::kTrailer:
      return FirstOf(piece, entry, Trailer);
    case Operator::kDuration:
    case Operator::kRequestDuration:
    case Operator::kRequestTxDuration:
    case Operator::kResponseDuration:
    case Operator::kResponseTxDuration:
      return OfTiming(piece.op, entry.info);
    default:
      break;
  }
  if (piece.op >= Operator::kUpstreamHost && piece.op <= Operator::kUpstreamAttempts) {
    return OfUpstream(piece.op, entry.info);
  }
  const bool of_connection =
      (piece.op >= Operator::kDirectAddress && piece.op <= Operator::kPeerSubject) ||
      piece.op == Operator::kConnectionId;
  if (!of_connection) return OfExchange(piece, entry, scratch);
  if (entry.info.downstream == nullptr) return {};
  return OfConnection(piece.op, *entry.info.downstream);
}

}  // namespace

FormatValue Evaluate(const FormatPiece& piece, const LogEntry& entry, ValueScratch& scratch) {
  FormatValue value = EvaluateWhole(piece, entry, scratch);
  if (value.kind == FormatValue::Kind::kText) value.text = CutUtf8(value.text, piece.max_bytes);
  return value;
}

std::string_view ValueText(const FormatValue& value, ValueScratch& scratch) {
  if (value.kind != FormatValue::Kind::kNumber) return value.text;
  const auto end = std::to_chars(scratch.bytes, scratch.bytes + ValueScratch::kBytes, value.number);
  return {scratch.bytes, static_cast<size_t>(end.ptr - scratch.bytes)};
}

}  // namespace sluice::telemetry
