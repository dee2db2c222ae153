// SPDX-License-Identifier: Apache-2.0
#include "dataplane/filters/identify/identify.h"

#include <algorithm>
#include <memory>
#include <new>
#include <string_view>
#include <utility>
#include <variant>

#include "absl/container/inlined_vector.h"
#include "dataplane/filters/chain/decision.h"
#include "dataplane/filters/identify/config.h"
#include "dataplane/filters/identify/proof.h"
#include "dataplane/filters/identify/token_claims.h"

namespace sluice::filters {
namespace {

using http::PolicyOutcome;
using State = Proof::State;

std::unique_ptr<FilterState> MakeState(const config::FilterConfig& config) {
  return std::make_unique<IdentifyState>(static_cast<const IdentifyPolicy&>(config));
}

// The places of HTTP Basic: there is one.
const std::vector<CredentialSource>& BasicSources() {
  static const auto* const kSources = new std::vector<CredentialSource>{
      {CredentialSource::Kind::kHeader, "authorization", "Basic "}};
  return *kSources;
}

// Where a method looks, and whether it leaves what it finds; null for certificates.
const std::vector<CredentialSource>* SourcesOf(const IdentifyMethod& method) {
  if (const auto* key = std::get_if<ApiKeyMethod>(&method.how)) return &key->from;
  if (const auto* jwt = std::get_if<JwtMethod>(&method.how)) return &jwt->from;
  return std::holds_alternative<BasicMethod>(method.how) ? &BasicSources() : nullptr;
}

bool Forwards(const IdentifyMethod& method) {
  return std::visit(
      [](const auto& how) {
        if constexpr (requires { how.forward; }) {
          return how.forward;
        } else {
          return true;
        }
      },
      method.how);
}

// A filter that was destroyed while it waited is not there to be told.
struct Waiting {
  class IdentifyFilter* filter;
};

// One request's way:
//
//   OnRequest -> collect -> Run: each credential -> Conclude -> accept or refuse
//                            |^
//                       wait for a password check
class IdentifyFilter final : public Filter {
 public:
  IdentifyFilter(FilterHost& host, const IdentifyPolicy& policy)
      : host_(host),
        policy_(policy),
        settings_(policy.settings()),
        state_(static_cast<IdentifyState&>(host.worker().StateOf(policy, &MakeState))),
        prover_(settings_, host.worker(), state_, host.arena()) {}
  ~IdentifyFilter() override {
    if (waiting_ != nullptr) waiting_->filter = nullptr;
  }

  Verdict OnRequest(http::RequestHead& head, bool end_stream) override;

 private:
  // A credential that a method has found.
  struct Attempt {
    size_t method;
    std::string_view value;  // Empty for a certificate.
    bool is_certificate;
    Proof proof;
  };
  // What the request comes to.
  struct Refusal {
    uint16_t status = 401;
    std::string_view reason;
    const IdentifyMethod* method = nullptr;  // Null: none in particular.
  };

  // False if a method finds more than one.
  bool Collect(const http::RequestHead& head);
  Verdict Run();
  void OnPasswordChecked(Proof proof);
  Verdict Conclude();
  const Attempt* Blame() const;
  bool IsAccepted(const Attempt& attempt) const;
  bool IsAnyAccepted() const;
  Verdict ConcludeAll();
  bool HasAttempt(size_t method) const;
  Verdict Missing(const IdentifyMethod* method);
  Verdict Accept();
  void Identify();
  void TellBackend(const Attempt& attempt);
  void RemoveCredentialsOfAll();
  Verdict Refuse(const Refusal& refusal);
  void Challenge(const Refusal& refusal, http::HeaderMap& headers) const;
  const IdentifyMethod& MethodOf(const Attempt& attempt) const {
    return settings_.methods[attempt.method];
  }

