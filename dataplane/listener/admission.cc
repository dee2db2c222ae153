// SPDX-License-Identifier: Apache-2.0
#include "dataplane/listener/admission.h"

#include <utility>

#include "absl/container/inlined_vector.h"
#include "dataplane/http/syntax.h"
#include "dataplane/listener/active_listener.h"
#include "dataplane/tls/names.h"

namespace sluice::listener {

Admission::Admission(std::shared_ptr<Lobby> lobby, DownstreamConnection& connection,
                     event::Address source, uint16_t port)
    : lobby_(std::move(lobby)), connection_(connection), source_(std::move(source)), port_(port) {
  ++lobby_->connections;
  lobby_->list.PushBack(*this);
}

Admission::~Admission() { LeaveLobby(); }

void Admission::LeaveLobby() {
  if (!std::exchange(waiting_, false)) return;
  --lobby_->connections;
  Unlink();
}

int Admission::Find(const ChainIndex& index, std::string_view server_name, bool tls) const {
  const absl::InlinedVector<std::string_view, 4> alpn(alpn_.begin(), alpn_.end());
  return index.Find({.destination_port = port_,
                     .server_name = server_name,
                     .tls = tls,
                     .alpn = alpn,
                     .source = &source_});
}

std::shared_ptr<const tls::ServerTlsContext> Admission::Select(const tls::ClientHelloInfo& hello) {
  ActiveListener* listener = lobby_->listener;
  if (listener == nullptr || !waiting_) return nullptr;
  LeaveLobby();
  server_name_ = hello.server_name;
  alpn_ = hello.alpn;
  const int found = Find(listener->index(), server_name_, /*tls=*/true);
  ActiveChain* chain = listener->Assign(connection_, found, /*tls=*/true);
  if (chain == nullptr) return nullptr;
  chain->Take(*this);
  chain_ = chain;
  std::shared_ptr<const tls::ServerTlsContext> context = chain->config().tls_context;
  context_ = context.get();
  NoteFit(server_name_);
  connection_.SetScope(*this);
  return context;
}

bool Admission::AdmitPlain() {
  ActiveListener* listener = lobby_->listener;
  if (listener == nullptr || !waiting_) return false;
  LeaveLobby();
  const int found = Find(listener->index(), "", /*tls=*/false);
  return listener->Assign(connection_, found, /*tls=*/false) != nullptr;
}

void Admission::NoteFit(std::string_view authority) {
  fits_ = authority;
  fits_under_ = chain_->generation();
  all_fit_ = !chain_->index().names_matter() && context_->has_one_certificate();
}

http::HandshakeScope::Fit Admission::Judge(std::string_view authority) {
  if (chain_->generation() == fits_under_ && (all_fit_ || authority == fits_)) return Fit::kSame;
  if (authority.empty()) return Fit::kSame;  // Names no host (HTTP/1.0).
  // What a client that wants this host says in its handshake; of an IP address, nothing.
  const std::string name =
      tls::NormalizeServerName(http::SplitAuthority(authority).host).value_or(std::string());
  const int found = Find(chain_->index(), name, /*tls=*/true);
  if (found == ChainIndex::kNone) return Fit::kNone;
  if (found != chain_->place() || !context_->PresentsSameCertificate(server_name_, name)) {
    return Fit::kOther;
  }
  NoteFit(authority);
  return Fit::kSame;
}

bool Admission::StillBelongs() const {
  return Find(chain_->index(), server_name_, /*tls=*/true) == chain_->place();
}

}  // namespace sluice::listener
