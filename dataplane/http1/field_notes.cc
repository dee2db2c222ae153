// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http1/field_notes.h"

#include <string>

#include "dataplane/http/protected_fields.h"
#include "dataplane/http/syntax.h"

namespace sluice::http1 {
namespace {

using http::EqualsIgnoreCase;
using http::HeaderId;

constexpr uint64_t Bit(HeaderId id) { return uint64_t{1} << static_cast<uint8_t>(id); }
static_assert(static_cast<int>(HeaderId::kCount) <= 64);

constexpr uint64_t kHopByHop = Bit(HeaderId::kConnection) | Bit(HeaderId::kContentLength) |
                               Bit(HeaderId::kHttp2Settings) | Bit(HeaderId::kKeepAlive) |
                               Bit(HeaderId::kProxyConnection) | Bit(HeaderId::kTe) |
                               Bit(HeaderId::kTransferEncoding) | Bit(HeaderId::kUpgrade);

// What Note has to look at; everything else goes straight into the map.
constexpr uint64_t kNoted =
    kHopByHop | Bit(HeaderId::kHost) | Bit(HeaderId::kExpect) | Bit(HeaderId::kTrailer);

bool In(uint64_t set, HeaderId id) { return (set >> static_cast<uint8_t>(id)) & 1; }

bool HasUnderscore(std::string_view name) { return name.find('_') != std::string_view::npos; }

}  // namespace

bool IsHopByHop(HeaderId id) { return In(kHopByHop, id); }

bool FieldNotes::Note(const http::HeaderMap::Field& field) {
  if (!In(kNoted, field.id)) return field.id != HeaderId::kOther || NoteOther(field);
  switch (field.id) {
    case HeaderId::kContentLength:
      ++lengths_;
      length_ = field.value;
      return false;
    case HeaderId::kTransferEncoding:
      ++codings_;
      coding_ = field.value;
      return false;
    case HeaderId::kConnection:
      NoteConnection(field.value);
      return false;
    case HeaderId::kUpgrade:
      NoteUpgrade(field.value);
      return false;
    case HeaderId::kTe:
      NoteTe(field.value);
      return false;
    case HeaderId::kTrailer:
      return options_.enable_trailers;
    case HeaderId::kHost:
      if (side_ == Side::kResponse) return true;
      ++hosts_;
      host_ = field.value;
      return false;
    case HeaderId::kExpect:
      if (side_ == Side::kResponse) return true;
      ++expects_;
      expect_continue_ = EqualsIgnoreCase(field.value, "100-continue");
      return false;
    default:
      return false;  // keep-alive, proxy-connection, http2-settings: nothing to learn from them.
  }
}

bool FieldNotes::NoteOther(const http::HeaderMap::Field& field) {
  if (side_ == Side::kResponse || options_.underscores == http::UnderscorePolicy::kAllow ||
      !HasUnderscore(field.name)) {
    return true;
  }
  if (options_.underscores == http::UnderscorePolicy::kReject) {
    Fail(BadSyntax("underscore-in-field-name"));
  }
  return false;
}

void FieldNotes::NoteConnection(std::string_view value) {
  http::ForEachListElement(value, [this](std::string_view option) {
    if (EqualsIgnoreCase(option, "close")) {
      close_ = true;
    } else if (EqualsIgnoreCase(option, "keep-alive")) {
      keep_alive_ = true;
    } else if (EqualsIgnoreCase(option, "upgrade")) {
      upgrade_option_ = true;
    } else if (http::IsToken(option)) {
      Nominate(option);
    } else if (side_ == Side::kRequest) {
      Fail(BadSyntax("bad-connection-option"));
    }
    return true;
  });
}

// Each option is looked for among all fields, so without a limit some ten thousand of one letter
// would make a head cost a hundred times what others do. More than a head may have fields name
// nothing.
void FieldNotes::Nominate(std::string_view option) {
  if (nominated_.size() < options_.limits.max_headers_count) {
    nominated_.push_back(option);
  } else if (side_ == Side::kRequest) {
    Fail(BadSyntax("too-many-connection-options"));
  }
}

void FieldNotes::NoteUpgrade(std::string_view value) {
  http::ForEachListElement(value, [this](std::string_view protocol) {
    ++upgrades_;
    upgrade_ = protocol;
    h2c_ = h2c_ || EqualsIgnoreCase(protocol, "h2c");
    return true;
  });
}

void FieldNotes::NoteTe(std::string_view value) {
  http::ForEachListElement(value, [this](std::string_view coding) {
    te_trailers_ = te_trailers_ || EqualsIgnoreCase(coding, "trailers");
    return true;
  });
}

ParseError FieldNotes::FramingOf(http::Version version, http::Framing& framing) const {
  framing = {};
  if (lengths_ > 1) return BadSyntax("several-content-lengths");
  uint64_t length = 0;
  if (lengths_ == 1 && !http::ParseDecimal(length_, length)) {
    return BadSyntax("bad-content-length");
  }
  if (codings_ == 0) {
    if (lengths_ == 1) framing = {http::Framing::Kind::kLength, length};
    return {};
  }
  if (version != http::Version::kHttp11) return BadSyntax("transfer-encoding-in-http-1.0");
  if (codings_ > 1) return BadSyntax("several-transfer-encodings");
  if (lengths_ > 0 && !(options_.allow_chunked_length && side_ == Side::kRequest)) {
    return BadSyntax("both-lengths");
  }
  if (!EqualsIgnoreCase(coding_, "chunked")) {
    // A single coding that we do not speak is the client's right to try; the rest is an attack or
    // a mistake, and either way the length of the body is not known.
    if (http::IsToken(coding_) && !EqualsIgnoreCase(coding_, "identity")) {
      return {501, http::ErrorKind::kUnsupported, "unknown-transfer-coding"};
    }
    return BadSyntax("bad-transfer-encoding");
  }
  framing = {http::Framing::Kind::kStreamed, 0};
  return {};
}

ParseError FieldNotes::RemoveNominated(http::HeaderMap& headers) const {
  for (const std::string_view name : nominated_) {
    std::string lower(name);
    http::LowerCase(lower.data(), lower.size());
    if (http::IsProtectedField(http::FindHeaderId(lower), lower)) {
      if (side_ == Side::kRequest) return BadSyntax("protected-field-in-connection");
      continue;
    }
    headers.Remove(std::string_view(lower));
  }
  return {};
}

}  // namespace sluice::http1