  FilterHost& host_;
  const IdentifyPolicy& policy_;
  const IdentifySettings& settings_;
  IdentifyState& state_;
  const Prover prover_;
  absl::InlinedVector<Attempt, 2> attempts_;
  size_t next_ = 0;  // To be judged.
  std::shared_ptr<Waiting> waiting_;
};

Verdict IdentifyFilter::OnRequest(http::RequestHead& head, bool end_stream) {
  for (const std::string& header : policy_.own_headers()) head.headers.Remove(header);
  if (!settings_.unusable.empty()) return Refuse({.status = 500, .reason = "policy-unusable"});
  if (!Collect(head)) return Refuse({.reason = "credential-ambiguous"});
  return Run();
}

bool IdentifyFilter::Collect(const http::RequestHead& head) {
  for (size_t i = 0; i < settings_.methods.size(); ++i) {
    const std::vector<CredentialSource>* sources = SourcesOf(settings_.methods[i]);
    if (sources == nullptr) {
      if (host_.info().downstream->peer_verified) attempts_.push_back({i, {}, true, {}});
      continue;
    }
    Credentials found;
    for (const CredentialSource& source : *sources) {
      FindCredentials(head, source, host_.arena(), found);
    }
    if (found.size() > 1) return false;
    if (!found.empty()) attempts_.push_back({i, found.front(), false, {}});
  }
  return true;
}

Verdict IdentifyFilter::Run() {
  for (; next_ < attempts_.size(); ++next_) {
    Attempt& attempt = attempts_[next_];
    const auto& how = MethodOf(attempt).how;
    if (attempt.is_certificate) {
      attempt.proof = prover_.ProveCertificate(*host_.info().downstream);
    } else if (std::holds_alternative<ApiKeyMethod>(how)) {
      attempt.proof = prover_.ProveKey(attempt.value);
    } else if (std::holds_alternative<JwtMethod>(how)) {
      attempt.proof = prover_.ProveToken(attempt.method, attempt.value);
    } else {
      auto waiting = std::make_shared<Waiting>(Waiting{this});
      attempt.proof = prover_.ProvePassword(attempt.value, [waiting](Prover::Finish finish) {
        if (waiting->filter != nullptr) waiting->filter->OnPasswordChecked(finish());
      });
      if (attempt.proof.state == State::kWaits) {
        waiting_ = std::move(waiting);
        return Verdict::kPause;
      }
    }
  }
  return Conclude();
}

void IdentifyFilter::OnPasswordChecked(Proof proof) {
  waiting_ = nullptr;
  attempts_[next_++].proof = std::move(proof);
  if (Run() == Verdict::kContinue) host_.Continue();
}

// ---- Conclusions --------------------------------------------------------------------------------

// A credential is good if one of the methods that find it takes it: two issuers' tokens stand in
// the same place.
bool IdentifyFilter::IsAccepted(const Attempt& attempt) const {
  return std::any_of(attempts_.begin(), attempts_.end(), [&](const Attempt& other) {
    return other.proof.state == State::kAccepted &&
           other.is_certificate == attempt.is_certificate && other.value == attempt.value;
  });
}

bool IdentifyFilter::IsAnyAccepted() const {
  return std::any_of(attempts_.begin(), attempts_.end(), [](const Attempt& attempt) {
    return attempt.proof.state == State::kAccepted;
  });
}

// The credential for which to refuse, by the method that has most to say of it; null if all are
// good. A certificate comes with the connection, not with the request: where something else does,
// one that is nobody's is no fault.
const IdentifyFilter::Attempt* IdentifyFilter::Blame() const {
  const Attempt* blamed = nullptr;
  for (const Attempt& attempt : attempts_) {
    if (IsAccepted(attempt) || (attempt.is_certificate && attempts_.size() > 1)) continue;
    const bool says_little =
        blamed != nullptr && (blamed->proof.reason == "jwt-issuer-not-allowed" ||
                              blamed->proof.reason == "jwt-key-not-found");
    if (blamed == nullptr || says_little) blamed = &attempt;
  }
  return blamed;
}

Verdict IdentifyFilter::Conclude() {
  if (attempts_.empty()) {
    if (settings_.methods.empty() || settings_.allow_missing) return Accept();
    return Missing(nullptr);
  }
  if (settings_.require_all) return ConcludeAll();
  const Attempt* blamed = Blame();
  // Whatever is forgiven, somebody must have proved something.
  if (blamed == nullptr && !IsAnyAccepted()) blamed = &attempts_.front();
  if (blamed == nullptr) return Accept();
  return Refuse({blamed->proof.status, blamed->proof.reason, &MethodOf(*blamed)});
}

Verdict IdentifyFilter::ConcludeAll() {
  std::string_view consumer;
  for (const Attempt& attempt : attempts_) {
    if (attempt.proof.state != State::kAccepted) {
      return Refuse({attempt.proof.status, attempt.proof.reason, &MethodOf(attempt)});
    }
    if (attempt.proof.consumer.empty()) continue;
    // The key of one and the certificate of another are nobody's together.
    if (!consumer.empty() && consumer != attempt.proof.consumer) {
      return Refuse({.status = 403, .reason = "consumers-differ"});
    }
    consumer = attempt.proof.consumer;
  }
  for (size_t i = 0; i < settings_.methods.size(); ++i) {
    if (!HasAttempt(i)) return Missing(&settings_.methods[i]);
  }
  return Accept();
}

bool IdentifyFilter::HasAttempt(size_t method) const {
  return std::any_of(attempts_.begin(), attempts_.end(),
                     [method](const Attempt& attempt) { return attempt.method == method; });
}

Verdict IdentifyFilter::Missing(const IdentifyMethod* method) {
  return Refuse({.reason = "credential-missing", .method = method});
}

Verdict IdentifyFilter::Accept() {
  Identify();
  if (!settings_.shadow) RemoveCredentialsOfAll();
  const http::Identity* identity = host_.info().identity;
  NoteDecision(host_, {.policy = settings_.policy,
                       .rule = identity == nullptr ? std::string_view() : identity->method,
                       .outcome = PolicyOutcome::kAllowed,
                       .reason = identity == nullptr ? "anonymous" : "identified"});
  return Verdict::kContinue;
}

void IdentifyFilter::Identify() {
  http::Identity identity;
  for (const Attempt& attempt : attempts_) {
    const Proof& proof = attempt.proof;
    if (proof.state != State::kAccepted) continue;
    const bool first = identity.method.empty();
    if (!first && !settings_.require_all) break;
    if (first) identity.method = MethodOf(attempt).name;
    if (identity.consumer.empty()) {
      identity.consumer = proof.consumer;
      identity.groups = proof.groups;
    }
    if (identity.subject.empty()) identity.subject = proof.subject;
    if (proof.claims != nullptr && identity.claims == nullptr) {
      identity.issuer = proof.issuer;
      identity.subject = proof.subject;
      identity.claims = proof.claims.get();
      identity.scopes = ScopesOf(*proof.claims, host_.arena());
      TellBackend(attempt);
    }
  }
  if (identity.method.empty()) return;
  char* memory = host_.arena().Allocate(sizeof identity, alignof(http::Identity));
  host_.info().identity = new (memory) http::Identity(identity);
}

void IdentifyFilter::TellBackend(const Attempt& attempt) {
  const auto& jwt = std::get<JwtMethod>(MethodOf(attempt).how);
  http::HeaderMap& headers = host_.request().headers;
  for (const ClaimHeader& header : jwt.claim_headers) {
    if (auto value = ClaimHeaderValue(*attempt.proof.claims, header.claim, host_.arena())) {
      headers.Add(header.header, *value);
    }
  }
  if (jwt.payload_header.empty()) return;
  // The part between the dots of a token that was accepted.
  const size_t start = attempt.value.find('.') + 1;
  std::string_view payload = attempt.value.substr(start, attempt.value.rfind('.') - start);
  const size_t missing = jwt.pad_payload ? (4 - payload.size() % 4) % 4 : 0;
  headers.Add(jwt.payload_header,
              host_.arena().Concat(payload, std::string_view("===").substr(0, missing)));
}

void IdentifyFilter::RemoveCredentialsOfAll() {
  for (const IdentifyMethod& method : settings_.methods) {
    const std::vector<CredentialSource>* sources = SourcesOf(method);
    if (sources == nullptr || Forwards(method)) continue;
    for (const CredentialSource& source : *sources) RemoveCredentials(source, host_.request());
  }
}

// ---- Refusals -----------------------------------------------------------------------------------

// RFC 9110 §11.6.1: a 401 says what would do. RFC 6750 §3: what is wrong with a token.
void IdentifyFilter::Challenge(const Refusal& refusal, http::HeaderMap& headers) const {
  constexpr std::string_view kName = "www-authenticate";
  if (refusal.method == nullptr) {
    for (const IdentifyMethod& method : settings_.methods) headers.Add(kName, method.challenge);
    return;
  }
  const bool of_token = std::holds_alternative<JwtMethod>(refusal.method->how);
  if (!of_token || refusal.reason == "credential-missing") {
    headers.Add(kName, refusal.method->challenge);
    return;
  }
  headers.Add(kName, host_.arena().Concat(refusal.method->challenge,
                                          ", error=\"invalid_token\", error_description=\"",
                                          refusal.reason, "\""));
}

Verdict IdentifyFilter::Refuse(const Refusal& refusal) {
  NoteDecision(host_,
               {.policy = settings_.policy,
                .rule = refusal.method == nullptr ? std::string_view() : refusal.method->name,
                .outcome = settings_.shadow ? PolicyOutcome::kWouldDeny : PolicyOutcome::kDenied,
                .reason = refusal.reason});
  if (settings_.shadow) return Verdict::kContinue;
  LocalReply reply{.status = refusal.status, .detail = refusal.reason};
  http::HeaderMap headers;
  switch (refusal.status) {
    case 401:
      reply.message = refusal.reason == "credential-missing"
                          ? "This route wants to know who is calling."
                          : "The credential of this request is not accepted.";
      Challenge(refusal, headers);
      reply.headers = &headers;
      break;
    case 403:
      reply.message = "The caller is not one whom this route knows.";
      break;
    case 503:
      reply.message = "Too many passwords wait to be checked.";
      break;
    default:
      reply.message = settings_.unusable;
  }
  host_.Reply(reply);
  return Verdict::kReply;
}

}  // namespace

Filter* CreateIdentify(FilterHost& host, const config::FilterConfig*, base::Arena& arena) {
  const auto* policy = dynamic_cast<const IdentifyPolicy*>(host.RouteConfig());
  if (policy == nullptr) return nullptr;
  const IdentifySettings& settings = policy->settings();
  if (settings.methods.empty() && settings.unusable.empty()) return nullptr;
  return new (arena.Allocate(sizeof(IdentifyFilter), alignof(IdentifyFilter)))
      IdentifyFilter(host, *policy);
}

}  // namespace sluice::filters
