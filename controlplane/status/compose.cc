// SPDX-License-Identifier: Apache-2.0
#include "controlplane/status/compose.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "api/manifest/kinds.h"
#include "api/manifest/metadata.h"
#include "gateway/v1/gateway.pb.h"
#include "gateway/v1/gateway_class.pb.h"
#include "gateway/v1/references.pb.h"
#include "gateway/v1/status.pb.h"
#include "k8s/meta.pb.h"
#include "sluice/v1alpha1/consumer.pb.h"

namespace sluice::status {
namespace {

using Conditions = google::protobuf::RepeatedPtrField<k8s::Condition>;

class Composer {
 public:
  Composer(const manifest::ObjectKey& key, const BoardEntry& entry, const Liveness* liveness,
           int64_t generation)
      : key_(key), entry_(entry), liveness_(liveness), generation_(generation) {}

  void Fill(gateway::v1::GatewayClassStatus& status) {
    AddAll(kObjectPlace, entry_.verdict.conditions, *status.mutable_conditions());
  }

  void Fill(v1alpha1::ConsumerStatus& status) {
    AddAll(kObjectPlace, entry_.verdict.conditions, *status.mutable_conditions());
  }

  void Fill(gateway::v1::GatewayStatus& status) {
    AddAll(kObjectPlace, entry_.verdict.conditions, *status.mutable_conditions());
    AddLive(absl::StrCat(key_.ns, "/", key_.name), *status.mutable_conditions());
    for (const resolve::ListenerVerdict& verdict : entry_.verdict.listeners) {
      gateway::v1::ListenerStatus& listener = *status.add_listeners();
      listener.set_name(verdict.name);
      listener.set_attached_routes(verdict.attached_routes);
      for (const std::string& kind : verdict.supported_kinds) {
        gateway::v1::RouteGroupKind& supported = *listener.add_supported_kinds();
        supported.set_kind(kind);
        const manifest::KindInfo* info = manifest::FindKindByName(kind);
        if (info != nullptr) supported.set_group(std::string(info->group));
      }
      AddAll(PlaceOf(verdict), verdict.conditions, *listener.mutable_conditions());
    }
  }

  void Fill(gateway::v1::RouteStatus& status) {
    for (const resolve::ParentVerdict& verdict : entry_.verdict.parents) {
      if (!verdict.ours) continue;
      gateway::v1::RouteParentStatus& parent = *status.add_parents();
      SetReference(verdict, *parent.mutable_parent_ref());
      parent.set_controller_name(std::string(resolve::kControllerName));
      AddAll(PlaceOf(verdict), verdict.conditions, *parent.mutable_conditions());
      if (verdict.parent.kind == "Gateway" && IsAccepted(verdict.conditions)) {
        AddLive(absl::StrCat(verdict.parent.ns, "/", verdict.parent.name),
                *parent.mutable_conditions());
      }
    }
  }

  void Fill(gateway::v1::PolicyStatus& status) {
    for (const resolve::ParentVerdict& verdict : entry_.verdict.parents) {
      if (!verdict.ours) continue;
      gateway::v1::PolicyAncestorStatus& ancestor = *status.add_ancestors();
      SetReference(verdict, *ancestor.mutable_ancestor_ref());
      ancestor.set_controller_name(std::string(resolve::kControllerName));
      AddAll(PlaceOf(verdict), verdict.conditions, *ancestor.mutable_conditions());
    }
  }

 private:
  static bool IsAccepted(const std::vector<resolve::Condition>& conditions) {
    for (const resolve::Condition& condition : conditions) {
      if (condition.type == "Accepted") {
        return condition.status == resolve::Condition::Status::kTrue;
      }
    }
    return false;
  }

  static std::string_view NameOf(resolve::Condition::Status status) {
    switch (status) {
      case resolve::Condition::Status::kFalse:
        return "False";
      case resolve::Condition::Status::kTrue:
        return "True";
      case resolve::Condition::Status::kUnknown:
        break;
    }
    return "Unknown";
  }

  void Add(const resolve::Condition& condition, absl::Time since, Conditions& out) const {
    k8s::Condition& added = *out.Add();
    added.set_type(condition.type);
    added.set_status(std::string(NameOf(condition.status)));
    added.set_observed_generation(generation_);
    added.mutable_last_transition_time()->set_seconds(absl::ToUnixSeconds(since));
    added.set_reason(condition.reason);
    added.set_message(condition.message);
  }

  void AddAll(std::string_view place, const std::vector<resolve::Condition>& conditions,
              Conditions& out) const {
    for (const resolve::Condition& condition : conditions) {
      Add(condition, entry_.times.Of(place, condition.type, entry_.since), out);
    }
  }

  void AddLive(const std::string& gateway, Conditions& out) const {
    if (liveness_ == nullptr) return;
    const LiveCount count = liveness_->Count(gateway, entry_.sequence);
    resolve::Condition live;
    live.type = kLiveCondition;
    live.message = count.ToString();
    if (count.connected == 0) {
      live.status = resolve::Condition::Status::kUnknown;
      live.reason = "NoProxies";
    } else if (count.live == count.connected) {
      live.reason = "AllProxies";
    } else {
      live.status = resolve::Condition::Status::kFalse;
      live.reason = count.live == 0 ? "NoProxyYet" : "SomeProxies";
    }
    Add(live, entry_.since, out);
  }

  static void SetReference(const resolve::ParentVerdict& verdict,
                           gateway::v1::ParentReference& out) {
    const manifest::KindInfo* info = manifest::FindKindByName(verdict.parent.kind);
    if (info != nullptr) out.set_group(std::string(info->group));
    out.set_kind(verdict.parent.kind);
    if (!verdict.parent.ns.empty()) out.set_namespace_(verdict.parent.ns);
    out.set_name(verdict.parent.name);
    if (!verdict.section.empty()) out.set_section_name(verdict.section);
    if (verdict.port != 0) out.set_port(verdict.port);
  }

  const manifest::ObjectKey& key_;
  const BoardEntry& entry_;
  const Liveness* const liveness_;
  const int64_t generation_;
};

// Fills the status if it is a T.
template <typename T>
bool TryFill(Composer& composer, google::protobuf::Message* status) {
  auto* typed = dynamic_cast<T*>(status);
  if (typed == nullptr) return false;
  typed->Clear();
  composer.Fill(*typed);
  return true;
}

}  // namespace

void ComposeStatus(const manifest::ObjectKey& key, const BoardEntry& entry,
                   const Liveness* liveness, google::protobuf::Message* body) {
  const auto* field = body->GetDescriptor()->FindFieldByName("status");
  // No verdict was given: the kind is only referred to.
  if (field == nullptr || entry.verdict == resolve::Verdict()) return;
  google::protobuf::Message* status = body->GetReflection()->MutableMessage(body, field);
  Composer composer(key, entry, liveness, manifest::FindMetadata(*body)->generation());
  const bool is_filled = TryFill<gateway::v1::RouteStatus>(composer, status) ||
                         TryFill<gateway::v1::GatewayStatus>(composer, status) ||
                         TryFill<gateway::v1::PolicyStatus>(composer, status) ||
                         TryFill<gateway::v1::GatewayClassStatus>(composer, status) ||
                         TryFill<v1alpha1::ConsumerStatus>(composer, status);
  if (!is_filled) body->GetReflection()->ClearField(body, field);
}

}  // namespace sluice::status
