// SPDX-License-Identifier: Apache-2.0
#include "controlplane/resolve/http_route.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "api/manifest/values.h"
#include "controlplane/resolve/attach.h"
#include "controlplane/resolve/http_filters.h"
#include "gateway/v1/http_route.pb.h"

namespace sluice::resolve {
namespace {

using gateway::v1::HTTPBackendRef;
using gateway::v1::HTTPRoute;
using gateway::v1::HTTPRouteMatch;
using gateway::v1::HTTPRouteRule;

constexpr std::string_view kGatewayGroup = "gateway.networking.k8s.io";

ir::ValueMatch ToIr(const auto& from) {
  return {from.name(), from.value(), from.type() == "RegularExpression"};
}

ir::PathMatch ToIr(const gateway::v1::HTTPPathMatch& from) {
  ir::PathMatch to;
  if (from.type() == "Exact") to.kind = ir::PathMatch::Kind::kExact;
  if (from.type() == "RegularExpression") to.kind = ir::PathMatch::Kind::kRegex;
  if (from.has_value()) to.value = from.value();
  // A prefix is a row of whole segments: "/a/" is "/a".
  if (to.kind == ir::PathMatch::Kind::kPrefix && to.value.size() > 1 && to.value.back() == '/') {
    to.value.pop_back();
  }
  return to;
}

ir::Match ToIr(const HTTPRouteMatch& from) {
  ir::Match to;
  to.path = ToIr(from.path());
  to.method = from.method();
  for (const auto& header : from.headers()) {
    to.headers.push_back(ToIr(header));
    to.headers.back().name = absl::AsciiStrToLower(header.name());
  }
  for (const auto& param : from.query_params()) to.query.push_back(ToIr(param));
  return to;
}

// Resolves one route for one Gateway; holds what the steps share.
class Work {
 public:
  Work(Facts& facts, const manifest::ObjectKey& gateway, const manifest::ObjectKey& key,
       const HTTPRoute& route, RouteResult& result)
      : facts_(facts),
        policies_(facts),
        gateway_(gateway),
        key_(key),
        route_(route),
        result_(result) {}

  void Rules() {
    static const HTTPRouteRule* const kDefault = new HTTPRouteRule;
    for (int i = 0; i < route_.spec().rules_size(); ++i) Rule(route_.spec().rules(i), i);
    if (route_.spec().rules().empty()) Rule(*kDefault, 0);
  }

  Condition ResolvedRefs() const {
    if (refusals_.empty()) return True("ResolvedRefs", "ResolvedRefs");
    return False("ResolvedRefs", refusals_.front().reason,
                 absl::StrJoin(refusals_, "; ", [](std::string* out, const Refusal& refusal) {
                   absl::StrAppend(out, refusal.message);
                 }));
  }

  // Rules that cannot be kept answer 500; that the others are served is told by this.
  const std::vector<std::string>& problems() const { return problems_; }
  int bad_rules() const { return bad_rules_; }

 private:
  void Rule(const HTTPRouteRule& rule, int index) {
    const std::string path = absl::StrCat("spec.rules[", index, "]");
    FilterSum sum = SumUp(rule.filters(), path + ".filters");
    std::optional<Traffic> traffic;
    ir::Route prototype;
    prototype.action = Action(rule, path, sum, traffic);
    prototype.request_edits = std::move(sum.request_edits);
    prototype.response_edits = std::move(sum.response_edits);
    prototype.cors = std::move(sum.cors);
    prototype.policies = PoliciesFor(rule);
    prototype.created = CreatedAt(route_);
    prototype.rule = static_cast<uint32_t>(index);
    if (!sum.problems.empty()) {
      ++bad_rules_;
      problems_.insert(problems_.end(), sum.problems.begin(), sum.problems.end());
    }
    Matches(rule, index, path, prototype);
  }

  // Those of its Gateway and listener are the virtual host's.
  ir::Policies PoliciesFor(const HTTPRouteRule& rule) {
    std::vector<PolicyPlace> places;
    if (!rule.name().empty()) places.push_back({key_, rule.name()});
    places.push_back({key_, ""});
    ir::Policies policies = policies_.At(places);
    result_.filters.Add(policies);
    result_.consumers.Add(policies);
    return policies;
  }

  void Matches(const HTTPRouteRule& rule, int index, const std::string& path,
               const ir::Route& prototype) {
    static const HTTPRouteMatch* const kDefault = new HTTPRouteMatch;
    const std::string name =
        absl::StrCat(key_.kind, "/", key_.ns, "/", key_.name, "/rule/", index, "/match/");
    const int count = std::max(1, rule.matches_size());
    for (int i = 0; i < count; ++i) {
      const HTTPRouteMatch& match = rule.matches().empty() ? *kDefault : rule.matches(i);
      ir::Route route = prototype;
      route.name = absl::StrCat(name, i);
      route.source.object = {key_.kind, key_.ns, key_.name};
      route.source.field_path =
          rule.matches().empty() ? path : absl::StrCat(path, ".matches[", i, "]");
      route.match = ToIr(match);
      route.match_index = static_cast<uint32_t>(i);
      result_.routes.push_back(std::make_shared<const ir::Route>(std::move(route)));
    }
  }

