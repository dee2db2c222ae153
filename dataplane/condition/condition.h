// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "dataplane/condition/cidr.h"
#include "dataplane/condition/identity_matcher.h"
#include "dataplane/condition/text_matcher.h"
#include "dataplane/config/route.h"
#include "dataplane/http/message.h"
#include "dataplane/http/stream_info.h"

namespace sluice::condition {

// What follows if a condition holds, and so how a header is judged that comes more than once.
enum class Leaning : uint8_t {
  kLetsIn,    // Every copy must match.
  kKeepsOut,  // One copy that matches is enough.
};

// A Condition is a predicate over a request and its connection: a tree of tests.
//
// Thread:   immutable; any.
// Lifetime: owns all that it is made of.
// Errors:   none: a test that has nothing to look at does not hold.
// Limits:   kMaxTests tests, kMaxDepth deep; matching allocates nothing.
class Condition {
 public:
  static constexpr size_t kMaxTests = 10'000;
  static constexpr size_t kMaxDepth = 32;

  class Builder;

  Condition(Condition&&) = default;
  Condition& operator=(Condition&&) = default;

  bool Matches(const http::RequestHead& head, const http::StreamInfo& info) const;

 private:
  enum class Op : uint8_t {
    kAny,
    kAll,
    kOne,
    kNot,
    kHeader,
    kPath,
    kAuthenticated,
    kPeerIp,
    kClientIp,
    kLocalIp,
    kLocalPort,
    kServerName,
    kIdentity
  };
  // In the order of a walk, a node before what it holds.
  struct Node {
    Op op;
    uint32_t end;   // Index behind the last of what it holds.
    uint32_t test;  // Index in the list of its kind.
  };
  struct HeaderTest {
    enum class Source : uint8_t { kField, kMethod, kPath, kAuthority, kScheme };
    Source source = Source::kField;
    config::HeaderMatch match;  // Its `match` is moved into `text`.
    http::HeaderId id = http::HeaderId::kOther;
    std::optional<TextMatcher> text;  // Without, a range.
    bool is_presence = false;
    bool every = false;  // Every copy must match, or one.
  };
  struct PortRange {
    uint32_t first;
    uint32_t end;
  };
  struct View {
    const http::RequestHead& head;
    const http::StreamInfo& info;
  };

  Condition() = default;

  bool Holds(size_t index, const View& view) const;
  bool AllHold(size_t index, const View& view) const;
  bool OneHolds(size_t index, const View& view) const;
  static bool HeaderHolds(const HeaderTest& test, const http::RequestHead& head);
  static bool ValueHolds(const HeaderTest& test, std::string_view value);
  bool AuthenticatedHolds(uint32_t test, const http::DownstreamInfo& downstream) const;

  static constexpr uint32_t kNoTest = UINT32_MAX;

  std::vector<Node> nodes_;
  std::vector<HeaderTest> headers_;
  std::vector<TextMatcher> texts_;
  std::vector<Cidr> networks_;
  std::vector<PortRange> ports_;
  std::vector<IdentityMatcher> identities_;
};

// Makes a Condition, node by node. BeginAll, BeginOne and BeginNot are each ended by End; a Not
// holds one.
//
// Errors: each call: kInvalidArgument saying what is wrong with a test, or which limit is passed.
//         After one there is nothing to build.
class Condition::Builder {
 public:
  explicit Builder(Leaning leaning) : leaning_(leaning) {}

  absl::Status BeginAll() { return Begin(Op::kAll); }
  absl::Status BeginOne() { return Begin(Op::kOne); }
  // Turns the leaning round for what it holds.
  absl::Status BeginNot();
  void End();

  absl::Status Any() { return Add(Op::kAny, kNoTest); }
  // A field by its lower-case name, or ":method", ":path" (with its query), ":authority" and
  // ":scheme"; "host" is the authority.
  absl::Status Header(config::HeaderMatch match);
  // The path without its query.
  absl::Status Path(config::StringMatch match);
  // By a verified client certificate. With a match: one of its URIs or DNS names, or, if it has
  // neither, its subject.
  absl::Status Authenticated(std::optional<config::StringMatch> match);
  absl::Status PeerIp(Cidr network) { return AddNetwork(Op::kPeerIp, network); }
  absl::Status ClientIp(Cidr network) { return AddNetwork(Op::kClientIp, network); }
  absl::Status LocalIp(Cidr network) { return AddNetwork(Op::kLocalIp, network); }
  // [first, end).
  absl::Status LocalPort(uint32_t first, uint32_t end);
  absl::Status ServerName(config::StringMatch match) { return AddText(Op::kServerName, match); }
  absl::Status Identity(IdentityMatcher test);

  // All groups have ended.
  Condition Build() { return std::move(condition_); }

 private:
  absl::Status Begin(Op op);
  absl::Status Add(Op op, uint32_t test);
  absl::Status AddNetwork(Op op, Cidr network);
  absl::Status AddText(Op op, config::StringMatch match);

  Leaning leaning_;
  Condition condition_;
  std::vector<size_t> open_;
};

}  // namespace sluice::condition
