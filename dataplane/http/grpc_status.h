// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "dataplane/http/error.h"

namespace sluice::http {

// gRPC's status codes (grpc/doc/statuscodes.md). Peers may send others.
enum class GrpcCode : int {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16
};

// The code for an HTTP answer that carries none (grpc/doc/http-grpc-status-mapping.md).
GrpcCode GrpcCodeOfHttp(uint16_t status);

// The code for a stream that ended without an answer.
GrpcCode GrpcCodeOfError(const StreamError& error);

// The value of `grpc-status`; kUnknown for what is no number.
GrpcCode ParseGrpcStatus(std::string_view value);

// `grpc-message` as people read it: percent-decoded; what is not an escape stays as it is.
std::string DecodeGrpcMessage(std::string_view value);

}  // namespace sluice::http