  decltype(ir::Route::action) Action(const HTTPRouteRule& rule, const std::string& path,
                                     FilterSum& sum, std::optional<Traffic>& traffic) {
    ir::Forward forward = ForwardFor(rule, path, sum, traffic);
    if (!sum.problems.empty()) return ir::Answer{500};
    if (sum.redirect) return *sum.redirect;
    if (forward.backends.empty()) return ir::Answer{500};
    if (!traffic) return ir::Answer{500};
    Times(rule, *traffic, forward);
    return forward;
  }

  ir::Forward ForwardFor(const HTTPRouteRule& rule, const std::string& path, FilterSum& sum,
                         std::optional<Traffic>& traffic) {
    ir::Forward forward;
    uint64_t good = 0;
    uint64_t failing = 0;
    for (int i = 0; i < rule.backend_refs_size(); ++i) {
      const HTTPBackendRef& ref = rule.backend_refs(i);
      const uint32_t weight = ref.has_weight() ? ref.weight() : 1;
      const std::string ref_path = absl::StrCat(path, ".backendRefs[", i, "]");
      const bool ok = AddBackend(rule, ref, weight, ref_path, forward, sum, traffic);
      (ok ? good : failing) += weight;
    }
    if (good + failing > 0) {
      forward.failing_per_million =
          static_cast<uint32_t>((failing * 1'000'000 + (good + failing) / 2) / (good + failing));
    }
    forward.path_rewrite = sum.path_rewrite;
    forward.host_rewrite = sum.host_rewrite;
    for (const MirrorRef& mirror : sum.mirrors) AddMirror(rule, mirror, forward);
    return forward;
  }

  bool AddBackend(const HTTPRouteRule& rule, const HTTPBackendRef& ref, uint32_t weight,
                  const std::string& path, ir::Forward& forward, FilterSum& rule_sum,
                  std::optional<Traffic>& traffic) {
    std::optional<ResolvedBackend> resolved = Follow(rule, ref, path);
    if (!resolved) return false;
    // The timeouts of a rule are one, so they come from its first backend's policies.
    if (!traffic) traffic = resolved->traffic;
    if (weight == 0) return true;
    FilterSum sum = SumUp(ref.filters(), path + ".filters");
    if (sum.redirect || sum.path_rewrite || sum.cors || !sum.mirrors.empty()) {
      sum.problems.push_back(absl::StrCat(
          path, ".filters: of a single backend only headers and the host name can be changed"));
    }
    rule_sum.problems.insert(rule_sum.problems.end(), sum.problems.begin(), sum.problems.end());
    forward.backends.push_back({.backend = resolved->backend.name,
                                .weight = weight,
                                .request_edits = std::move(sum.request_edits),
                                .response_edits = std::move(sum.response_edits),
                                .host_rewrite = std::move(sum.host_rewrite),
                                .source = {{key_.kind, key_.ns, key_.name}, path}});
    Keep(std::move(*resolved));
    return true;
  }

  void AddMirror(const HTTPRouteRule& rule, const MirrorRef& mirror, ir::Forward& forward) {
    std::optional<ResolvedBackend> resolved =
        Follow(rule, mirror.filter->backend_ref(), mirror.field_path + ".backendRef");
    // A mirror that does not resolve loses its copies; the request itself is not the worse for it.
    if (!resolved) return;
    ir::Mirror out{.backend = resolved->backend.name};
    if (mirror.filter->has_percent()) {
      out.per_million = static_cast<uint32_t>(mirror.filter->percent()) * 10'000;
    } else if (mirror.filter->has_fraction()) {
      const auto& fraction = mirror.filter->fraction();
      const uint64_t whole = fraction.has_denominator() ? fraction.denominator() : 100;
      out.per_million = static_cast<uint32_t>(std::min<uint64_t>(fraction.numerator(), whole) *
                                              1'000'000 / whole);
    }
    forward.mirrors.push_back(std::move(out));
    Keep(std::move(*resolved));
  }

