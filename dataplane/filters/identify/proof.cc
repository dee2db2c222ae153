// SPDX-License-Identifier: Apache-2.0
#include "dataplane/filters/identify/proof.h"

#include <new>
#include <optional>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "dataplane/crypto/digest.h"
#include "dataplane/filters/identify/basic.h"
#include "dataplane/filters/identify/token_claims.h"
#include "dataplane/jose/token_outcome.h"

namespace sluice::filters {
namespace {

using config::Consumer;
using State = Proof::State;

// What a password is compared with where nobody has the name, so that an answer takes as long: a
// bcrypt hash at the usual cost, of a password that nobody knows.
constexpr char kNobodysHash[] = "$2b$10$abcdefghijklmnopqrstuu0123456789abcdefghijklmnopqrstu";

Proof Refusal(std::string_view reason, uint16_t status = 401) {
  return {.state = State::kRefused, .status = status, .reason = reason};
}

}  // namespace

IdentifyState::IdentifyState(const IdentifyPolicy& policy) {
  for (const IdentifyMethod& method : policy.settings().methods) {
    verifiers_.emplace_back();
    const auto* jwt = std::get_if<JwtMethod>(&method.how);
    if (jwt == nullptr) continue;
    verifiers_.back() = std::make_unique<jose::TokenVerifier>(
        jwt->rules, jose::TokenCacheLimits{.max_tokens = jwt->remembered_tokens});
    verifiers_.back()->SetKeys(jwt->keys);
  }
}

void Prover::SetConsumer(const Consumer& consumer, Proof& proof) const {
  proof.consumer = arena_.Copy(consumer.name());
  const auto groups = consumer.groups();
  if (groups.empty()) return;
  char* memory =
      arena_.Allocate(groups.size() * sizeof(std::string_view), alignof(std::string_view));
  auto* first = reinterpret_cast<std::string_view*>(memory);
  for (size_t i = 0; i < groups.size(); ++i) {
    new (first + i) std::string_view(arena_.Copy(groups[i]));
  }
  proof.groups = {first, groups.size()};
}

void Prover::Accept(const Consumer* consumer, Proof& proof) const {
  if (consumer == nullptr && settings_.require_consumer) {
    proof = Refusal("consumer-not-found", 403);
    return;
  }
  proof.state = State::kAccepted;
  if (consumer != nullptr) SetConsumer(*consumer, proof);
}

Proof Prover::ProveKey(std::string_view key) const {
  const config::ConsumerTable::KeyOwner owner = worker_.consumers().FindByApiKey(
      crypto::Sha256(key), settings_.consumer_namespace, worker_.wall_s());
  if (owner.consumer == nullptr) return Refusal("api-key-unknown");
  if (owner.expired) return Refusal("api-key-expired");
  Proof proof;
  Accept(owner.consumer, proof);
  proof.subject = proof.consumer;
  return proof;
}

Proof Prover::ProveToken(size_t method, std::string_view token) const {
  jose::TokenVerdict verdict =
      state_.verifier(method).Verify(token, absl::FromUnixSeconds(worker_.wall_s()));
  const auto& jwt = std::get<JwtMethod>(settings_.methods[method].how);
  if (verdict.outcome == jose::TokenOutcome::kAccepted &&
      !HasClaims(*verdict.claims, jwt.required)) {
    verdict.outcome = jose::TokenOutcome::kClaimNotAllowed;
  }
  if (verdict.outcome != jose::TokenOutcome::kAccepted) {
    return Refusal(jose::OutcomeDetail(verdict.outcome));
  }
  Proof proof{.claims = std::move(verdict.claims)};
  proof.issuer = proof.claims->FindString("iss");
  proof.subject = proof.claims->FindString("sub");
  Accept(worker_.consumers().FindByToken(proof.issuer, proof.subject, settings_.consumer_namespace),
         proof);
  return proof;
}

Proof Prover::ProveCertificate(const http::DownstreamInfo& downstream) const {
  const Consumer* consumer = nullptr;
  for (const auto* names : {&downstream.peer_uris, &downstream.peer_dns_names}) {
    for (const std::string& name : *names) {
      if (consumer != nullptr) break;
      consumer = worker_.consumers().FindByCertificateName(name, settings_.consumer_namespace);
    }
  }
  Proof proof;
  proof.subject = !downstream.peer_uris.empty()        ? downstream.peer_uris.front()
                  : !downstream.peer_dns_names.empty() ? downstream.peer_dns_names.front()
                                                       : downstream.peer_subject;
  Accept(consumer, proof);
  return proof;
}

Proof Prover::ProvePassword(std::string_view encoded, absl::AnyInvocable<void(Finish)> done) const {
  std::optional<BasicCredential> credential = ParseBasic(encoded);
  if (!credential.has_value()) return Refusal("basic-malformed");
  const config::ConsumerTable::PasswordOwner owner =
      worker_.consumers().FindByUsername(credential->username, settings_.consumer_namespace);
  Proof proof;
  if (owner.consumer != nullptr) {
    Accept(owner.consumer, proof);
    proof.subject = arena_.Copy(credential->username);
    if (state_.passwords().Contains(owner.hash, credential->password)) return proof;
  }
  const std::string hash(owner.consumer == nullptr ? std::string_view(kNobodysHash) : owner.hash);
  const bool known = owner.consumer != nullptr;
  const bool waits =
      worker_.passwords().TryCheck(hash, credential->password,
                                   [&state = state_, known, hash, password = credential->password,
                                    proof, done = std::move(done)](bool good) mutable {
                                     done([&] {
                                       if (!known || !good) return Refusal("basic-refused");
                                       state.passwords().Insert(hash, password);
                                       return std::move(proof);
                                     });
                                   });
  if (!waits) return Refusal("password-check-overloaded", 503);
  return {.state = State::kWaits};
}

}  // namespace sluice::filters
