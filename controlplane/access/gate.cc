// SPDX-License-Identifier: Apache-2.0
#include "controlplane/access/gate.h"

#include <string_view>
#include <utility>

namespace sluice::access {
namespace {

Identity Anybody() {
  Identity identity;
  identity.name = "loopback";
  identity.proof = "loopback";
  identity.every_gateway = true;
  identity.may_write = true;
  return identity;
}

}  // namespace

Ticket::~Ticket() {
  if (gate_ == nullptr) return;
  const std::lock_guard<std::mutex> lock(gate_->mutex_);
  gate_->tickets_.erase(this);
  gate_->Leave(holder_);
}

void Ticket::SetOnRevoked(OnRevoked on_revoked) {
  std::string reason;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    on_revoked_ = on_revoked;
    if (!revoked_.has_value()) return;
    reason = *revoked_;
  }
  on_revoked(reason);
}

void Ticket::Revoke(const std::string& reason) {
  OnRevoked on_revoked;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (revoked_.has_value()) return;
    revoked_ = reason;
    on_revoked = on_revoked_;
  }
  if (on_revoked) on_revoked(reason);
}

Gate::Gate(Rules rules, Options options)
    : options_(options), rules_(std::make_shared<const Rules>(std::move(rules))) {}

Gate::RulesPtr Gate::rules() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return rules_;
}

// False: a token is there, but in no form that could be one.
bool Gate::ReadProof(const Presented& presented, Ticket::Proof* proof) {
  if (presented.authorization.empty()) {
    proof->certificate_pem = presented.certificate_pem;
    proof->chain_pem = presented.chain_pem;
    return true;
  }
  // A token that is given counts: a wrong one is not healed by a certificate.
  const std::optional<std::string_view> token = BearerToken(presented.authorization[0]);
  if (!token.has_value() || presented.authorization.size() != 1) return false;
  proof->token = DigestOf(*token);
  return true;
}

std::optional<Identity> Gate::Find(const Rules& rules, const Ticket::Proof& proof,
                                   std::string* why) {
  if (!proof.token.empty()) {
    std::optional<Identity> identity = rules.table.FindToken(proof.token);
    if (!identity.has_value()) *why = "the bearer token is not known here";
    return identity;
  }
  if (proof.certificate_pem.empty() || rules.verifier == nullptr) {
    *why = rules.verifier == nullptr ? "a bearer token is required"
                                     : "a bearer token or a client certificate is required";
    return std::nullopt;
  }
  std::string flaw;
  const std::optional<std::vector<std::string>> names =
      rules.verifier->Verify(proof.certificate_pem, proof.chain_pem, &flaw);
  if (!names.has_value()) {
    *why = "the client certificate is not accepted: " + flaw;
    return std::nullopt;
  }
  std::optional<Identity> identity = rules.table.FindCertificate(*names);
  if (!identity.has_value()) *why = "the client certificate names nobody who is known here";
  return identity;
}

std::optional<Identity> Gate::Judge(const Presented& presented, Refusal* refusal) const {
  if (options_.is_open) return Anybody();
  refusal->kind = Refusal::Kind::kUnauthenticated;
  Ticket::Proof proof;
  if (!ReadProof(presented, &proof)) {
    refusal->text = "one bearer token is expected";
    return std::nullopt;
  }
  return Find(*rules(), proof, &refusal->text);
}

std::shared_ptr<Ticket> Gate::Admit(const Presented& presented, Refusal* refusal) {
  if (options_.is_open) return std::shared_ptr<Ticket>(new Ticket(nullptr, Anybody(), {}, {}));
  refusal->kind = Refusal::Kind::kUnauthenticated;
  Ticket::Proof proof;
  if (!ReadProof(presented, &proof)) {
    refusal->text = "one bearer token is expected";
    return nullptr;
  }
  for (;;) {
    const RulesPtr judged_by = rules();
    std::optional<Identity> identity = Find(*judged_by, proof, &refusal->text);
    if (!identity.has_value()) return nullptr;
    std::string holder = proof.token.empty() ? "certificate " + identity->name : proof.token;
    const std::lock_guard<std::mutex> lock(mutex_);
    // Else a replacement in between would have missed this call.
    if (rules_ != judged_by) continue;
    size_t& calls = calls_[holder];
    if (calls >= options_.max_calls_per_credential) {
      refusal->kind = Refusal::Kind::kTooMany;
      refusal->text = "this credential has all the calls open that one may have (" +
                      std::to_string(calls) + ")";
      return nullptr;
    }
    std::shared_ptr<Ticket> ticket(
        new Ticket(this, *std::move(identity), std::move(proof), std::move(holder)));
    ++calls;
    tickets_.emplace(ticket.get(), ticket);
    return ticket;
  }
}

void Gate::Leave(const std::string& holder) {
  const auto it = calls_.find(holder);
  if (--it->second == 0) calls_.erase(it);
}

size_t Gate::Replace(Rules rules) {
  auto next = std::make_shared<const Rules>(std::move(rules));
  // Strong references, so that no ticket dies under the lock, which its destructor takes.
  std::vector<std::shared_ptr<Ticket>> running;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    rules_ = next;
    running.reserve(tickets_.size());
    for (const auto& [address, weak] : tickets_) {
      if (auto ticket = weak.lock()) running.push_back(std::move(ticket));
    }
  }
  size_t revoked = 0;
  for (const std::shared_ptr<Ticket>& ticket : running) {
    std::string why;
    const std::optional<Identity> now = Find(*next, ticket->proof_, &why);
    if (now.has_value() && now->HasRightsOf(ticket->identity_)) continue;
    ++revoked;
    ticket->Revoke(now.has_value() ? "the credential's rights have changed: call again"
                                   : "the credential was withdrawn: " + why);
  }
  return revoked;
}

std::string ObjectionTo(const Gate::Rules& rules) {
  if (!rules.table.has_certificates() || rules.verifier != nullptr) return {};
  return "certificates are listed, but no client CA verifies them: give one, with a certificate "
         "and "
         "key for TLS";
}

}  // namespace sluice::access
