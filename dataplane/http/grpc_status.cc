// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http/grpc_status.h"

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"

namespace sluice::http {

namespace {

int HexDigit(char c) {
  if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) return -1;
  return absl::ascii_isdigit(static_cast<unsigned char>(c)) ? c - '0' : (c | 0x20) - 'a' + 10;
}

}  // namespace

GrpcCode GrpcCodeOfHttp(uint16_t status) {
  switch (status) {
    case 400:
      return GrpcCode::kInternal;
    case 401:
      return GrpcCode::kUnauthenticated;
    case 403:
      return GrpcCode::kPermissionDenied;
    case 404:
      return GrpcCode::kUnimplemented;
    case 429:
    case 502:
    case 503:
    case 504:
      return GrpcCode::kUnavailable;
    default:
      return GrpcCode::kUnknown;
  }
}

GrpcCode GrpcCodeOfError(const StreamError& error) {
  switch (error.kind) {
    case ErrorKind::kProtocol:
    case ErrorKind::kUnsupported:
    case ErrorKind::kVersionUnsupported:
      return GrpcCode::kInternal;
    case ErrorKind::kHeadersTooLarge:
    case ErrorKind::kBodyTooLarge:
    case ErrorKind::kFlood:
      return GrpcCode::kResourceExhausted;
    default:
      return GrpcCode::kUnavailable;
  }
}

GrpcCode ParseGrpcStatus(std::string_view value) {
  int code = 0;
  return absl::SimpleAtoi(value, &code) && code >= 0 ? static_cast<GrpcCode>(code)
                                                     : GrpcCode::kUnknown;
}

std::string DecodeGrpcMessage(std::string_view value) {
  std::string text;
  text.reserve(value.size());
  for (size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '%' && i + 2 < value.size()) {
      const int high = HexDigit(value[i + 1]);
      const int low = HexDigit(value[i + 2]);
      if (high >= 0 && low >= 0) {
        text.push_back(static_cast<char>(high * 16 + low));
        i += 2;
        continue;
      }
    }
    text.push_back(value[i]);
  }
  return text;
}

}  // namespace sluice::http
