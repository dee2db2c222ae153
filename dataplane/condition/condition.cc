// SPDX-License-Identifier: Apache-2.0
#include "dataplane/condition/condition.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace sluice::condition {
namespace {

std::string_view WithoutQuery(std::string_view path) {
  return path.substr(0, path.find_first_of("?#"));
}

// Of "ip:port" or "[ip]:port".
std::string_view IpOf(std::string_view address) {
  if (address.starts_with('[')) return address.substr(1, address.find(']') - 1);
  return address.substr(0, address.rfind(':'));
}

bool IsIn(const Cidr& network, std::string_view text) {
  const std::optional<IpAddress> address = ParseIp(text);
  return address.has_value() && network.Contains(*address);
}

}  // namespace

bool Condition::Matches(const http::RequestHead& head, const http::StreamInfo& info) const {
  return Holds(0, {head, info});
}

bool Condition::AllHold(size_t index, const View& view) const {
  for (size_t child = index + 1; child < nodes_[index].end; child = nodes_[child].end) {
    if (!Holds(child, view)) return false;
  }
  return true;
}

bool Condition::OneHolds(size_t index, const View& view) const {
  for (size_t child = index + 1; child < nodes_[index].end; child = nodes_[child].end) {
    if (Holds(child, view)) return true;
  }
  return false;
}

bool Condition::Holds(size_t index, const View& view) const {
  const Node& node = nodes_[index];
  const http::DownstreamInfo& downstream = *view.info.downstream;
  switch (node.op) {
    case Op::kAny:
      return true;
    case Op::kAll:
      return AllHold(index, view);
    case Op::kOne:
      return OneHolds(index, view);
    case Op::kNot:
      return !Holds(index + 1, view);
    case Op::kHeader:
      return HeaderHolds(headers_[node.test], view.head);
    case Op::kPath:
      return texts_[node.test].Matches(WithoutQuery(view.head.path));
    case Op::kAuthenticated:
      return AuthenticatedHolds(node.test, downstream);
    case Op::kPeerIp:
      return IsIn(networks_[node.test], downstream.remote_ip);
    case Op::kClientIp:
      return IsIn(networks_[node.test], view.info.client_address);
    case Op::kLocalIp:
      return IsIn(networks_[node.test], IpOf(downstream.local_address));
    case Op::kLocalPort:
      return downstream.local_port >= ports_[node.test].first &&
             downstream.local_port < ports_[node.test].end;
    case Op::kServerName:
      return texts_[node.test].Matches(downstream.sni);
    case Op::kIdentity:
      return identities_[node.test].Matches(view.info.identity);
  }
  return false;
}

bool Condition::AuthenticatedHolds(uint32_t test, const http::DownstreamInfo& downstream) const {
  if (!downstream.peer_verified) return false;
  if (test == kNoTest) return true;
  const TextMatcher& name = texts_[test];
  const auto matches = [&name](const std::string& text) { return name.Matches(text); };
  const auto& uris = downstream.peer_uris;
  const auto& dns_names = downstream.peer_dns_names;
  if (std::any_of(uris.begin(), uris.end(), matches) ||
      std::any_of(dns_names.begin(), dns_names.end(), matches)) {
    return true;
  }
  return uris.empty() && dns_names.empty() && name.Matches(downstream.peer_subject);
}

bool Condition::ValueHolds(const HeaderTest& test, std::string_view value) {
  if (test.text.has_value()) return test.text->Matches(value) != test.match.invert;
  int64_t number = 0;
  const bool in_range = absl::SimpleAtoi(value, &number) && number >= test.match.range->first &&
                        number < test.match.range->second;
  return in_range != test.match.invert;
}

bool Condition::HeaderHolds(const HeaderTest& test, const http::RequestHead& head) {
  using Source = HeaderTest::Source;
  switch (test.source) {
    case Source::kMethod:
      return ValueHolds(test, head.method);
    case Source::kPath:
      return ValueHolds(test, head.path);
    case Source::kAuthority:
      return ValueHolds(test, head.authority);
    case Source::kScheme:
      return ValueHolds(test, head.scheme);
    case Source::kField:
      break;
  }
  bool found = false;
  for (const http::HeaderMap::Field& field : head.headers) {
    if (field.id != test.id ||
        (test.id == http::HeaderId::kOther && field.name != test.match.name)) {
      continue;
    }
    found = true;
    if (ValueHolds(test, field.value) != test.every) return !test.every;
  }
  if (found) return test.every;
  if (test.match.missing_is_empty) return ValueHolds(test, "");
  // A header that is not there is not another than some value (Envoy); that it is missing holds.
  return test.is_presence && test.match.invert;
}

