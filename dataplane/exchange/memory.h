// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace sluice::exchange {

// Keeps the memory of ended exchanges for the next ones of the same thread.
//
// Thread:   a list for each; memory is given back where it was taken.
// Limits:   at most kMaxKept pieces a thread; the rest goes back to malloc. Under AddressSanitizer
//           nothing is kept, so that it sees who uses an exchange that is over.
class ExchangeMemory {
 public:
  static constexpr size_t kMaxKept = 256;

  // `size` is the same in all calls: that of an Exchange.
  static void* Take(size_t size);
  static void Give(void* memory, size_t size);
};

}  // namespace sluice::exchange
