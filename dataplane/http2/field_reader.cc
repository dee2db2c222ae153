// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http2/field_reader.h"

#include "dataplane/http/protected_fields.h"
#include "dataplane/http/syntax.h"

namespace sluice::http2 {

using http::HeaderId;

namespace {

// RFC 9113 §8.2.2. `te` has a rule of its own.
bool IsConnectionSpecific(HeaderId id) {
  return id == HeaderId::kConnection || id == HeaderId::kKeepAlive ||
         id == HeaderId::kProxyConnection || id == HeaderId::kTransferEncoding ||
         id == HeaderId::kUpgrade;
}

// `te` and `trailer` speak of the trailers to come, and these are they.
bool IsForbiddenTrailer(std::string_view name, HeaderId id) {
  return id == HeaderId::kTe || id == HeaderId::kTrailer || http::IsProtectedField(id, name);
}

}  // namespace

void FieldReader::Malformed(std::string_view detail) {
  if (!fine()) return;
  verdict_ = BlockVerdict::kMalformed;
  kind_ = http::ErrorKind::kProtocol;
  detail_ = detail;
}

void FieldReader::Refuse(uint16_t status, http::ErrorKind kind, std::string_view detail) {
  if (!fine()) return;
  verdict_ = BlockVerdict::kRefused;
  status_ = status;
  kind_ = kind;
  detail_ = detail;
}

bool FieldReader::Count(std::string_view name, std::string_view value, bool pseudo) {
  if (!fine()) return false;
  bytes_ += name.size() + value.size() + 32;
  if (!pseudo) ++fields_;
  if (bytes_ > limits_.max_headers_bytes || fields_ > limits_.max_headers_count ||
      name.size() > limits_.max_name_bytes || value.size() > limits_.max_value_bytes) {
    Refuse(431, http::ErrorKind::kHeadersTooLarge, "h2-headers-too-large");
  }
  return fine();
}

bool FieldReader::CheckRegular(std::string_view name, std::string_view value, HeaderId id) {
  if (!http::IsFieldName(name)) {
    Malformed("h2-bad-field-name");
  } else if (!http::IsFieldValue(value)) {
    Malformed("h2-bad-field-value");
  } else if (IsConnectionSpecific(id)) {
    Malformed("h2-connection-specific-field");
  } else if (underscores_ != http::UnderscorePolicy::kAllow && name.find('_') != name.npos) {
    if (underscores_ == http::UnderscorePolicy::kReject) Malformed("h2-underscore-in-field-name");
    return false;
  }
  return fine();
}

void FieldReader::Copy(http::HeaderMap& to, std::string_view name, std::string_view value,
                       HeaderId id) {
  if (id != HeaderId::kOther) {
    to.Add(id, Keep(value));
  } else {
    to.Add(http::HeaderMap::Field{Keep(name), Keep(value), id});
  }
}

void FieldReader::ReadTrailer(std::string_view name, std::string_view value) {
  if (name.starts_with(':')) return Malformed("h2-pseudo-header-in-trailers");
  const HeaderId id = http::FindHeaderId(name);
  if (!Count(name, value, false) || !CheckRegular(name, value, id)) return;
  if (!IsForbiddenTrailer(name, id)) Copy(*trailers_, name, value, id);
}

void FieldReader::ReadContentLength(std::string_view value, http::Framing& framing) {
  uint64_t length = 0;
  if (framing.kind == http::Framing::Kind::kLength) {
    return Malformed("h2-duplicate-content-length");
  }
  if (!http::ParseDecimal(value, length)) return Malformed("h2-bad-content-length");
  framing = {http::Framing::Kind::kLength, length};
}

}  // namespace sluice::http2
