// SPDX-License-Identifier: Apache-2.0
//
// Aim: nothing that a control plane sets and Sluice does not do goes unseen. Method: real xDS
// messages, one deviation each, and the findings compared whole.
#include "api/support/support_walk.h"

#include <string>

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "envoy/config/route/v3/route.pb.h"
#include "envoy/extensions/filters/http/api_key_auth/v3/api_key_auth.pb.h"
#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/tls.pb.h"
#include "gtest/gtest.h"

namespace sluice::support {
namespace {

using envoy::config::cluster::v3::Cluster;
using envoy::config::listener::v3::Listener;
using envoy::config::route::v3::RouteConfiguration;
using envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager;
using envoy::extensions::transport_sockets::tls::v3::DownstreamTlsContext;
using google::protobuf::Message;

using Findings = std::vector<FieldFinding>;

// A varint field of the given number and value 1.
std::string Varint(uint32_t number) {
  std::string bytes;
  for (uint32_t tag = number << 3;; tag >>= 7) {
    if (tag < 0x80) {
      bytes += static_cast<char>(tag);
      break;
    }
    bytes += static_cast<char>(tag | 0x80);
  }
  return bytes + '\x01';
}

void MergeBytes(Message& message, const std::string& bytes) {
  ASSERT_TRUE(message.MergeFromString(bytes));
}

TEST(SupportWalkTest, ImplementedFieldsAreNoFindings) {
  Listener listener;
  listener.set_name("http");
  listener.mutable_address()->mutable_socket_address()->set_address("127.0.0.1");
  listener.add_filter_chains()->mutable_filter_chain_match()->add_server_names("a.example");
  EXPECT_EQ(WalkSupport(listener), Findings{});
}

TEST(SupportWalkTest, AListedFieldIsListedByPathAndName) {
  Listener listener;
  listener.mutable_tcp_fast_open_queue_length()->set_value(10);
  EXPECT_EQ(WalkSupport(listener),
            (Findings{{FieldFault::kListed, "tcp_fast_open_queue_length",
                       "envoy.config.listener.v3.Listener.tcp_fast_open_queue_length"}}));
}

TEST(SupportWalkTest, ARefusedFieldInARepeatedMessageCarriesItsIndexes) {
  Listener listener;
  listener.add_filter_chains();
  listener.add_filter_chains()->mutable_filter_chain_match()->add_source_ports(80);
  EXPECT_EQ(WalkSupport(listener),
            (Findings{{FieldFault::kRefused, "filter_chains[1].filter_chain_match.source_ports",
                       "envoy.config.listener.v3.FilterChainMatch.source_ports"}}));
}

TEST(SupportWalkTest, WhatLiesBelowAFindingIsNotLookedAt) {
  Cluster cluster;
  MergeBytes(*cluster.mutable_outlier_detection(), Varint(3000));
  EXPECT_EQ(WalkSupport(cluster),
            (Findings{{FieldFault::kListed, "outlier_detection",
                       "envoy.config.cluster.v3.Cluster.outlier_detection"}}));
}

TEST(SupportWalkTest, ABoolThatAsksForNothingIsNoFinding) {
  DownstreamTlsContext tls;
  tls.mutable_require_sni()->set_value(false);
  EXPECT_EQ(WalkSupport(tls), Findings{});
  tls.mutable_require_sni()->set_value(true);
  ASSERT_EQ(WalkSupport(tls).size(), 1u);
  EXPECT_EQ(WalkSupport(tls)[0].fault, FieldFault::kRefused);
}

TEST(SupportWalkTest, TheInertValueOfABoolMayBeTrue) {
  Listener listener;
  listener.mutable_bind_to_port()->set_value(true);
  EXPECT_EQ(WalkSupport(listener), Findings{});
  listener.mutable_bind_to_port()->set_value(false);
  EXPECT_EQ(WalkSupport(listener), (Findings{{FieldFault::kRefused, "bind_to_port",
                                              "envoy.config.listener.v3.Listener.bind_to_port"}}));
}

TEST(SupportWalkTest, AnUnknownFieldIsNamedByItsNumberAndOnlyOnce) {
  Listener listener;
  MergeBytes(*listener.add_filter_chains(), Varint(77) + Varint(77) + Varint(5000));
  EXPECT_EQ(WalkSupport(listener),
            (Findings{{FieldFault::kUnknownField, "filter_chains[0].#77",
                       "envoy.config.listener.v3.FilterChain.#77", 77},
                      {FieldFault::kUnknownField, "filter_chains[0].#5000",
                       "envoy.config.listener.v3.FilterChain.#5000", 5000}}));
}

TEST(SupportWalkTest, AnUnknownFieldAtTheTopHasNoLeadingDot) {
  Listener listener;
  MergeBytes(listener, Varint(900));
  ASSERT_EQ(WalkSupport(listener).size(), 1u);
  EXPECT_EQ(WalkSupport(listener)[0].path, "#900");
}

TEST(SupportWalkTest, AnEnumValueMayBeListedWhileItsFieldIsImplemented) {
  Cluster cluster;
  cluster.set_lb_policy(Cluster::LEAST_REQUEST);
  EXPECT_EQ(WalkSupport(cluster), Findings{});
  cluster.set_lb_policy(Cluster::MAGLEV);
  EXPECT_EQ(WalkSupport(cluster), (Findings{{FieldFault::kListed, "lb_policy",
                                             "envoy.config.cluster.v3.Cluster.LbPolicy.MAGLEV"}}));
}

TEST(SupportWalkTest, AnUnknownEnumValueIsAFinding) {
  Cluster cluster;
  cluster.set_lb_policy(static_cast<Cluster::LbPolicy>(99));
  EXPECT_EQ(WalkSupport(cluster), (Findings{{FieldFault::kUnknownEnumValue, "lb_policy",
                                             "envoy.config.cluster.v3.Cluster.LbPolicy.99", 99}}));
}

TEST(SupportWalkTest, AnAnyIsWalkedOnlyWhenTheCallerUnpacksIt) {
  HttpConnectionManager manager;
  manager.set_append_x_forwarded_port(true);
  Listener listener;
  listener.add_filter_chains()->add_filters()->mutable_typed_config()->PackFrom(manager);
  EXPECT_EQ(WalkSupport(listener), Findings{});
  ASSERT_EQ(WalkSupport(listener, UnpackLinked).size(), 1u);
  EXPECT_EQ(WalkSupport(listener, UnpackLinked)[0].path,
            "filter_chains[0].filters[0].typed_config.append_x_forwarded_port");
}

TEST(SupportWalkTest, AWholeExtensionCountsWhereATypedConfigHoldsIt) {
  HttpConnectionManager manager;
  manager.add_http_filters()->mutable_typed_config()->PackFrom(
      envoy::extensions::filters::http::api_key_auth::v3::ApiKeyAuth());
  EXPECT_EQ(WalkSupport(manager, UnpackLinked),
            (Findings{{FieldFault::kRefused, "http_filters[0].typed_config",
                       "envoy.extensions.filters.http.api_key_auth.v3.ApiKeyAuth"}}));
}

TEST(SupportWalkTest, MapEntriesComeInKeyOrderAndCarryTheirKey) {
  RouteConfiguration routes;
  envoy::extensions::filters::http::api_key_auth::v3::ApiKeyAuthPerRoute per_route;
  auto& configs = *routes.add_virtual_hosts()->mutable_typed_per_filter_config();
  configs["b\n"].PackFrom(per_route);
  configs["a"].PackFrom(per_route);
  const Findings found = WalkSupport(routes, UnpackLinked);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].path, "virtual_hosts[0].typed_per_filter_config[\"a\"]");
  EXPECT_EQ(found[1].path, "virtual_hosts[0].typed_per_filter_config[\"b?\"]");
}

