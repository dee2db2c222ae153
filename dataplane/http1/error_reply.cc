// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http1/error_reply.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "dataplane/http/syntax.h"
#include "dataplane/http1/head_writer.h"

namespace sluice::http1 {

void WriteErrorReply(const ParseError& error, bool to_head, base::Buffer& out) {
  // Tokens and reason phrases hold nothing that JSON would have to escape.
  const std::string body =
      absl::StrCat(R"({"type":"about:blank","title":")", http::ReasonPhrase(error.status),
                   R"(","status":)", error.status, R"(,"reason":")", error.detail, "\"}\n");
  http::HeaderMap headers;
  headers.Add(http::HeaderId::kContentType, "application/problem+json");
  WriteResponseHead(error.status, headers, {LengthField::Kind::kLength, body.size()},
                    Persistence::kClose, {}, out);
  if (!to_head) out.AppendCopy(body);
}

}  // namespace sluice::http1