// ---- Building -----------------------------------------------------------------------------------

absl::Status Condition::Builder::Add(Op op, uint32_t test) {
  std::vector<Node>& nodes = condition_.nodes_;
  if (nodes.size() >= kMaxTests) {
    return absl::InvalidArgumentError(absl::StrCat("more than ", kMaxTests, " tests"));
  }
  nodes.push_back({op, static_cast<uint32_t>(nodes.size() + 1), test});
  return absl::OkStatus();
}

absl::Status Condition::Builder::Begin(Op op) {
  if (open_.size() >= kMaxDepth) {
    return absl::InvalidArgumentError(absl::StrCat("is nested deeper than ", kMaxDepth));
  }
  if (absl::Status status = Add(op, kNoTest); !status.ok()) return status;
  open_.push_back(condition_.nodes_.size() - 1);
  return absl::OkStatus();
}

absl::Status Condition::Builder::BeginNot() {
  if (absl::Status status = Begin(Op::kNot); !status.ok()) return status;
  leaning_ = leaning_ == Leaning::kLetsIn ? Leaning::kKeepsOut : Leaning::kLetsIn;
  return absl::OkStatus();
}

void Condition::Builder::End() {
  Node& node = condition_.nodes_[open_.back()];
  open_.pop_back();
  node.end = static_cast<uint32_t>(condition_.nodes_.size());
  if (node.op == Op::kNot) {
    leaning_ = leaning_ == Leaning::kLetsIn ? Leaning::kKeepsOut : Leaning::kLetsIn;
  }
}

absl::Status Condition::Builder::AddText(Op op, config::StringMatch match) {
  absl::StatusOr<TextMatcher> text = TextMatcher::Make(std::move(match));
  if (!text.ok()) return text.status();
  condition_.texts_.push_back(*std::move(text));
  return Add(op, static_cast<uint32_t>(condition_.texts_.size() - 1));
}

absl::Status Condition::Builder::AddNetwork(Op op, Cidr network) {
  condition_.networks_.push_back(network);
  return Add(op, static_cast<uint32_t>(condition_.networks_.size() - 1));
}

absl::Status Condition::Builder::Header(config::HeaderMatch match) {
  using Source = HeaderTest::Source;
  static constexpr std::pair<std::string_view, Source> kElsewhere[] = {
      {":method", Source::kMethod},       {":path", Source::kPath},
      {":authority", Source::kAuthority}, {"host", Source::kAuthority},
      {":scheme", Source::kScheme},
  };
  HeaderTest test;
  for (const auto& [name, source] : kElsewhere) {
    if (match.name == name) test.source = source;
  }
  test.every = leaning_ == Leaning::kLetsIn;
  test.is_presence =
      match.match.kind == config::StringMatch::Kind::kPresent && !match.range.has_value();
  test.id = http::FindHeaderId(match.name);
  if (!match.range.has_value()) {
    absl::StatusOr<TextMatcher> text = TextMatcher::Make(std::move(match.match));
    if (!text.ok()) return text.status();
    test.text = *std::move(text);
  }
  test.match = std::move(match);
  condition_.headers_.push_back(std::move(test));
  return Add(Op::kHeader, static_cast<uint32_t>(condition_.headers_.size() - 1));
}

absl::Status Condition::Builder::Path(config::StringMatch match) {
  return AddText(Op::kPath, std::move(match));
}

absl::Status Condition::Builder::Authenticated(std::optional<config::StringMatch> match) {
  if (!match.has_value()) return Add(Op::kAuthenticated, kNoTest);
  return AddText(Op::kAuthenticated, *std::move(match));
}

absl::Status Condition::Builder::LocalPort(uint32_t first, uint32_t end) {
  condition_.ports_.push_back({first, end});
  return Add(Op::kLocalPort, static_cast<uint32_t>(condition_.ports_.size() - 1));
}

absl::Status Condition::Builder::Identity(IdentityMatcher test) {
  condition_.identities_.push_back(std::move(test));
  return Add(Op::kIdentity, static_cast<uint32_t>(condition_.identities_.size() - 1));
}

}  // namespace sluice::condition
