// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/load_balancing.h"

#include <string_view>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "dataplane/compile/any.h"
#include "envoy/extensions/load_balancing_policies/least_request/v3/least_request.pb.h"
#include "envoy/extensions/load_balancing_policies/maglev/v3/maglev.pb.h"
#include "envoy/extensions/load_balancing_policies/random/v3/random.pb.h"
#include "envoy/extensions/load_balancing_policies/ring_hash/v3/ring_hash.pb.h"
#include "envoy/extensions/load_balancing_policies/round_robin/v3/round_robin.pb.h"

namespace sluice::compile {

using config::LbPolicy;
using envoy::extensions::load_balancing_policies::least_request::v3::LeastRequest;
using envoy::extensions::load_balancing_policies::maglev::v3::Maglev;
using envoy::extensions::load_balancing_policies::random::v3::Random;
using envoy::extensions::load_balancing_policies::ring_hash::v3::RingHash;
using envoy::extensions::load_balancing_policies::round_robin::v3::RoundRobin;
using ClusterMessage = envoy::config::cluster::v3::Cluster;

namespace {

constexpr std::string_view kTypes[] = {
    "envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest",
    "envoy.extensions.load_balancing_policies.random.v3.Random",
    "envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin"};

absl::Status SetChoices(uint32_t choices, config::Cluster& out, const CompileContext& context) {
  if (choices < 2) {
    return context.ErrorAt("choice_count", absl::StrCat(choices, " is below 2"));
  }
  out.least_request_choices = choices;
  return absl::OkStatus();
}

// True if the extension is one that we have.
absl::StatusOr<bool> ApplyPolicy(const Extension& policy, config::Cluster& out,
                                 bool& locality_weighted, CompileContext& context) {
  const auto locality = [&](const auto& message) {
    locality_weighted = message.locality_lb_config().has_locality_weighted_lb_config();
  };
  if (const auto* round_robin = As<RoundRobin>(policy)) {
    SLUICE_RETURN_IF_ERROR(context.Walk(*round_robin));
    out.lb_policy = LbPolicy::kRoundRobin;
    locality(*round_robin);
    return true;
  }
  if (const auto* random = As<Random>(policy)) {
    SLUICE_RETURN_IF_ERROR(context.Walk(*random));
    out.lb_policy = LbPolicy::kRandom;
    locality(*random);
    return true;
  }
  if (const auto* least = As<LeastRequest>(policy)) {
    SLUICE_RETURN_IF_ERROR(context.Walk(*least));
    out.lb_policy = LbPolicy::kLeastRequest;
    locality(*least);
    if (least->has_choice_count()) {
      SLUICE_RETURN_IF_ERROR(SetChoices(least->choice_count().value(), out, context));
    }
    return true;
  }
  return false;
}

absl::Status CompilePolicies(const ClusterMessage& cluster, config::Cluster& out,
                             bool& locality_weighted, CompileContext& context) {
  const Scope at(context, "load_balancing_policy");
  const auto& policies = cluster.load_balancing_policy().policies();
  bool hashing = false;
  std::string last;
  for (int i = 0; i < policies.size(); ++i) {
    const Scope element(context, "policies", i);
    const Scope config(context, "typed_extension_config.typed_config");
    SLUICE_ASSIGN_OR_RETURN(
        const Extension policy,
        OpenAny(policies.Get(i).typed_extension_config().typed_config(), context));
    SLUICE_ASSIGN_OR_RETURN(const bool applied,
                            ApplyPolicy(policy, out, locality_weighted, context));
    if (applied) return absl::OkStatus();
    last = policy.type;
    if (As<RingHash>(policy) != nullptr || As<Maglev>(policy) != nullptr) {
      hashing = true;
      context.List("", policy.type);
    }
  }
  if (hashing) {
    out.lb_policy = LbPolicy::kRoundRobin;
    return absl::OkStatus();
  }
  const Scope field(context, "policies");
  if (policies.empty()) return context.Error("wants one or more");
  return context.UnknownName("load balancing policy", last, kTypes);
}

}  // namespace

absl::Status CompileLoadBalancing(const ClusterMessage& cluster, config::Cluster& out,
                                  bool& locality_weighted, CompileContext& context) {
  const auto& common = cluster.common_lb_config();
  out.panic_threshold_percent =
      common.has_healthy_panic_threshold() ? common.healthy_panic_threshold().value() : 50;
  if (!(out.panic_threshold_percent >= 0 && out.panic_threshold_percent <= 100)) {
    return context.ErrorAt("common_lb_config.healthy_panic_threshold",
                           absl::StrCat(out.panic_threshold_percent, " is not within 0 and 100"));
  }
  locality_weighted = common.has_locality_weighted_lb_config();
  out.least_request_choices = 2;
  if (cluster.has_load_balancing_policy()) {
    return CompilePolicies(cluster, out, locality_weighted, context);
  }
  switch (cluster.lb_policy()) {
    case ClusterMessage::LEAST_REQUEST:
      out.lb_policy = LbPolicy::kLeastRequest;
      break;
    case ClusterMessage::RANDOM:
      out.lb_policy = LbPolicy::kRandom;
      break;
    case ClusterMessage::LOAD_BALANCING_POLICY_CONFIG:
      return context.ErrorAt("load_balancing_policy", "is missing, and lb_policy refers to it");
    default:
      out.lb_policy = LbPolicy::kRoundRobin;
  }
  if (!cluster.least_request_lb_config().has_choice_count()) return absl::OkStatus();
  const Scope at(context, "least_request_lb_config");
  return SetChoices(cluster.least_request_lb_config().choice_count().value(), out, context);
}

}  // namespace sluice::compile
