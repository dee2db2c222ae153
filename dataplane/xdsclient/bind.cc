// SPDX-License-Identifier: Apache-2.0
#include "dataplane/xdsclient/bind.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "dataplane/tls/client_context.h"
#include "dataplane/tls/server_context.h"

namespace sluice::xdsclient {
namespace {

absl::Status Prefixed(std::string_view kind, std::string_view name, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(kind, " \"", name, "\": ", status.message()));
}

// What is odd but serves: said when a context is made, which is when its secrets or its listener or
// cluster change.
void Warn(const std::vector<std::string>& warnings) {
  for (const std::string& warning : warnings) LOG(WARNING) << warning;
}

// compile:: looks secrets up by pointer; they stay alive as long as `held`.
compile::FindSecret Lookup(const FindSecret& find,
                           std::vector<std::shared_ptr<const compile::CompiledSecret>>& held) {
  return [&find, &held](std::string_view name) -> const compile::CompiledSecret* {
    held.push_back(find(name));
    return held.back().get();
  };
}

absl::Status BindChain(const compile::SecretRefs& secrets, const FindSecret& find_secret,
                       const FindRouter& find_router, const config::FilterChain* previous,
                       bool secrets_changed, config::FilterChain& chain) {
  // The router, if it comes by RDS.
  std::shared_ptr<const router::Router> router = chain.http->router;
  if (router == nullptr && !chain.http->route_table_name.empty()) {
    router = find_router(chain.http->route_table_name);
  }
  if (previous != nullptr && previous->http->router == router) {
    chain.http = previous->http;
  } else if (router != chain.http->router) {
    auto http = std::make_shared<config::HttpConnection>(*chain.http);
    http->router = std::move(router);
    chain.http = std::move(http);
  }

  if (chain.tls == nullptr) return absl::OkStatus();
  if (previous != nullptr && !secrets_changed) {
    chain.tls = previous->tls;
    chain.tls_context = previous->tls_context;
    return absl::OkStatus();
  }
  auto tls = std::make_shared<config::DownstreamTls>(*chain.tls);
  std::vector<std::shared_ptr<const compile::CompiledSecret>> held;
  SLUICE_RETURN_IF_ERROR(compile::BindSecrets(secrets, Lookup(find_secret, held), tls->common));
  SLUICE_ASSIGN_OR_RETURN(chain.tls_context, tls::ServerTlsContext::Create(*tls));
  Warn(chain.tls_context->warnings());
  chain.tls = std::move(tls);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<const config::Cluster>> BindCluster(
    const compile::CompiledCluster& compiled, const FindSecret& find_secret) {
  auto cluster = std::make_shared<config::Cluster>(compiled.cluster);
  if (cluster->tls != nullptr) {
    auto tls = std::make_shared<config::UpstreamTls>(*cluster->tls);
    std::vector<std::shared_ptr<const compile::CompiledSecret>> held;
    if (absl::Status status =
            compile::BindSecrets(compiled.secrets, Lookup(find_secret, held), tls->common);
        !status.ok()) {
      return Prefixed("cluster", cluster->name, status);
    }
    auto context = tls::ClientTlsContext::Create(*tls);
    if (!context.ok()) return Prefixed("cluster", cluster->name, context.status());
    Warn((*context)->warnings());
    cluster->tls_context = *std::move(context);
    cluster->tls = std::move(tls);
  }
  return cluster;
}

absl::StatusOr<std::shared_ptr<const config::Listener>> BindListener(
    const compile::CompiledListener& compiled, const FindSecret& find_secret,
    const FindRouter& find_router, const config::Listener* previous, bool secrets_changed) {
  auto listener = std::make_shared<config::Listener>(compiled.listener);
  for (size_t i = 0; i < listener->filter_chains.size(); ++i) {
    absl::Status status = BindChain(compiled.chain_secrets[i], find_secret, find_router,
                                    previous == nullptr ? nullptr : &previous->filter_chains[i],
                                    secrets_changed, listener->filter_chains[i]);
    if (!status.ok()) return Prefixed("listener", listener->name, status);
  }
  if (listener->default_filter_chain.has_value()) {
    absl::Status status =
        BindChain(compiled.chain_secrets.back(), find_secret, find_router,
                  previous == nullptr ? nullptr : &*previous->default_filter_chain, secrets_changed,
                  *listener->default_filter_chain);
    if (!status.ok()) return Prefixed("listener", listener->name, status);
  }
  return listener;
}

}  // namespace sluice::xdsclient
