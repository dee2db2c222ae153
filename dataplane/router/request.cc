// SPDX-License-Identifier: Apache-2.0
#include "dataplane/router/request.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "dataplane/http/syntax.h"

namespace sluice::router {
namespace {

struct Buffers {
  std::string lower_path;
  std::string joined;
  std::vector<int> matches;
};

Buffers& ThreadBuffers() {
  thread_local Buffers buffers;
  return buffers;
}

// The first `name=value` of a list with that name.
std::optional<std::string_view> FindPair(std::string_view list, char separator,
                                         std::string_view name, bool trim) {
  while (!list.empty()) {
    const size_t end = list.find(separator);
    std::string_view pair = list.substr(0, end);
    list = end == std::string_view::npos ? std::string_view() : list.substr(end + 1);
    if (trim) pair = http::TrimOws(pair);
    const size_t equals = pair.find('=');
    if (pair.substr(0, equals) != name || pair.empty()) continue;
    return equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
  }
  return std::nullopt;
}

}  // namespace

FieldRef FieldRef::Header(std::string_view name) {
  FieldRef field{Kind::kHeader, http::HeaderId::kOther, name};
  if (name == ":method") {
    field.kind = Kind::kMethod;
  } else if (name == ":authority" || name == "host") {
    field.kind = Kind::kAuthority;
  } else if (name == ":path") {
    field.kind = Kind::kPath;
  } else if (name == ":scheme") {
    field.kind = Kind::kScheme;
  } else {
    field.id = http::FindHeaderId(name);
  }
  return field;
}

Request::Request(const RouteQuery& query) : query_(query), path_(query.path) {
  const size_t question = path_.find('?');
  if (question == std::string_view::npos) return;
  parameters_ = path_.substr(question + 1);
  path_ = path_.substr(0, question);
}

std::string_view Request::lower_path() const {
  std::string& lower = ThreadBuffers().lower_path;
  if (!lowered_) {
    lower.assign(path_);
    http::LowerCase(lower.data(), lower.size());
    lowered_ = true;
  }
  return lower;
}

std::vector<int>& Request::Matches() { return ThreadBuffers().matches; }

std::optional<std::string_view> Request::Get(const FieldRef& field) const {
  switch (field.kind) {
    case FieldRef::Kind::kHeader:
      return GetHeader(field);
    case FieldRef::Kind::kMethod:
      return query_.method;
    case FieldRef::Kind::kAuthority:
      return query_.authority;
    case FieldRef::Kind::kPath:
      return query_.path;
    case FieldRef::Kind::kScheme:
      return query_.scheme;
    case FieldRef::Kind::kQuery:
      return GetParameter(field.name);
    case FieldRef::Kind::kCookie:
      return GetCookie(field.name);
  }
  return std::nullopt;
}

std::optional<std::string_view> Request::GetHeader(const FieldRef& field) const {
  if (query_.headers == nullptr) return std::nullopt;
  std::optional<std::string_view> first;
  bool joined = false;
  std::string& buffer = ThreadBuffers().joined;
  for (const http::HeaderMap::Field& header : *query_.headers) {
    if (header.id != field.id) continue;
    if (field.id == http::HeaderId::kOther && header.name != field.name) continue;
    if (!first.has_value()) {
      first = header.value;
      continue;
    }
    if (!joined) buffer.assign(*first);
    joined = true;
    buffer.append(field.id == http::HeaderId::kCookie ? "; " : ",").append(header.value);
  }
  return joined ? std::optional<std::string_view>(buffer) : first;
}

std::optional<std::string_view> Request::GetParameter(std::string_view name) const {
  return FindPair(parameters_, '&', name, /*trim=*/false);
}

std::optional<std::string_view> Request::GetCookie(std::string_view name) const {
  if (query_.headers == nullptr) return std::nullopt;
  for (const http::HeaderMap::Field& header : *query_.headers) {
    if (header.id != http::HeaderId::kCookie) continue;
    std::optional<std::string_view> value = FindPair(header.value, ';', name, /*trim=*/true);
    if (!value.has_value()) continue;
    if (value->size() >= 2 && value->front() == '"' && value->back() == '"') {
      value = value->substr(1, value->size() - 2);
    }
    return value;
  }
  return std::nullopt;
}

bool Request::IsGrpc() const {
  if (query_.headers == nullptr) return false;
  static constexpr std::string_view kGrpc = "application/grpc";
  const std::string_view type = query_.headers->Get(http::HeaderId::kContentType);
  return absl::StartsWith(type, kGrpc) &&
         (type.size() == kGrpc.size() || type[kGrpc.size()] == '+');
}

}  // namespace sluice::router
