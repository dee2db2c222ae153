// SPDX-License-Identifier: Apache-2.0
#include "dataplane/filters/identify/credentials.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "dataplane/http/syntax.h"

namespace sluice::filters {
namespace {

using http::HeaderId;
using http::HeaderMap;
using Kind = CredentialSource::Kind;

void AddOnce(std::string_view value, Credentials& found) {
  if (std::find(found.begin(), found.end(), value) == found.end()) found.push_back(value);
}

// ---- Headers ------------------------------------------------------------------------------------

// A prefix that ends with a space is a scheme: whatever space stands behind it, or none at all if
// nothing follows, a header with it holds a credential. Else "Bearer<TAB>token" would be none, and
// go on to a backend that is less strict.
bool Holds(const HeaderMap::Field& field, const CredentialSource& source) {
  if (field.name != source.name) return false;
  const std::string_view word = http::TrimOws(source.prefix);
  if (!absl::StartsWithIgnoreCase(field.value, word)) return false;
  if (word.size() == source.prefix.size() || field.value.size() == word.size()) return true;
  return field.value[word.size()] == ' ' || field.value[word.size()] == '\t';
}

void FindInHeaders(const HeaderMap& headers, const CredentialSource& source, Credentials& found) {
  const size_t size = http::TrimOws(source.prefix).size();
  for (const HeaderMap::Field& field : headers) {
    if (Holds(field, source)) AddOnce(http::TrimOws(field.value.substr(size)), found);
  }
}

// ---- Query --------------------------------------------------------------------------------------

int HexDigit(char c) {
  if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) return -1;
  return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

std::string_view Decode(std::string_view text, base::Arena& arena) {
  if (text.find('%') == std::string_view::npos) return text;
  char* out = arena.Allocate(text.size());
  size_t size = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const int high = i + 2 < text.size() && text[i] == '%' ? HexDigit(text[i + 1]) : -1;
    const int low = high >= 0 ? HexDigit(text[i + 2]) : -1;
    if (low < 0) {
      out[size++] = text[i];
    } else {
      out[size++] = static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return {out, size};
}

// Calls visit(parameter, name, value), as they stand, for each parameter of a query.
template <typename Visit>
void ForEachParameter(std::string_view query, Visit visit) {
  while (true) {
    const size_t end = query.find('&');
    const std::string_view parameter = query.substr(0, end);
    const size_t equals = parameter.find('=');
    visit(parameter, parameter.substr(0, equals),
          equals == std::string_view::npos ? std::string_view() : parameter.substr(equals + 1));
    if (end == std::string_view::npos) return;
    query.remove_prefix(end + 1);
  }
}

void FindInQuery(std::string_view path, const CredentialSource& source, base::Arena& arena,
                 Credentials& found) {
  const size_t mark = path.find('?');
  if (mark == std::string_view::npos) return;
  ForEachParameter(path.substr(mark + 1),
                   [&](std::string_view, std::string_view name, std::string_view value) {
                     if (Decode(name, arena) == source.name) AddOnce(Decode(value, arena), found);
                   });
}

void RemoveFromQuery(const CredentialSource& source, http::RequestHead& head) {
  const size_t mark = head.path.find('?');
  if (mark == std::string_view::npos) return;
  char* out = head.arena.Allocate(head.path.size());
  std::memcpy(out, head.path.data(), mark);
  size_t size = mark;
  bool removed = false;
  char separator = '?';
  ForEachParameter(head.path.substr(mark + 1),
                   [&](std::string_view parameter, std::string_view name, std::string_view) {
                     if (Decode(name, head.arena) == source.name) {
                       removed = true;
                       return;
                     }
                     out[size++] = separator;
                     separator = '&';
                     if (!parameter.empty())
                       std::memcpy(out + size, parameter.data(), parameter.size());
                     size += parameter.size();
                   });
  if (removed) head.path = {out, size};
}

// ---- Cookies (RFC 6265 §4.2.1) ------------------------------------------------------------------

// Calls visit(pair, name, value) for each cookie of a line; a pair is without what separates it.
template <typename Visit>
void ForEachCookie(std::string_view line, Visit visit) {
  while (!line.empty()) {
    const size_t end = line.find(';');
    const std::string_view pair = http::TrimOws(line.substr(0, end));
    line = end == std::string_view::npos ? std::string_view() : line.substr(end + 1);
    const size_t equals = pair.find('=');
    if (pair.empty()) continue;
    std::string_view value = equals == std::string_view::npos
                                 ? std::string_view()
                                 : http::TrimOws(pair.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    visit(pair, http::TrimOws(pair.substr(0, equals)), value);
  }
}

void FindInCookies(const HeaderMap& headers, const CredentialSource& source, Credentials& found) {
  for (const HeaderMap::Field& field : headers) {
    if (field.id != HeaderId::kCookie) continue;
    ForEachCookie(field.value,
                  [&](std::string_view, std::string_view name, std::string_view value) {
                    if (name == source.name) AddOnce(value, found);
                  });
  }
}

// A line without the cookie; the line itself if it has none of that name.
std::string_view WithoutCookie(std::string_view line, const std::string& cookie,
                               base::Arena& arena) {
  // Two bytes between pairs, where a line may have had one.
  char* out = arena.Allocate(2 * line.size());
  size_t size = 0;
  bool removed = false;
  ForEachCookie(line, [&](std::string_view pair, std::string_view name, std::string_view) {
    if (name == cookie) {
      removed = true;
      return;
    }
    if (size > 0) {
      out[size++] = ';';
      out[size++] = ' ';
    }
    std::memcpy(out + size, pair.data(), pair.size());
    size += pair.size();
  });
  return removed ? std::string_view(out, size) : line;
}

void RemoveFromCookies(const CredentialSource& source, http::RequestHead& head) {
  for (size_t i = 0; i < head.headers.size(); ++i) {
    const HeaderMap::Field& field = head.headers.begin()[i];
    if (field.id != HeaderId::kCookie || field.value.empty()) continue;
    head.headers.SetValueAt(i, WithoutCookie(field.value, source.name, head.arena));
  }
  head.headers.RemoveIf([](const HeaderMap::Field& field) {
    return field.id == HeaderId::kCookie && field.value.empty();
  });
}

}  // namespace

void FindCredentials(const http::RequestHead& head, const CredentialSource& source,
                     base::Arena& arena, Credentials& found) {
  switch (source.kind) {
    case Kind::kHeader:
      return FindInHeaders(head.headers, source, found);
    case Kind::kQuery:
      return FindInQuery(head.path, source, arena, found);
    case Kind::kCookie:
      return FindInCookies(head.headers, source, found);
  }
}

void RemoveCredentials(const CredentialSource& source, http::RequestHead& head) {
  switch (source.kind) {
    case Kind::kHeader:
      head.headers.RemoveIf(
          [&source](const HeaderMap::Field& field) { return Holds(field, source); });
      return;
    case Kind::kQuery:
      return RemoveFromQuery(source, head);
    case Kind::kCookie:
      return RemoveFromCookies(source, head);
  }
}

}  // namespace sluice::filters
