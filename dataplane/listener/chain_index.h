// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "dataplane/config/listener.h"
#include "dataplane/event/socket.h"
#include "dataplane/tls/names.h"

namespace sluice::listener {

// What is known of a connection when its filter chain is chosen.
struct ConnectionFacts {
  uint16_t destination_port = 0;
  std::string_view server_name;             // Normalized; empty for none.
  bool tls = false;                         // The first bytes are a ClientHello.
  absl::Span<const std::string_view> alpn;  // As offered.
  const event::Address* source = nullptr;
};

// ChainIndex chooses the filter chain of a connection by Envoy's order of pruning: destination
// port, server name, transport protocol, application protocols, source prefix. At each step the
// chains that ask for something it has beat those that ask for nothing. The cost does not grow
// with the number of server names.
//
// Thread:   immutable once built; any.
class ChainIndex {
 public:
  static constexpr int kNone = -1;
  static constexpr int kDefault = -2;

  explicit ChainIndex(const config::Listener& listener);

  // An index into `filter_chains`, kDefault for the default chain, or kNone: close.
  int Find(const ConnectionFacts& facts) const;

  // Whether a server name can make a difference at all.
  bool names_matter() const { return names_matter_; }

 private:
  struct Chain {
    std::string_view transport_protocol;
    const std::vector<std::string>* application_protocols;
    bool any_source;  // No prefix is asked for. One that does not parse matches nobody.
    std::vector<std::pair<event::Address, uint32_t>> source_prefixes;
  };

  int PickFrom(absl::Span<const int> candidates, const ConnectionFacts& facts) const;

  std::vector<Chain> chains_;
  absl::flat_hash_map<uint32_t, tls::ServerNames> by_port_;  // 0: chains that name no port.
  bool has_default_;
  bool names_matter_ = false;
};

}  // namespace sluice::listener