  std::optional<ResolvedBackend> Follow(const HTTPRouteRule& rule, const auto& ref,
                                        const std::string& path) {
    BackendQuery query{.from = {std::string(kGatewayGroup), key_.kind, key_.ns, key_.name},
                       .to = {ref.group(), ref.has_kind() ? ref.kind() : "Service",
                              ref.has_namespace_() ? ref.namespace_() : key_.ns, ref.name()},
                       .port = ref.port(),
                       .gateway = gateway_,
                       .rule = rule.name()};
    auto result = ResolveBackend(facts_, query);
    if (auto* refusal = std::get_if<Refusal>(&result)) {
      refusals_.push_back({refusal->reason, absl::StrCat(path, ": ", refusal->message)});
      return std::nullopt;
    }
    return std::get<ResolvedBackend>(std::move(result));
  }

  void Keep(ResolvedBackend resolved) {
    const std::string& name = resolved.backend.name;
    if (!resolved.backend.dns) result_.endpoints[resolved.backend.endpoints] = resolved.endpoints;
    if (result_.backends.contains(name)) return;
    auto backend = std::make_shared<const ir::Backend>(std::move(resolved.backend));
    result_.backends[backend->name] = backend;
  }

  // The HTTPRoute's own word wins over the policies'.
  void Times(const HTTPRouteRule& rule, const Traffic& traffic, ir::Forward& forward) {
    forward.times = traffic.times;
    forward.retry = traffic.retry;
    bool asked = traffic.times_are_asked;
    if (rule.timeouts().has_request()) {
      forward.times.request = manifest::FromProto(rule.timeouts().request());
      asked = true;
    }
    if (rule.timeouts().has_backend_request()) {
      forward.times.each_try = manifest::FromProto(rule.timeouts().backend_request());
    }
    // Whoever gives a try 30 s does not want our default to end the whole after 15.
    if (!asked) forward.times.request = std::max(forward.times.request, forward.times.each_try);
    if (!rule.has_retry()) return;
    ir::Retry retry{.attempts = rule.retry().has_attempts()
                                    ? static_cast<uint32_t>(rule.retry().attempts())
                                    : 1,
                    .retry_on = {"ConnectFailure", "RefusedStream", "Reset"}};
    retry.status_codes = {rule.retry().codes().begin(), rule.retry().codes().end()};
    if (rule.retry().has_backoff()) {
      retry.backoff_base = manifest::FromProto(rule.retry().backoff());
    }
    forward.retry = std::move(retry);
  }

  Facts& facts_;
  PolicyFinder policies_;
  const manifest::ObjectKey& gateway_;
  const manifest::ObjectKey& key_;
  const HTTPRoute& route_;
  RouteResult& result_;
  std::vector<Refusal> refusals_;
  std::vector<std::string> problems_;
  int bad_rules_ = 0;
};

bool Names(const gateway::v1::ParentReference& parent, const manifest::ObjectKey& route,
           const manifest::ObjectKey& gateway) {
  const std::string& ns = parent.has_namespace_() ? parent.namespace_() : route.ns;
  return (!parent.has_group() || parent.group() == kGatewayGroup) &&
         (!parent.has_kind() || parent.kind() == "Gateway") && ns == gateway.ns &&
         parent.name() == gateway.name;
}

void AddProblems(const Work& work, int rule_count, std::vector<Condition>& conditions) {
  if (work.problems().empty()) return;
  const std::string message = absl::StrJoin(work.problems(), "; ");
  if (work.bad_rules() == rule_count && conditions[0].status == Condition::Status::kTrue) {
    conditions[0] = False("Accepted", "UnsupportedValue", message);
  } else {
    conditions.push_back(True("PartiallyInvalid", "UnsupportedValue", message));
  }
}

}  // namespace

RouteResult ResolveHttpRoute(Facts facts, const Frame& frame, const manifest::ObjectKey& gateway,
                             const manifest::ObjectKey& key) {
  RouteResult result;
  const auto* route = facts.Find<HTTPRoute>(key.ns, key.name);
  if (route == nullptr) return result;
  Work work(facts, gateway, key, *route, result);
  if (frame.ours) work.Rules();
  std::map<std::string, std::set<std::string>> hostnames_of;
  for (int i = 0; i < route->spec().parent_refs_size(); ++i) {
    const auto& parent = route->spec().parent_refs(i);
    if (!Names(parent, key, gateway)) continue;
    ParentVerdict verdict{.parent = gateway,
                          .section = parent.section_name(),
                          .port = parent.port(),
                          .index = i,
                          .ours = frame.ours};
    verdict.conditions.push_back(Attach(facts, frame, gateway, key, *route, parent, hostnames_of));
    if (frame.ours) verdict.conditions.push_back(work.ResolvedRefs());
    AddProblems(work, std::max(1, route->spec().rules_size()), verdict.conditions);
    result.parents.push_back(std::move(verdict));
  }
  for (auto& [listener, hostnames] : hostnames_of) {
    result.attachments.push_back({listener, {hostnames.begin(), hostnames.end()}});
  }
  result.asked = facts.TakeAsked();
  return result;
}

}  // namespace sluice::resolve
