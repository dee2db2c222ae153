// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http1/request_head_parser.h"

#include "dataplane/http/syntax.h"
#include "dataplane/http1/field_notes.h"
#include "dataplane/http1/field_parser.h"
#include "dataplane/http1/request_line.h"

namespace sluice::http1 {
namespace {

// The section's bytes belong to the codec (see http/codec.h: it drains what it used), so what
// must be lower case becomes so where it stands.
std::string_view LowerInPlace(std::string_view s) {
  http::LowerCase(const_cast<char*>(s.data()), s.size());
  return s;
}

ParseError CheckAuthority(const FieldNotes& notes, const Target& target,
                          const http::Http1Options& options, http::RequestHead& head) {
  if (notes.hosts() > 1) return BadSyntax("several-hosts");
  std::string_view host = notes.host();
  if (notes.hosts() == 0) {
    if (head.version == http::Version::kHttp11) return BadSyntax("missing-host");
    const std::string_view fallback = options.default_host_for_http_10;
    if (!target.authority.empty()) {
      host = target.authority;
    } else if (!fallback.empty()) {
      host = head.arena.Copy(fallback);
    }
    if (host.empty()) return BadSyntax("missing-host");
  }
  if (!http::IsAuthority(host)) return BadSyntax("bad-host");
  if (!target.authority.empty() && !http::EqualsIgnoreCase(target.authority, host)) {
    if (options.strict_absolute_host) return BadSyntax("target-and-host-disagree");
    host = target.authority;
  }
  head.authority = LowerInPlace(host);
  return {};
}

ParseError CheckUpgrade(const FieldNotes& notes, http::RequestHead& head) {
  if (head.version == http::Version::kHttp11) head.upgrade = notes.upgrade();
  if (!http::IsToken(head.upgrade)) {
    // "name/version" is legal; anything else is not a protocol.
    const size_t slash = head.upgrade.find('/');
    if (slash == std::string_view::npos || !http::IsToken(head.upgrade.substr(0, slash)) ||
        !http::IsToken(head.upgrade.substr(slash + 1))) {
      head.upgrade = {};
    }
  }
  LowerInPlace(head.upgrade);
  const bool has_body =
      head.framing.kind == http::Framing::Kind::kStreamed || head.framing.length > 0;
  if (!has_body) return {};
  if (!head.upgrade.empty()) return BadSyntax("upgrade-with-body");
  if (head.method == "CONNECT") return BadSyntax("connect-with-body");
  return {};
}

ParseError ReadFields(FieldParser& parser, FieldNotes& notes, http::HeaderMap& headers) {
  http::HeaderMap::Field field;
  FieldParser::Result result;
  while ((result = parser.Next(field)) == FieldParser::Result::kField) {
    if (notes.Note(field)) headers.Add(field);
  }
  return result == FieldParser::Result::kError ? parser.error() : notes.error();
}

}  // namespace

ParseError ParseRequestHead(base::Slice section, const http::Http1Options& options,
                            http::RequestHead& head, RequestHeadFacts& facts) {
  const char* end = section.data() + section.size();
  RequestLine line;
  ParseError error = ParseRequestLine(section.data(), end, options, line);
  // Pinned even when the line is bad: an error reply asks for the method.
  head.arena.Pin(std::move(section));
  head.method = line.method;
  if (!error.ok()) return error;
  head.version = line.version;
  if (head.version == http::Version::kHttp10 && !options.accept_http_10) {
    return {505, http::ErrorKind::kVersionUnsupported, "http-1.0-not-accepted"};
  }
  Target target;
  if (error = ParseTarget(line, options, head.arena, target); !error.ok()) return error;
  head.path = target.path;
  head.scheme = options.tls ? "https" : "http";

  FieldParser parser(const_cast<char*>(line.end), end, options.limits,
                     options.limits.max_headers_count, /*space_before_colon=*/false);
  FieldNotes notes(FieldNotes::Side::kRequest, options);
  if (error = ReadFields(parser, notes, head.headers); !error.ok()) return error;
  if (error = notes.FramingOf(head.version, head.framing); !error.ok()) return error;
  if (error = CheckAuthority(notes, target, options, head); !error.ok()) return error;
  if (error = notes.RemoveNominated(head.headers); !error.ok()) return error;
  if (error = CheckUpgrade(notes, head); !error.ok()) return error;
  // RFC 9110 §10.1.1 lets a server ignore Expect in HTTP/1.0.
  if (notes.expects() && head.version == http::Version::kHttp11) {
    if (!notes.expects_continue()) return {417, http::ErrorKind::kUnsupported, "bad-expectation"};
    head.expects_continue = true;
  }
  head.accepts_trailers = notes.te_trailers();
  facts.keep_alive = notes.Persists(head.version) && !notes.had_both_lengths();
  facts.fields_left = parser.fields_left();
  return {};
}

}  // namespace sluice::http1
