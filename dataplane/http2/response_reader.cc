// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http/syntax.h"
#include "dataplane/http2/field_reader.h"

namespace sluice::http2 {

using http::HeaderId;

ResponseReader::ResponseReader(const http::Http2Options& options, base::Arena& arena)
    : FieldReader(options.limits, http::UnderscorePolicy::kAllow, arena) {}

void ResponseReader::Begin(http::ResponseHead& head) {
  head_ = &head;
  head.version = http::Version::kHttp2;
  head.status = 0;
  head.headers.Clear();
  head.framing = {};
  saw_status_ = false;
  saw_regular_ = false;
}

void ResponseReader::OnField(std::string_view name, std::string_view value) {
  if (in_trailers()) return ReadTrailer(name, value);
  const bool pseudo = name.starts_with(':');
  if (!Count(name, value, pseudo)) return;
  if (pseudo) {
    uint64_t status = 0;
    if (name != ":status" || saw_status_ || saw_regular_) return Malformed("h2-bad-pseudo-header");
    saw_status_ = true;
    // RFC 9110 §15: what is outside of the five classes is invalid. 101 is not HTTP/2's.
    if (value.size() != 3 || !http::ParseDecimal(value, status) || status < 100 || status > 599 ||
        status == 101) {
      return Malformed("h2-bad-status");
    }
    head_->status = static_cast<uint16_t>(status);
    return;
  }
  saw_regular_ = true;
  const HeaderId id = http::FindHeaderId(name);
  if (!CheckRegular(name, value, id)) return;
  if (id == HeaderId::kContentLength) return ReadContentLength(value, head_->framing);
  if (id == HeaderId::kTe || id == HeaderId::kHost) return;  // Mean nothing in a response.
  Copy(head_->headers, name, value, id);
}

void ResponseReader::Finish(bool end_stream, bool head_request) {
  if (!saw_status_) return Malformed("h2-missing-status");
  const uint16_t status = head_->status;
  if (status < 200) {
    if (end_stream) Malformed("h2-interim-response-ends-stream");
    return;
  }
  const bool bodiless = head_request || status == 204 || status == 304;
  if (bodiless && !end_stream) {
    // What follows may only be an empty DATA frame; a byte of body is a violation.
    if (head_->framing.kind != http::Framing::Kind::kLength) head_->framing = {};
    return;
  }
  if (head_->framing.kind == http::Framing::Kind::kLength) {
    if (end_stream && !bodiless && head_->framing.length > 0) {
      Malformed("h2-content-length-without-body");
    }
  } else if (!end_stream) {
    head_->framing.kind = http::Framing::Kind::kStreamed;
  }
}

}  // namespace sluice::http2
