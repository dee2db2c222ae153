// SPDX-License-Identifier: Apache-2.0
//
// The defaults stand twice: beside the fields in api/, for readers, and in ir/, for who serves. A
// policy that spells all the documented ones out must therefore change nothing.

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "api/manifest/defaults.h"
#include "api/manifest/writer.h"
#include "controlplane/translate/pipeline/offline_for_test.h"
#include "controlplane/translate/pipeline/pipeline.h"
#include "gtest/gtest.h"
#include "sluice/v1alpha1/client_policy.pb.h"
#include "sluice/v1alpha1/traffic_policy.pb.h"

namespace sluice::translate {
namespace {

constexpr std::string_view kObjects = R"(
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: sluice}
spec: {controllerName: sluice.dev/gateway-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: g}
spec:
  gatewayClassName: sluice
  listeners: [{name: http, protocol: HTTP, port: 8080}]
---
apiVersion: sluice.dev/v1alpha1
kind: Backend
metadata: {name: b}
spec: {endpoints: [{address: 127.0.0.1, port: 9001}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r}
spec:
  parentRefs: [{name: g}]
  rules: [{backendRefs: [{group: sluice.dev, kind: Backend, name: b}]}]
)";

uint64_t Served(std::string_view more) {
  Pipeline pipeline(KeyPairCheckForTest);
  const auto set = SetForTest(ObjectsForTest(absl::StrCat(kObjects, more)));
  pipeline.Apply(set, store::DiffOf(store::ObjectSet(), *set));
  return pipeline.gateways().at({"Gateway", "default", "g"})->resources.fingerprint();
}

// `spec`, attached to an object, with every default of every group but those in `without`: groups
// whose presence alone asks for something.
template <typename Spec>
std::string SpelledOut(std::string_view kind, std::string_view group, std::string_view target_kind,
                       std::string_view target, std::initializer_list<std::string_view> without) {
  Spec spec;
  auto& ref = *spec.add_target_refs();
  ref.set_group(std::string(group));
  ref.set_kind(std::string(target_kind));
  ref.set_name(std::string(target));
  const google::protobuf::Descriptor& descriptor = *spec.descriptor();
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const google::protobuf::FieldDescriptor* field = descriptor.field(i);
    const bool is_left_out =
        std::find(without.begin(), without.end(), field->name()) != without.end();
    if (field->is_repeated() || is_left_out) continue;
    spec.GetReflection()->MutableMessage(&spec, field);
  }
  manifest::FillDefaults(&spec);
  return absl::StrCat("---\n", R"({"apiVersion":"sluice.dev/v1alpha1","kind":")", kind,
                      R"(","metadata":{"name":"p"},"spec":)", manifest::MessageToJson(spec), "}\n");
}

TEST(DocumentedDefaultsTest, ClientPolicysAreWhatIsServed) {
  const std::string policy = SpelledOut<v1alpha1::ClientPolicySpec>(
      "ClientPolicy", "gateway.networking.k8s.io", "Gateway", "g", {});
  EXPECT_EQ(Served(policy), Served("")) << policy;
}

TEST(DocumentedDefaultsTest, TrafficPolicysAreWhatIsServed) {
  const std::string policy = SpelledOut<v1alpha1::TrafficPolicySpec>(
      "TrafficPolicy", "sluice.dev", "Backend", "b", {"retry"});
  EXPECT_EQ(Served(policy), Served("")) << policy;
}

}  // namespace
}  // namespace sluice::translate
