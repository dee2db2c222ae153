// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "controlplane/access/client_verifier.h"
#include "controlplane/access/credential_table.h"
#include "controlplane/access/identity.h"

namespace sluice::access {

// What a call brings to prove who makes it.
struct Presented {
  std::vector<std::string> authorization;  // the values of this header
  std::string certificate_pem;             // the peer's, from the handshake
  std::string chain_pem;                   // the intermediates that it sent
};

struct Refusal {
  enum class Kind { kUnauthenticated, kTooMany };
  Kind kind = Kind::kUnauthenticated;
  std::string text;
};

class Gate;

// Ticket is the place of one admitted call. It is given back when the ticket dies.
//
// Thread:   any.
// Lifetime: the gate outlives it.
class Ticket {
 public:
  ~Ticket();
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;

  [[nodiscard]] const Identity& identity() const { return identity_; }

  // Called once, from any thread and holding no lock, when the credential counts no more; at once
  // if that has happened already. The reason is for the peer.
  using OnRevoked = std::function<void(const std::string& reason)>;
  void SetOnRevoked(OnRevoked on_revoked);

 private:
  friend class Gate;
  // What the call proved, in a form that can be judged again.
  struct Proof {
    TokenDigest token;  // empty: by certificate
    std::string certificate_pem;
    std::string chain_pem;
  };

  Ticket(Gate* gate, Identity identity, Proof proof, std::string holder)
      : gate_(gate),
        identity_(std::move(identity)),
        proof_(std::move(proof)),
        holder_(std::move(holder)) {}
  void Revoke(const std::string& reason);

  Gate* const gate_;  // null: of an open gate, which counts nothing
  const Identity identity_;
  const Proof proof_;
  const std::string holder_;  // whose places are counted together

  std::mutex mutex_;
  std::optional<std::string> revoked_;
  OnRevoked on_revoked_;
};

// Gate judges calls by their credential, for all ports of one audience: bearer token, or client
// certificate. What it judges by can be replaced while calls run: those whose credential counts no
// more, or entitles to something else, are told.
//
// Thread:   any. std::mutex, not absl's: gRPC's side of it is on Debian's Abseil.
// Lifetime: outlives its tickets and whoever asks it.
// Errors:   a Refusal, in words that are for the peer.
// Limits:   `max_calls_per_credential` tickets at a time for one credential.
class Gate {
 public:
  struct Rules {
    CredentialTable table;
    // Null: no certificate counts.
    std::shared_ptr<const ClientVerifier> verifier;
  };

  struct Options {
    // No credential is asked for: whoever is on the machine is the operator. See listen_rules.h.
    bool is_open = false;
    size_t max_calls_per_credential = 1000;
  };

  Gate(Rules rules, Options options);

  // Who it is, without a ticket: for calls that are over at once.
  [[nodiscard]] std::optional<Identity> Judge(const Presented& presented, Refusal* refusal) const;

  // Null if the call may not go on.
  [[nodiscard]] std::shared_ptr<Ticket> Admit(const Presented& presented, Refusal* refusal);

  // For calls from now on, and for those that run. Empty rules do not open the gate: they let
  // nobody in. Returns how many running calls it has revoked.
  size_t Replace(Rules rules);

  [[nodiscard]] bool is_open() const { return options_.is_open; }

 private:
  friend class Ticket;
  using RulesPtr = std::shared_ptr<const Rules>;

  static std::optional<Identity> Find(const Rules& rules, const Ticket::Proof& proof,
                                      std::string* why);
  static bool ReadProof(const Presented& presented, Ticket::Proof* proof);
  [[nodiscard]] RulesPtr rules() const;
  void Leave(const std::string& holder);

  const Options options_;
  mutable std::mutex mutex_;
  RulesPtr rules_;
  std::unordered_map<std::string, size_t> calls_;  // by holder
  std::unordered_map<const Ticket*, std::weak_ptr<Ticket>> tickets_;
};

// Empty, or why rules must not be used: certificates are listed, and nothing verifies them.
[[nodiscard]] std::string ObjectionTo(const Gate::Rules& rules);

}  // namespace sluice::access
