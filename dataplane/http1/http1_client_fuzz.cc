// SPDX-License-Identifier: Apache-2.0
// Whatever an upstream answers, and however it is cut, the exchange hears the same. The first byte
// chooses the request and the cuts.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/log/check.h"
#include "dataplane/http1/client_fixture.h"

namespace {

using sluice::http1::ClientFixture;

void Ask(ClientFixture& f, uint8_t choice) {
  switch (choice & 3) {
    case 0:
      return f.Ask("GET");
    case 1:
      return f.Ask("HEAD");
    case 2:
      return f.Ask("GET", "websocket");
    default:
      return f.Ask("CONNECT");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const uint8_t choice = data[0];
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  sluice::http::Http1Options options;
  options.limits.max_headers_bytes = 512;
  options.limits.max_headers_count = 12;
  options.max_chunk_ext_bytes = 16;
  options.max_informational = 2;

  ClientFixture whole(options);
  Ask(whole, choice);
  whole.Feed(bytes);

  ClientFixture split(options);
  Ask(split, choice);
  const size_t step = 1 + (choice >> 4);
  for (size_t at = 0; at < bytes.size(); at += step) split.Feed(bytes.substr(at, step));

  CHECK_EQ(whole.Record(), split.Record());
  // Bytes behind an answer end the connection whether they came with it or after it.
  CHECK(whole.codec.finished() == split.codec.finished());
  whole.Eof();
  split.Eof();
  CHECK_EQ(whole.Record(), split.Record());
  return 0;
}
