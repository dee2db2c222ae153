// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "dataplane/telemetry/access_log.h"
#include "dataplane/telemetry/line_formats.h"

namespace sluice::telemetry {
namespace {

// The line that Envoy writes when it is told nothing.
constexpr std::string_view kDefaultText =
    "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" "
    "%RESPONSE_CODE% %RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION% "
    "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\" \"%REQ(USER-AGENT)%\" "
    "\"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\"";

}  // namespace

std::string_view DefaultJsonTemplate() {
  return R"({
    "time": "%START_TIME%",
    "client": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
    "method": "%REQ(:METHOD)%",
    "host": "%REQ(:AUTHORITY)%",
    "path": "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%",
    "protocol": "%PROTOCOL%",
    "status": "%RESPONSE_CODE%",
    "flags": "%RESPONSE_FLAGS%",
    "detail": "%RESPONSE_CODE_DETAILS%",
    "duration_ms": "%DURATION%",
    "request_bytes": "%BYTES_RECEIVED%",
    "response_bytes": "%BYTES_SENT%",
    "request_id": "%REQUEST_ID%",
    "user_agent": "%REQ(USER-AGENT)%",
    "route": "%ROUTE_NAME%",
    "cluster": "%UPSTREAM_CLUSTER%",
    "upstream": "%UPSTREAM_HOST%",
    "upstream_duration_ms": "%RESPONSE_DURATION%",
    "attempts": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
    "upstream_failure": "%UPSTREAM_TRANSPORT_FAILURE_REASON%",
    "server_name": "%REQUESTED_SERVER_NAME%",
    "tls_version": "%DOWNSTREAM_TLS_VERSION%",
    "connection": "%CONNECTION_ID%"
  })";
}

absl::StatusOr<std::unique_ptr<const LogFormat>> LogFormat::Compile(const config::AccessLog& log) {
  if (log.format == config::AccessLog::Format::kJson) {
    return CompileJsonLine(log.json_template.empty() ? DefaultJsonTemplate() : log.json_template,
                           log.omit_empty);
  }
  return CompileTextLine(log.text.empty() ? kDefaultText : log.text, log.omit_empty);
}

}  // namespace sluice::telemetry
