// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http1/response_head_parser.h"

#include "dataplane/http/syntax.h"
#include "dataplane/http1/char_scan.h"
#include "dataplane/http1/field_notes.h"
#include "dataplane/http1/field_parser.h"
#include "dataplane/http1/request_line.h"

namespace sluice::http1 {
namespace {

constexpr size_t kStatusAt = 9;    // Behind "HTTP/1.1 ".
constexpr size_t kStatusEnd = 12;  // Behind "HTTP/1.1 200".

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Reads "HTTP/1.1 200 OK" and moves `p` behind its CRLF. The reason phrase, and the space in front
// of it, may be missing: many servers leave them out.
ParseError ParseStatusLine(const char*& p, const char* end, http::ResponseHead& head) {
  const char* line_end = FindControl(p, end);
  if (line_end[0] != '\r') return BadSyntax("control-in-status-line");
  if (line_end[1] != '\n') return BadSyntax("bare-cr");
  const std::string_view line(p, static_cast<size_t>(line_end - p));
  p = line_end + 2;
  const ParseError error = ParseVersion(line.substr(0, kStatusAt - 1), head.version);
  if (!error.ok()) return error;
  if (line.size() < kStatusEnd || line[kStatusAt - 1] != ' ' ||
      (line.size() > kStatusEnd && line[kStatusEnd] != ' ')) {
    return BadSyntax("bad-status-line");
  }
  const std::string_view digits = line.substr(kStatusAt, 3);
  if (!IsDigit(digits[0]) || !IsDigit(digits[1]) || !IsDigit(digits[2]) || digits[0] == '0' ||
      digits[0] > '5') {
    return BadSyntax("bad-status");
  }
  head.status =
      static_cast<uint16_t>((digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0'));
  return {};
}

ParseError CheckSwitch(const FieldNotes& notes, const ResponseContext& context,
                       http::ResponseHead& head) {
  if (context.upgrade.empty()) return BadSyntax("unasked-101");
  if (head.framing.length > 0 || head.framing.kind == http::Framing::Kind::kStreamed) {
    return BadSyntax("body-with-101");
  }
  if (!http::EqualsIgnoreCase(notes.upgrade(), context.upgrade)) {
    return BadSyntax("upgrade-mismatch");
  }
  head.upgrade = context.upgrade;
  return {};
}

// RFC 9112 §6.3, in its order.
ParseError FrameBody(const FieldNotes& notes, const ResponseContext& context,
                     http::ResponseHead& head, ResponseHeadFacts& facts) {
  if (const ParseError error = notes.FramingOf(head.version, head.framing); !error.ok()) {
    return error;
  }
  if (head.status == 101) {
    facts.tunnel = true;
    return CheckSwitch(notes, context, head);
  }
  if (context.to_connect && head.status / 100 == 2) {
    facts.tunnel = true;
    head.framing = {};
    return {};
  }
  facts.no_body =
      context.to_head || head.status / 100 == 1 || head.status == 204 || head.status == 304;
  if (head.status / 100 == 1 || head.status == 204) head.framing = {};
  if (!facts.no_body && !notes.has_framing()) {
    facts.until_close = true;
    facts.keep_alive = false;
    head.framing = {http::Framing::Kind::kStreamed, 0};
  }
  return {};
}

}  // namespace

ParseError ParseResponseHead(base::Slice section, const http::Http1Options& options,
                             const ResponseContext& context, http::ResponseHead& head,
                             ResponseHeadFacts& facts) {
  const char* p = section.data();
  const char* end = p + section.size();
  head.arena.Pin(std::move(section));
  ParseError error = ParseStatusLine(p, end, head);
  if (!error.ok()) return error;

  FieldParser parser(const_cast<char*>(p), end, options.limits, options.limits.max_headers_count,
                     /*space_before_colon=*/true);
  FieldNotes notes(FieldNotes::Side::kResponse, options);
  http::HeaderMap::Field field;
  FieldParser::Result result;
  while ((result = parser.Next(field)) == FieldParser::Result::kField) {
    if (notes.Note(field)) head.headers.Add(field);
  }
  if (result == FieldParser::Result::kError) return parser.error();
  facts.keep_alive = notes.Persists(head.version);
  facts.fields_left = parser.fields_left();
  if (error = FrameBody(notes, context, head, facts); !error.ok()) return error;
  return notes.RemoveNominated(head.headers);
}

}  // namespace sluice::http1
