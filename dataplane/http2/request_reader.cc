// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "dataplane/http/syntax.h"
#include "dataplane/http2/field_reader.h"

namespace sluice::http2 {

using http::HeaderId;

namespace {

// origin-form: '/', then visible ASCII without a fragment. A "\" or "%" is the router's business.
bool IsOriginForm(std::string_view path) {
  if (!path.starts_with('/')) return false;
  for (const char c : path) {
    if (c <= ' ' || c == '#' || static_cast<unsigned char>(c) >= 0x7f) return false;
  }
  return true;
}

}  // namespace

RequestReader::RequestReader(const http::Http2Options& options, http::RequestHead& head)
    : FieldReader(options.limits, options.underscores, head.arena), options_(options), head_(head) {
  head_.version = http::Version::kHttp2;
}

void RequestReader::OnField(std::string_view name, std::string_view value) {
  if (in_trailers()) return ReadTrailer(name, value);
  if (name.starts_with(':')) return OnPseudo(name, value);
  OnRegular(name, value);
}

void RequestReader::SetOnce(std::string_view& field, std::string_view value, bool& seen) {
  if (seen) return Malformed("h2-duplicate-pseudo-header");
  seen = true;
  field = Keep(value);
}

void RequestReader::OnPseudo(std::string_view name, std::string_view value) {
  if (name == ":path" && value.size() > limits().max_uri_bytes) {
    return Refuse(414, http::ErrorKind::kUriTooLong, "h2-path-too-long");
  }
  if (!Count(name, value, true)) return;
  if (saw_regular_) return Malformed("h2-pseudo-header-after-field");
  if (name == ":method") {
    SetOnce(head_.method, value, saw_method_);
    if (!http::IsToken(value)) Malformed("h2-bad-method");
  } else if (name == ":scheme") {
    OnScheme(value);
  } else if (name == ":authority") {
    SetOnce(head_.authority, value, saw_authority_);
    if (!http::IsAuthority(value)) Malformed("h2-bad-authority");
  } else if (name == ":path") {
    OnPath(value);
  } else if (name == ":protocol" && options_.allow_connect) {
    SetOnce(head_.upgrade, value, saw_protocol_);
    if (!http::IsToken(value) || http::EqualsIgnoreCase(value, "h2c")) {
      Malformed("h2-bad-protocol");
    }
  } else {
    Malformed("h2-unknown-pseudo-header");
  }
}

void RequestReader::OnScheme(std::string_view value) {
  // One answer to "is it https?", whatever the client says: how the bytes came. A clear-text
  // `https` is what a TLS terminator in front of us sends.
  SetOnce(head_.scheme, options_.tls ? "https" : "http", saw_scheme_);
  const bool https = http::EqualsIgnoreCase(value, "https");
  if (!https && (options_.tls || !http::EqualsIgnoreCase(value, "http"))) {
    Refuse(400, http::ErrorKind::kProtocol, "h2-bad-scheme");
  }
}

void RequestReader::OnPath(std::string_view value) {
  SetOnce(head_.path, value, saw_path_);
  if (value != "*" && !IsOriginForm(value)) Malformed("h2-bad-path");
}

void RequestReader::OnHost(std::string_view value) {
  SetOnce(host_, value, saw_host_);
  if (!http::IsAuthority(value)) Malformed("h2-bad-host");
}

void RequestReader::OnRegular(std::string_view name, std::string_view value) {
  saw_regular_ = true;
  const HeaderId id = http::FindHeaderId(name);
  if (!Count(name, value, false) || !CheckRegular(name, value, id)) return;
  switch (id) {
    case HeaderId::kHost:
      return OnHost(value);
    case HeaderId::kContentLength:
      return ReadContentLength(value, head_.framing);
    case HeaderId::kTe:
      if (!http::EqualsIgnoreCase(value, "trailers")) return Malformed("h2-bad-te");
      head_.accepts_trailers = true;
      return;
    case HeaderId::kExpect:
      if (head_.expects_continue || !http::EqualsIgnoreCase(value, "100-continue")) {
        return Refuse(417, http::ErrorKind::kProtocol, "h2-bad-expect");
      }
      head_.expects_continue = true;
      return;
    case HeaderId::kHttp2Settings:
      return;  // Means something in an HTTP/1.1 upgrade only, and must not reach one.
    case HeaderId::kCookie:
      if (cookies_.empty()) {
        cookie_index_ = head_.headers.size();
        head_.headers.Add(HeaderId::kCookie, {});
      }
      cookie_bytes_ += value.size() + 2;
      cookies_.push_back(Keep(value));
      return;
    default:
      Copy(head_.headers, name, value, id);
  }
}

void RequestReader::JoinCookies() {
  if (cookies_.empty()) return;
  if (cookies_.size() == 1) return head_.headers.SetValueAt(cookie_index_, cookies_[0]);
  char* joined = arena().Allocate(cookie_bytes_);
  char* at = joined;
  for (const std::string_view crumb : cookies_) {
    if (at != joined) {
      std::memcpy(at, "; ", 2);
      at += 2;
    }
    std::memcpy(at, crumb.data(), crumb.size());
    at += crumb.size();
  }
  head_.headers.SetValueAt(cookie_index_, {joined, static_cast<size_t>(at - joined)});
}

void RequestReader::CheckPseudoHeaders() {
  const bool connect = head_.method == "CONNECT";
  if (!saw_method_) return Malformed("h2-missing-pseudo-header");
  if (saw_protocol_ && !connect) return Malformed("h2-protocol-without-connect");
  if (connect && !saw_protocol_) {
    if (saw_scheme_ || saw_path_) Malformed("h2-connect-with-path");
    if (!saw_authority_) Malformed("h2-missing-pseudo-header");
    return;
  }
  if (!saw_scheme_ || !saw_path_) return Malformed("h2-missing-pseudo-header");
  if (head_.path == "*" && head_.method != "OPTIONS") Malformed("h2-bad-path");
}

void RequestReader::FinishAuthority() {
  if (saw_host_) {
    if (saw_authority_ && !http::EqualsIgnoreCase(host_, head_.authority)) {
      return Malformed("h2-host-differs-from-authority");
    }
    head_.authority = host_;
  }
  if (head_.authority.empty()) return Malformed("h2-missing-authority");
  // Both copies are ours, in the arena.
  http::LowerCase(const_cast<char*>(head_.authority.data()), head_.authority.size());
}

void RequestReader::Finish(bool end_stream) {
  if (!fine()) return;
  CheckPseudoHeaders();
  FinishAuthority();
  JoinCookies();
  if (head_.framing.kind == http::Framing::Kind::kLength) {
    if (end_stream && head_.framing.length > 0) Malformed("h2-content-length-without-body");
  } else if (!end_stream) {
    head_.framing.kind = http::Framing::Kind::kStreamed;
  }
  if (saw_protocol_ && fine()) {
    // The version-neutral form of a tunnel request is HTTP/1.1's (RFC 8441 §5).
    head_.method = "GET";
    http::LowerCase(const_cast<char*>(head_.upgrade.data()), head_.upgrade.size());
  }
}

}  // namespace sluice::http2
