// SPDX-License-Identifier: Apache-2.0
// Whatever a client sends, and however it is cut, the exchange hears the same, the client reads the
// same, and nothing behind an error is served. The first byte chooses options and cuts.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/log/check.h"
#include "dataplane/http1/server_fixture.h"

namespace {

using sluice::http1::ServerFixture;

sluice::http::Http1Options OptionsOf(uint8_t choice) {
  sluice::http::Http1Options options;
  options.accept_http_10 = (choice & 1) != 0;
  options.strict_absolute_host = (choice & 2) != 0;
  options.allow_chunked_length = (choice & 4) != 0;
  options.enable_trailers = (choice & 8) != 0;
  options.limits.max_headers_bytes = 512;
  options.limits.max_headers_count = 12;
  options.limits.max_uri_bytes = 128;
  options.max_chunk_ext_bytes = 16;
  options.max_chunk_ext_total_bytes = 32;
  return options;
}

// Answers upgrades by a tunnel, so that those paths are run too.
void AnswerUpgrade(ServerFixture& f) {
  if (f.stream == nullptr || f.request == nullptr || f.request->upgrade.empty()) return;
  if (!f.record().empty() && f.record().back().starts_with("request")) {
    f.RespondHead(101, {}, false);
    f.Produce();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const uint8_t choice = data[0];
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const sluice::http::Http1Options options = OptionsOf(choice);

  ServerFixture whole(options);
  whole.Feed(bytes);
  AnswerUpgrade(whole);

  ServerFixture split(options);
  const size_t step = 1 + (choice >> 4);
  for (size_t at = 0; at < bytes.size(); at += step) {
    split.FeedOnly(bytes.substr(at, step));
    split.Produce();
  }
  AnswerUpgrade(split);

  CHECK_EQ(whole.Record(), split.Record());
  CHECK_EQ(whole.output(), split.output());
  CHECK(whole.codec.finished() == split.codec.finished());
  whole.Eof();
  split.Eof();
  CHECK_EQ(whole.Record(), split.Record());
  return 0;
}
