// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/arena.h"
#include "base/buffer.h"
#include "dataplane/filters/chain/filter.h"
#include "dataplane/http/message.h"

namespace sluice::exchange {

// True for the content types of gRPC proper (not gRPC-Web): "application/grpc", "...+proto".
bool IsGrpc(const http::RequestHead& request);

// The gRPC status code for an HTTP status (gRPC's http-grpc-status-mapping.md).
int GrpcStatusOf(uint16_t http_status);

// Fills `head` and `body` with an answer of our own: problem details (RFC 9457), or the body that
// `reply` brings, or, toward a gRPC client, a trailers-only answer. HEAD gets no body.
// What it makes lives in `head.arena`, in literals, or in `body`; the fields that `reply` brings
// stay where they are. What `head` had before is dropped.
void MakeLocalReply(const filters::LocalReply& reply, const http::RequestHead& request,
                    http::ResponseHead& head, base::Buffer& body);

}  // namespace sluice::exchange
