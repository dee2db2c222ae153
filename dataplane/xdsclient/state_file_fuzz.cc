// SPDX-License-Identifier: Apache-2.0
//
// Whatever stands in the state file, a start from it ends in resources or an error. The checksum is
// put right, for else nothing would come past it.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/crc/crc32c.h"
#include "absl/strings/str_format.h"
#include "dataplane/xdsclient/state_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using sluice::xdsclient::StateFile;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  (void)StateFile::Parse(body, "raw");
  const uint32_t sum = static_cast<uint32_t>(absl::ComputeCrc32c(body));
  (void)StateFile::Parse(absl::StrFormat("sluice-state 1 %08x %d\n%s", sum, size, body), "framed");
  return 0;
}
