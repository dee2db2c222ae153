// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http1/head_writer.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "dataplane/http/protected_fields.h"
#include "dataplane/http/syntax.h"
#include "dataplane/http1/char_scan.h"
#include "dataplane/http1/field_notes.h"

namespace sluice::http1 {
namespace {

using http::HeaderId;

// More than the status line, the framing field and the connection fields can take together.
constexpr size_t kOwnLinesBytes = 256;

size_t FieldBytes(const http::HeaderMap& headers) {
  size_t n = 0;
  for (const auto& field : headers) n += field.name.size() + field.value.size() + 4;
  return n;
}

// Writes lines into room that its maker has measured.
class LineWriter {
 public:
  explicit LineWriter(char* at) : begin_(at), at_(at) {}

  LineWriter& Put(std::string_view s) {
    if (!s.empty()) std::memcpy(at_, s.data(), s.size());
    at_ += s.size();
    return *this;
  }
  LineWriter& PutNumber(uint64_t n) {
    at_ = std::to_chars(at_, at_ + 20, n).ptr;
    return *this;
  }
  void EndLine() {
    *at_++ = '\r';
    *at_++ = '\n';
    ++lines_;
  }
  void PutField(std::string_view name, std::string_view value) {
    Put(name);
    *at_++ = ':';
    *at_++ = ' ';
    Put(value).EndLine();
  }

  size_t size() const { return static_cast<size_t>(at_ - begin_); }
  // Whether the only control bytes are the line ends that we wrote.
  bool clean() const { return CountControls(begin_, at_) == 2 * lines_; }

 private:
  char* begin_;
  char* at_;
  size_t lines_ = 0;
};

// Which fields of a map are written.
struct Selection {
  bool request = false;
  bool check_bytes = false;  // Set once a head was found to hold stray controls.

  bool Takes(const http::HeaderMap::Field& field) const {
    if (IsHopByHop(field.id)) return false;
    if (request && (field.id == HeaderId::kHost || field.id == HeaderId::kExpect)) return false;
    return !check_bytes || (http::IsFieldName(field.name) && http::IsFieldValue(field.value));
  }
};

void PutFields(const http::HeaderMap& headers, Selection selection, LineWriter& lines) {
  for (const auto& field : headers) {
    if (selection.Takes(field)) lines.PutField(field.name, field.value);
  }
}

void PutLength(LengthField length, LineWriter& lines) {
  if (length.kind == LengthField::Kind::kLength) {
    lines.Put("content-length: ").PutNumber(length.length).EndLine();
  } else if (length.kind == LengthField::Kind::kChunked) {
    lines.Put("transfer-encoding: chunked").EndLine();
  }
}

// Writes through `put(Selection, LineWriter&)` behind `out`; a second time, with every field
// checked, if the first left stray controls. False if even that is not clean.
template <typename Put>
bool WriteLines(size_t room, bool request, base::Buffer& out, Put put) {
  absl::Span<char> span = out.Reserve(room);
  for (const bool check_bytes : {false, true}) {
    LineWriter lines(span.data());
    put(Selection{request, check_bytes}, lines);
    if (lines.clean()) {
      out.Commit(lines.size());
      return true;
    }
  }
  out.Commit(0);
  return false;
}

bool BreaksLine(std::string_view s) {
  return std::any_of(s.begin(), s.end(), [](char c) { return c == ' ' || c == '\t'; });
}

void PutRequestConnection(const http::RequestHead& head, LineWriter& lines) {
  if (!head.upgrade.empty()) {
    lines.Put(head.accepts_trailers ? "connection: upgrade, te" : "connection: upgrade").EndLine();
    lines.PutField("upgrade", head.upgrade);
  } else if (head.accepts_trailers) {
    lines.Put("connection: te").EndLine();
  }
  if (head.accepts_trailers) lines.Put("te: trailers").EndLine();
}

}  // namespace

void WriteResponseHead(uint16_t status, const http::HeaderMap& headers, LengthField length,
                       Persistence persistence, std::string_view upgrade, base::Buffer& out) {
  // False only for a bad `upgrade`, which both codecs refuse to take in.
  (void)WriteLines(
      kOwnLinesBytes + upgrade.size() + FieldBytes(headers), /*request=*/false, out,
      [&](Selection selection, LineWriter& lines) {
        lines.Put("HTTP/1.1 ").PutNumber(status).Put(" ").Put(http::ReasonPhrase(status)).EndLine();
        PutFields(headers, selection, lines);
        PutLength(length, lines);
        if (!upgrade.empty()) {
          lines.Put("connection: upgrade").EndLine();
          lines.PutField("upgrade", upgrade);
        } else if (persistence == Persistence::kClose) {
          lines.Put("connection: close").EndLine();
        } else if (persistence == Persistence::kKeepAlive) {
          lines.Put("connection: keep-alive").EndLine();
        }
        lines.EndLine();
      });
}

bool WriteRequestHead(const http::RequestHead& head, LengthField length, base::Buffer& out) {
  const std::string_view target = head.method == "CONNECT" ? head.authority : head.path;
  if (!http::IsToken(head.method) || target.empty() || BreaksLine(target) ||
      BreaksLine(head.authority)) {
    return false;
  }
  const size_t room = kOwnLinesBytes + head.method.size() + target.size() + head.authority.size() +
                      head.upgrade.size() + FieldBytes(head.headers);
  return WriteLines(room, /*request=*/true, out, [&](Selection selection, LineWriter& lines) {
    lines.Put(head.method).Put(" ").Put(target).Put(" HTTP/1.1").EndLine();
    lines.PutField("host", head.authority);
    PutFields(head.headers, selection, lines);
    PutLength(length, lines);
    PutRequestConnection(head, lines);
    if (head.expects_continue) lines.Put("expect: 100-continue").EndLine();
    lines.EndLine();
  });
}

void WriteTrailers(const http::HeaderMap& trailers, base::Buffer& out) {
  (void)WriteLines(
      2 + FieldBytes(trailers), /*request=*/false, out,
      [&](Selection selection, LineWriter& lines) {
        for (const auto& field : trailers) {
          if (!http::IsProtectedField(field.id, field.name) && selection.Takes(field)) {
            lines.PutField(field.name, field.value);
          }
        }
        lines.EndLine();
      });
}

}  // namespace sluice::http1
