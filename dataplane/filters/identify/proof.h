// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/types/span.h"
#include "base/arena.h"
#include "dataplane/config/consumer.h"
#include "dataplane/filters/chain/filter_worker.h"
#include "dataplane/filters/identify/config.h"
#include "dataplane/filters/identify/verified_passwords.h"
#include "dataplane/http/claims.h"
#include "dataplane/http/stream_info.h"
#include "dataplane/jose/verify/token_verifier.h"

namespace sluice::filters {

// What one credential came to.
struct Proof {
  enum class State : uint8_t { kAccepted, kRefused, kWaits };
  State state = State::kRefused;
  uint16_t status = 401;    // Of a refusal.
  std::string_view reason;  // A stable token; a literal.

  // Of one that was accepted; views of the arena, or of what lives as long as the exchange.
  std::string_view consumer;
  absl::Span<const std::string_view> groups;
  std::string_view issuer;
  std::string_view subject;
  std::shared_ptr<const http::Claims> claims;
};

// What the filters of one policy keep on a worker: tokens and passwords that were good.
class IdentifyState final : public FilterState {
 public:
  explicit IdentifyState(const IdentifyPolicy& policy);

  // Of the method with that index, which is a JwtMethod.
  jose::TokenVerifier& verifier(size_t method) { return *verifiers_[method]; }
  VerifiedPasswords& passwords() { return passwords_; }

 private:
  std::vector<std::unique_ptr<jose::TokenVerifier>> verifiers_;  // By method; null for others.
  VerifiedPasswords passwords_;
};

// Judges the credentials of one request.
//
// Thread:   its worker's only.
// Lifetime: as its filter.
class Prover {
 public:
  Prover(const IdentifySettings& settings, FilterWorker& worker, IdentifyState& state,
         base::Arena& arena)
      : settings_(settings), worker_(worker), state_(state), arena_(arena) {}

  Proof ProveKey(std::string_view key) const;
  Proof ProveToken(size_t method, std::string_view token) const;
  Proof ProveCertificate(const http::DownstreamInfo& downstream) const;

  // kWaits: `done` is called later. It may call `finish`, which uses what this was made of, if that
  // is still there.
  using Finish = absl::FunctionRef<Proof()>;
  Proof ProvePassword(std::string_view encoded, absl::AnyInvocable<void(Finish finish)> done) const;

 private:
  // Takes over what the consumer says; it may be gone at the next turn of the loop.
  void SetConsumer(const config::Consumer& consumer, Proof& proof) const;
  // Accepts, with a consumer, or without one where none is needed.
  void Accept(const config::Consumer* consumer, Proof& proof) const;

  const IdentifySettings& settings_;
  FilterWorker& worker_;
  IdentifyState& state_;
  base::Arena& arena_;
};

}  // namespace sluice::filters
