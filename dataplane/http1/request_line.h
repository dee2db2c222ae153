// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/arena.h"
#include "dataplane/http/codec_options.h"
#include "dataplane/http/message.h"
#include "dataplane/http1/parse_error.h"

namespace sluice::http1 {

// The three parts of a request line, as sent. Views of the section's bytes.
struct RequestLine {
  std::string_view method;
  std::string_view target;
  http::Version version = http::Version::kHttp11;
  const char* end = nullptr;  // Behind its CRLF.
};

// Reads the request line at the start of a complete head section. One space between the parts, no
// other white space, no byte outside visible ASCII (H1-16, H1-21, H1-24). `line.method` is set as
// soon as it is known.
ParseError ParseRequestLine(const char* begin, const char* end, const http::Http1Options& options,
                            RequestLine& line);

// The version in "HTTP/1.1"-like text of eight bytes. 505 for a version that exists but is not
// ours, 400 for anything that is no version.
ParseError ParseVersion(std::string_view text, http::Version& version);

// A request target taken apart (RFC 9112 §3.2).
struct Target {
  std::string_view authority;  // Empty in origin-form.
  std::string_view path;       // As RequestHead::path.
};

// Splits the target of `line` by its form; `arena` holds what must be put together.
ParseError ParseTarget(const RequestLine& line, const http::Http1Options& options,
                       base::Arena& arena, Target& target);

}  // namespace sluice::http1
