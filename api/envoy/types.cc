// SPDX-License-Identifier: Apache-2.0
#include "api/envoy/types.h"

#include "envoy/config/accesslog/v3/accesslog.pb.h"
#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "envoy/config/cluster/v3/circuit_breaker.pb.h"
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/cluster/v3/filter.pb.h"
#include "envoy/config/cluster/v3/outlier_detection.pb.h"
#include "envoy/config/common/matcher/v3/matcher.pb.h"
#include "envoy/config/common/mutation_rules/v3/mutation_rules.pb.h"
#include "envoy/config/core/v3/address.pb.h"
#include "envoy/config/core/v3/backoff.pb.h"
#include "envoy/config/core/v3/base.pb.h"
#include "envoy/config/core/v3/config_source.pb.h"
#include "envoy/config/core/v3/event_service_config.pb.h"
#include "envoy/config/core/v3/extension.pb.h"
#include "envoy/config/core/v3/grpc_service.pb.h"
#include "envoy/config/core/v3/health_check.pb.h"
#include "envoy/config/core/v3/http_uri.pb.h"
#include "envoy/config/core/v3/protocol.pb.h"
#include "envoy/config/core/v3/proxy_protocol.pb.h"
#include "envoy/config/core/v3/socket_option.pb.h"
#include "envoy/config/core/v3/substitution_format_string.pb.h"
#include "envoy/config/endpoint/v3/endpoint.pb.h"
#include "envoy/config/endpoint/v3/endpoint_components.pb.h"
#include "envoy/config/listener/v3/api_listener.pb.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "envoy/config/listener/v3/listener_components.pb.h"
#include "envoy/config/listener/v3/udp_listener_config.pb.h"
#include "envoy/config/metrics/v3/stats.pb.h"
#include "envoy/config/overload/v3/overload.pb.h"
#include "envoy/config/ratelimit/v3/rls.pb.h"
#include "envoy/config/rbac/v3/rbac.pb.h"
#include "envoy/config/route/v3/route.pb.h"
#include "envoy/config/route/v3/route_components.pb.h"
#include "envoy/config/trace/v3/http_tracer.pb.h"
#include "envoy/extensions/access_loggers/file/v3/file.pb.h"
#include "envoy/extensions/access_loggers/stream/v3/stream.pb.h"
#include "envoy/extensions/clusters/dns/v3/dns_cluster.pb.h"
#include "envoy/extensions/common/ratelimit/v3/ratelimit.pb.h"
#include "envoy/extensions/filters/http/api_key_auth/v3/api_key_auth.pb.h"
#include "envoy/extensions/filters/http/basic_auth/v3/basic_auth.pb.h"
#include "envoy/extensions/filters/http/buffer/v3/buffer.pb.h"
#include "envoy/extensions/filters/http/cors/v3/cors.pb.h"
#include "envoy/extensions/filters/http/header_mutation/v3/header_mutation.pb.h"
#include "envoy/extensions/filters/http/health_check/v3/health_check.pb.h"
#include "envoy/extensions/filters/http/jwt_authn/v3/config.pb.h"
#include "envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit.pb.h"
#include "envoy/extensions/filters/http/ratelimit/v3/rate_limit.pb.h"
#include "envoy/extensions/filters/http/rbac/v3/rbac.pb.h"
#include "envoy/extensions/filters/http/router/v3/router.pb.h"
#include "envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector.pb.h"
#include "envoy/extensions/filters/network/connection_limit/v3/connection_limit.pb.h"
#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"
#include "envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.pb.h"
#include "envoy/extensions/load_balancing_policies/common/v3/common.pb.h"
#include "envoy/extensions/load_balancing_policies/least_request/v3/least_request.pb.h"
#include "envoy/extensions/load_balancing_policies/maglev/v3/maglev.pb.h"
#include "envoy/extensions/load_balancing_policies/random/v3/random.pb.h"
#include "envoy/extensions/load_balancing_policies/ring_hash/v3/ring_hash.pb.h"
#include "envoy/extensions/load_balancing_policies/round_robin/v3/round_robin.pb.h"
#include "envoy/extensions/resource_monitors/downstream_connections/v3/downstream_connections.pb.h"
#include "envoy/extensions/resource_monitors/fixed_heap/v3/fixed_heap.pb.h"
#include "envoy/extensions/transport_sockets/raw_buffer/v3/raw_buffer.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/common.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/secret.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/tls.pb.h"
#include "envoy/extensions/upstreams/http/v3/http_protocol_options.pb.h"
#include "envoy/service/discovery/v3/discovery.pb.h"
#include "envoy/service/ratelimit/v3/rls.pb.h"
#include "envoy/type/matcher/v3/address.pb.h"
#include "envoy/type/matcher/v3/filter_state.pb.h"
#include "envoy/type/matcher/v3/metadata.pb.h"
#include "envoy/type/matcher/v3/number.pb.h"
#include "envoy/type/matcher/v3/path.pb.h"
#include "envoy/type/matcher/v3/regex.pb.h"
#include "envoy/type/matcher/v3/string.pb.h"
#include "envoy/type/matcher/v3/value.pb.h"
#include "envoy/type/metadata/v3/metadata.pb.h"
#include "envoy/type/tracing/v3/custom_tag.pb.h"
#include "envoy/type/v3/hash_policy.pb.h"
#include "envoy/type/v3/http_status.pb.h"
#include "envoy/type/v3/percent.pb.h"
#include "envoy/type/v3/range.pb.h"
#include "envoy/type/v3/semantic_version.pb.h"
#include "envoy/type/v3/token_bucket.pb.h"
#include "google/api/expr/v1alpha1/checked.pb.h"
#include "google/api/expr/v1alpha1/syntax.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/rpc/status.pb.h"
#include "udpa/type/v1/typed_struct.pb.h"
#include "xds/core/v3/authority.pb.h"
#include "xds/core/v3/cidr.pb.h"
#include "xds/core/v3/context_params.pb.h"
#include "xds/core/v3/extension.pb.h"
#include "xds/type/matcher/v3/matcher.pb.h"
#include "xds/type/matcher/v3/regex.pb.h"
#include "xds/type/matcher/v3/string.pb.h"
#include "xds/type/v3/typed_struct.pb.h"

