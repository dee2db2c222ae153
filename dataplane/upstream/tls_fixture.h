// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dataplane/tls/client_context.h"
#include "dataplane/tls/server_context.h"
#include "dataplane/tls/test_certificates.h"
#include "dataplane/tls/transport.h"
#include "dataplane/upstream/fake_upstream.h"
#include "dataplane/upstream/fixture.h"

namespace sluice::upstream {

// Clusters over TLS, a server for them, and who vouches for it.
class TlsClusterFixture : public ClusterFixture {
 protected:
  TlsClusterFixture() {
    tls::TestCertificateOptions ca;
    ca.common_name = "test CA";
    ca.ca = true;
    ca_ = tls::MakeTestCertificate(ca);
    tls::TestCertificateOptions leaf;
    leaf.dns = {"backend.example", "*.tenants.example"};
    leaf.ips = {"127.0.0.1"};
    leaf_ = tls::MakeTestCertificate(leaf, &ca_);
  }

  FakeUpstream::Wrap Server(std::vector<std::string> alpn) {
    config::DownstreamTls config;
    config.common.certificates = {leaf_.Config("leaf")};
    config.common.alpn = std::move(alpn);
    auto context = tls::ServerTlsContext::Create(config);
    EXPECT_TRUE(context.ok()) << context.status();
    return [context = *context, this](event::UniqueFd fd) {
      auto transport = std::make_unique<tls::TlsServerTransport>(std::move(fd), context);
      last_accepted_ = transport.get();
      return transport;
    };
  }

  config::Cluster Tls(std::string sni, std::string san) {
    auto tls = std::make_shared<config::UpstreamTls>();
    auto validation = std::make_shared<config::TlsValidation>();
    validation->name = "test";
    validation->trusted_ca_pem = ca_.certificate_pem;
    if (!san.empty()) {
      config::SanMatcher matcher;
      matcher.type = config::SanMatcher::Type::kDns;
      matcher.value = std::move(san);
      validation->sans.push_back(matcher);
    }
    tls->common.validation = std::move(validation);
    tls->sni = std::move(sni);
    tls_ = tls;
    return Named("a");
  }

  // To be called once `tls_` is as it shall be.
  Cluster& PublishTls(config::Cluster cluster, uint16_t port) {
    auto context = tls::ClientTlsContext::Create(*tls_);
    EXPECT_TRUE(context.ok()) << context.status();
    cluster.tls = tls_;
    cluster.tls_context = *context;
    return Publish(std::move(cluster), {port});
  }

  tls::TestCertificate ca_, leaf_;
  std::shared_ptr<config::UpstreamTls> tls_;
  tls::TlsServerTransport* last_accepted_ = nullptr;
};

}  // namespace sluice::upstream
