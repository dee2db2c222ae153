// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace sluice::base {

// How often this program has called operator new, over all threads, for tests of what must not
// allocate. Linking it replaces the program's operators new and delete.
size_t AllocationCount();

}  // namespace sluice::base
