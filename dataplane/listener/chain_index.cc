// SPDX-License-Identifier: Apache-2.0
#include "dataplane/listener/chain_index.h"

#include <algorithm>

namespace sluice::listener {
namespace {

// Bits of `address` that `prefix` and its length cover, or -1 if it is outside.
int MatchBits(const event::Address& prefix, uint32_t length, const event::Address& address) {
  const std::string_view a = prefix.ip_bytes();
  const std::string_view b = address.ip_bytes();
  if (a.size() != b.size() || length > a.size() * 8) return -1;
  const size_t whole = length / 8;
  if (a.substr(0, whole) != b.substr(0, whole)) return -1;
  if (const uint32_t rest = length % 8; rest != 0) {
    const int mask = 0xff << (8 - rest);
    if (((a[whole] ^ b[whole]) & mask) != 0) return -1;
  }
  return static_cast<int>(length);
}

// Keeps of `candidates` those for which `score` is highest; negative scores never match.
template <typename Score>
void KeepBest(std::vector<int>& candidates, Score score) {
  int best = -1;
  for (const int i : candidates) best = std::max(best, score(i));
  std::erase_if(candidates, [&](int i) { return best < 0 || score(i) != best; });
}

}  // namespace

ChainIndex::ChainIndex(const config::Listener& listener)
    : has_default_(listener.default_filter_chain.has_value()) {
  for (const config::FilterChain& chain : listener.filter_chains) {
    const int index = static_cast<int>(chains_.size());
    Chain entry{chain.match.transport_protocol,
                &chain.match.application_protocols,
                chain.match.source_prefixes.empty(),
                {}};
    for (const config::FilterChainMatch::Cidr& cidr : chain.match.source_prefixes) {
      if (auto address = event::Address::FromIp(cidr.address, 0); address.ok()) {
        entry.source_prefixes.emplace_back(*std::move(address), cidr.prefix_len);
      }
    }
    chains_.push_back(std::move(entry));
    tls::ServerNames& names = by_port_[chain.match.destination_port.value_or(0)];
    if (chain.match.server_names.empty()) names.Add("", index);
    for (const std::string& name : chain.match.server_names) names.Add(name, index);
    names_matter_ |= !chain.match.server_names.empty();
  }
}

int ChainIndex::Find(const ConnectionFacts& facts) const {
  for (const uint32_t port : {uint32_t{facts.destination_port}, uint32_t{0}}) {
    const auto it = by_port_.find(port);
    if (it == by_port_.end()) continue;
    // A port that is named rules even if nothing of it matches further.
    const int found = PickFrom(it->second.Find(facts.server_name), facts);
    if (found != kNone || port != 0) return found == kNone && has_default_ ? kDefault : found;
  }
  return has_default_ ? kDefault : kNone;
}

int ChainIndex::PickFrom(absl::Span<const int> found, const ConnectionFacts& facts) const {
  std::vector<int> candidates(found.begin(), found.end());
  const std::string_view transport = facts.tls ? "tls" : "raw_buffer";
  KeepBest(candidates, [&](int i) {
    const std::string_view wanted = chains_[i].transport_protocol;
    return wanted.empty() ? 0 : wanted == transport ? 1 : -1;
  });
  KeepBest(candidates, [&](int i) {
    const std::vector<std::string>& wanted = *chains_[i].application_protocols;
    if (wanted.empty()) return 0;
    // The client's preference decides between chains, as in Envoy.
    for (size_t at = 0; at < facts.alpn.size(); ++at) {
      if (std::find(wanted.begin(), wanted.end(), facts.alpn[at]) != wanted.end()) {
        return static_cast<int>(facts.alpn.size() - at);
      }
    }
    return -1;
  });
  KeepBest(candidates, [&](int i) {
    if (chains_[i].any_source) return 0;
    int best = -1;
    for (const auto& [prefix, length] : chains_[i].source_prefixes) {
      if (facts.source != nullptr) best = std::max(best, MatchBits(prefix, length, *facts.source));
    }
    return best < 0 ? -1 : best + 1;
  });
  return candidates.empty() ? kNone : candidates.front();
}

}  // namespace sluice::listener
