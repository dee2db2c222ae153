// SPDX-License-Identifier: Apache-2.0
#include "dataplane/exchange/local_reply.h"

#include <string>

#include "absl/strings/numbers.h"
#include "dataplane/http/problem_details.h"
#include "dataplane/http/syntax.h"

namespace sluice::exchange {
namespace {

using http::HeaderId;

constexpr char kHex[] = "0123456789ABCDEF";

// grpc-message is percent-encoded (gRPC over HTTP/2, "Status-Message").
std::string PercentEncode(std::string_view s) {
  std::string out;
  for (const char c : s) {
    if (c >= 0x20 && c < 0x7f && c != '%') {
      out += c;
    } else {
      out += '%';
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[c & 15];
    }
  }
  return out;
}

bool MayHaveBody(uint16_t status) { return status >= 200 && status != 204 && status != 304; }

}  // namespace

bool IsGrpc(const http::RequestHead& request) {
  constexpr std::string_view kType = "application/grpc";
  const std::string_view type = request.headers.Get(HeaderId::kContentType);
  if (type.substr(0, kType.size()) != kType) return false;
  return type.size() == kType.size() || type[kType.size()] == '+' || type[kType.size()] == ';';
}

int GrpcStatusOf(uint16_t http_status) {
  switch (http_status) {
    case 400:
      return 13;  // INTERNAL
    case 401:
      return 16;  // UNAUTHENTICATED
    case 403:
      return 7;  // PERMISSION_DENIED
    case 404:
      return 12;  // UNIMPLEMENTED
    case 429:
    case 502:
    case 503:
    case 504:
      return 14;  // UNAVAILABLE
    default:
      return 2;  // UNKNOWN
  }
}

void MakeLocalReply(const filters::LocalReply& reply, const http::RequestHead& request,
                    http::ResponseHead& head, base::Buffer& body) {
  base::Arena& arena = head.arena;
  const std::string_view title = http::ReasonPhrase(reply.status);
  head.headers.Clear();
  head.status = reply.status;
  head.framing = {};
  if (reply.headers != nullptr) {
    for (const http::HeaderMap::Field& field : *reply.headers) head.headers.Add(field);
  }

  if (IsGrpc(request)) {
    head.status = 200;
    head.headers.Set(HeaderId::kContentType, "application/grpc");
    head.headers.Add(HeaderId::kGrpcStatus, arena.Copy(std::to_string(GrpcStatusOf(reply.status))));
    head.headers.Add(HeaderId::kGrpcMessage,
                     arena.Copy(PercentEncode(reply.message.empty() ? title : reply.message)));
    return;
  }
  if (!MayHaveBody(reply.status)) return;

  const bool own_body = !reply.content_type.empty();
  // Redirects and empty answers say all in their head.
  if (!own_body && reply.status < 400) {
    head.framing.kind = http::Framing::Kind::kLength;
    return;
  }
  const std::string problem =
      own_body ? std::string() : http::ProblemDetails(reply.status, reply.message, reply.detail);
  const std::string_view bytes = own_body ? reply.body : std::string_view(problem);
  head.headers.Set(HeaderId::kContentType, own_body ? reply.content_type : http::kProblemType);
  head.framing.kind = http::Framing::Kind::kLength;
  head.framing.length = bytes.size();
  if (request.method != "HEAD") body.AppendCopy(bytes);
}

}  // namespace sluice::exchange
