// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http1/error_reply.h"

#include <string>

#include "dataplane/http/problem_details.h"
#include "dataplane/http1/head_writer.h"

namespace sluice::http1 {

void WriteErrorReply(const ParseError& error, bool to_head, base::Buffer& out) {
  const std::string body = http::ProblemDetails(error.status, /*detail=*/{}, error.detail);
  http::HeaderMap headers;
  headers.Add(http::HeaderId::kContentType, http::kProblemType);
  WriteResponseHead(error.status, headers, {LengthField::Kind::kLength, body.size()},
                    Persistence::kClose, {}, out);
  if (!to_head) out.AppendCopy(body);
}

}  // namespace sluice::http1