namespace sluice::envoy_api {

std::vector<const google::protobuf::Descriptor*> TypePerFile() {
  return {
      envoy::config::accesslog::v3::AccessLog::descriptor(),
      envoy::config::bootstrap::v3::Bootstrap::descriptor(),
      envoy::config::cluster::v3::CircuitBreakers::descriptor(),
      envoy::config::cluster::v3::Cluster::descriptor(),
      envoy::config::cluster::v3::Filter::descriptor(),
      envoy::config::cluster::v3::OutlierDetection::descriptor(),
      envoy::config::common::matcher::v3::MatchPredicate::descriptor(),
      envoy::config::common::mutation_rules::v3::HeaderMutation::descriptor(),
      envoy::config::core::v3::Address::descriptor(),
      envoy::config::core::v3::BackoffStrategy::descriptor(),
      envoy::config::core::v3::Node::descriptor(),
      envoy::config::core::v3::ExtensionConfigSource::descriptor(),
      envoy::config::core::v3::EventServiceConfig::descriptor(),
      envoy::config::core::v3::TypedExtensionConfig::descriptor(),
      envoy::config::core::v3::GrpcService::descriptor(),
      envoy::config::core::v3::HealthCheck::descriptor(),
      envoy::config::core::v3::HttpUri::descriptor(),
      envoy::config::core::v3::UpstreamHttpProtocolOptions::descriptor(),
      envoy::config::core::v3::ProxyProtocolConfig::descriptor(),
      envoy::config::core::v3::SocketOptionsOverride::descriptor(),
      envoy::config::core::v3::SubstitutionFormatString::descriptor(),
      envoy::config::endpoint::v3::ClusterLoadAssignment::descriptor(),
      envoy::config::endpoint::v3::LocalityLbEndpoints::descriptor(),
      envoy::config::listener::v3::ApiListener::descriptor(),
      envoy::config::listener::v3::Listener::descriptor(),
      envoy::config::listener::v3::FilterChain::descriptor(),
      envoy::config::listener::v3::UdpListenerConfig::descriptor(),
      envoy::config::metrics::v3::StatsSink::descriptor(),
      envoy::config::overload::v3::OverloadManager::descriptor(),
      envoy::config::ratelimit::v3::RateLimitServiceConfig::descriptor(),
      envoy::config::rbac::v3::RBAC::descriptor(),
      envoy::config::route::v3::RouteConfiguration::descriptor(),
      envoy::config::route::v3::HeaderMatcher::descriptor(),
      envoy::config::trace::v3::Tracing::descriptor(),
      envoy::extensions::access_loggers::file::v3::FileAccessLog::descriptor(),
      envoy::extensions::access_loggers::stream::v3::StdoutAccessLog::descriptor(),
      envoy::extensions::clusters::dns::v3::DnsCluster::descriptor(),
      envoy::extensions::common::ratelimit::v3::RateLimitDescriptor::descriptor(),
      envoy::extensions::filters::http::api_key_auth::v3::ApiKeyAuth::descriptor(),
      envoy::extensions::filters::http::basic_auth::v3::BasicAuth::descriptor(),
      envoy::extensions::filters::http::buffer::v3::Buffer::descriptor(),
      envoy::extensions::filters::http::cors::v3::Cors::descriptor(),
      envoy::extensions::filters::http::header_mutation::v3::HeaderMutation::descriptor(),
      envoy::extensions::filters::http::health_check::v3::HealthCheck::descriptor(),
      envoy::extensions::filters::http::jwt_authn::v3::JwtAuthentication::descriptor(),
      envoy::extensions::filters::http::local_ratelimit::v3::LocalRateLimit::descriptor(),
      envoy::extensions::filters::http::ratelimit::v3::RateLimit::descriptor(),
      envoy::extensions::filters::http::rbac::v3::RBAC::descriptor(),
      envoy::extensions::filters::http::router::v3::Router::descriptor(),
      envoy::extensions::filters::listener::tls_inspector::v3::TlsInspector::descriptor(),
      envoy::extensions::filters::network::connection_limit::v3::ConnectionLimit::descriptor(),
      envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager::
          descriptor(),
      envoy::extensions::filters::network::tcp_proxy::v3::TcpProxy::descriptor(),
      envoy::extensions::load_balancing_policies::common::v3::SlowStartConfig::descriptor(),
      envoy::extensions::load_balancing_policies::least_request::v3::LeastRequest::descriptor(),
      envoy::extensions::load_balancing_policies::maglev::v3::Maglev::descriptor(),
      envoy::extensions::load_balancing_policies::random::v3::Random::descriptor(),
      envoy::extensions::load_balancing_policies::ring_hash::v3::RingHash::descriptor(),
      envoy::extensions::load_balancing_policies::round_robin::v3::RoundRobin::descriptor(),
      envoy::extensions::resource_monitors::downstream_connections::v3::
          DownstreamConnectionsConfig::descriptor(),
      envoy::extensions::resource_monitors::fixed_heap::v3::FixedHeapConfig::descriptor(),
      envoy::extensions::transport_sockets::raw_buffer::v3::RawBuffer::descriptor(),
      envoy::extensions::transport_sockets::tls::v3::TlsCertificate::descriptor(),
      envoy::extensions::transport_sockets::tls::v3::Secret::descriptor(),
      envoy::extensions::transport_sockets::tls::v3::DownstreamTlsContext::descriptor(),
      envoy::extensions::upstreams::http::v3::HttpProtocolOptions::descriptor(),
      envoy::service::discovery::v3::DiscoveryRequest::descriptor(),
      envoy::service::ratelimit::v3::RateLimitRequest::descriptor(),
      envoy::type::matcher::v3::AddressMatcher::descriptor(),
      envoy::type::matcher::v3::FilterStateMatcher::descriptor(),
      envoy::type::matcher::v3::MetadataMatcher::descriptor(),
      envoy::type::matcher::v3::DoubleMatcher::descriptor(),
      envoy::type::matcher::v3::PathMatcher::descriptor(),
      envoy::type::matcher::v3::RegexMatcher::descriptor(),
      envoy::type::matcher::v3::StringMatcher::descriptor(),
      envoy::type::matcher::v3::ValueMatcher::descriptor(),
      envoy::type::metadata::v3::MetadataKey::descriptor(),
      envoy::type::tracing::v3::CustomTag::descriptor(),
      envoy::type::v3::HashPolicy::descriptor(),
      envoy::type::v3::HttpStatus::descriptor(),
      envoy::type::v3::FractionalPercent::descriptor(),
      envoy::type::v3::Int64Range::descriptor(),
      envoy::type::v3::SemanticVersion::descriptor(),
      envoy::type::v3::TokenBucket::descriptor(),
      google::api::expr::v1alpha1::CheckedExpr::descriptor(),
      google::api::expr::v1alpha1::Expr::descriptor(),
      google::rpc::Status::descriptor(),
      udpa::type::v1::TypedStruct::descriptor(),
      xds::core::v3::Authority::descriptor(),
      xds::core::v3::CidrRange::descriptor(),
      xds::core::v3::ContextParams::descriptor(),
      xds::core::v3::TypedExtensionConfig::descriptor(),
      xds::type::matcher::v3::Matcher::descriptor(),
      xds::type::matcher::v3::RegexMatcher::descriptor(),
      xds::type::matcher::v3::StringMatcher::descriptor(),
      xds::type::v3::TypedStruct::descriptor(),
  };
}

}  // namespace sluice::envoy_api
