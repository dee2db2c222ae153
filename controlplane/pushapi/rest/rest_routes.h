// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "controlplane/pushapi/call_port.h"
#include "controlplane/pushapi/handlers.h"

namespace sluice::pushapi {

struct RestRequest {
  std::string method;
  std::string path;  // decoded
  std::map<std::string, std::string> query;
  std::string body;
  // Nobody is there any more for the answer: a wait ends. Null: never.
  std::function<bool()> is_abandoned;
};

struct RestResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
};

// Answers a REST request by the handlers that gRPC calls too. Paths are Kubernetes':
//
//     GET                /apis/GROUP/VERSION[/namespaces/NS]/PLURAL
//     GET, PUT, DELETE   /apis/GROUP/VERSION[/namespaces/NS]/PLURAL/NAME     (/api/v1/... for core)
//     POST               /apply  /delete  /diff     documents, YAML or JSON, as the body
//     GET                /fleet  /revision  /history  /wait
//
// Query: dryRun, strict, namespace, message (apply, delete, PUT, DELETE); gateway (fleet); limit
// (history); revision, timeoutMs (wait).
//
// Thread:   any; /wait blocks its thread.
// Errors:   application/problem+json (RFC 9457) with the problems, each with resource, path and
//           reason.
RestResponse AnswerRest(Handlers& handlers, const Caller& caller, const RestRequest& request);

// `http_status`: where there is a better one than the code's.
RestResponse ProblemResponse(const absl::Status& status, int http_status = 0);

}  // namespace sluice::pushapi
