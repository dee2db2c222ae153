// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::http {

// The values of `grpc-timeout`: up to eight digits and a unit (gRPC over HTTP2, "Timeout").

// Milliseconds of a value ("100m", "1S"), rounded up, at most a year; -1 if it is not one.
int64_t ParseGrpcTimeoutMs(std::string_view value);

// The value that says `ms`, which is at least 0, in the finest unit that holds it; a peer is never
// told of more time than there is.
std::string FormatGrpcTimeoutMs(int64_t ms);

}  // namespace sluice::http