TEST(SupportWalkTest, ADenseMessageStopsAtTheLimit) {
  Listener listener;
  for (size_t i = 0; i < kMaxFindings + 10; ++i) {
    listener.add_filter_chains()->mutable_use_proxy_proto()->set_value(true);
  }
  EXPECT_EQ(WalkSupport(listener).size(), kMaxFindings);
}

TEST(SupportWalkTest, DepthIsCountedAcrossAny) {
  google::protobuf::Any any;
  any.PackFrom(Listener());
  for (int i = 0; i < kMaxDepth; ++i) {
    google::protobuf::Any outer;
    outer.PackFrom(any);
    any = outer;
  }
  const Findings found = WalkSupport(any, UnpackLinked);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].fault, FieldFault::kTooDeep);
}

TEST(SupportWalkTest, AnAnyThatIsNotLinkedOrDoesNotParseUnpacksToNull) {
  google::protobuf::Any any;
  any.set_type_url("type.googleapis.com/no.such.Type");
  EXPECT_EQ(UnpackLinked(any), nullptr);
  any.set_type_url("no slash");
  EXPECT_EQ(UnpackLinked(any), nullptr);
  any.PackFrom(Listener());
  any.set_value("\xff");
  EXPECT_EQ(UnpackLinked(any), nullptr);
}

}  // namespace
}  // namespace sluice::support
