// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/buffer.h"

namespace sluice::http {

// gRPC's framing: a byte of flags, four of length, then the message. Pure; whoever calls says what
// becomes of an error.
//
// Thread: the buffer's.
// Limits: the caller's `max_bytes`; what is incomplete stays in the buffer.

// Appends one message, not compressed.
void AppendGrpcMessage(base::Buffer& out, std::string_view message);

struct GrpcFrame {
  enum class Kind : uint8_t { kIncomplete, kMessage, kCompressed, kTooLarge };
  Kind kind = Kind::kIncomplete;
  size_t length = 0;    // As announced; 0 while even that is incomplete.
  base::Slice message;  // Of kMessage alone.
};

// Takes the next message off `in`. An error takes nothing: what follows it has no meaning.
GrpcFrame TakeGrpcMessage(base::Buffer& in, size_t max_bytes);

}  // namespace sluice::http
