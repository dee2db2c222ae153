// SPDX-License-Identifier: Apache-2.0
//
// The defaults stand twice: beside the fields in api/, for readers, and in ir/, for who serves. A
// policy that spells all the documented ones out must therefore change nothing.

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "api/manifest/defaults.h"
#include "api/manifest/writer.h"
#include "controlplane/translate/pipeline/offline_for_test.h"
#include "controlplane/translate/pipeline/pipeline.h"
#include "gtest/gtest.h"
#include "sluice/v1alpha1/client_policy.pb.h"

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

// A ClientPolicy with every default of every group of its fields.
std::string SpelledOut() {
  v1alpha1::ClientPolicySpec spec;
  auto& ref = *spec.add_target_refs();
  ref.set_group("gateway.networking.k8s.io");
  ref.set_kind("Gateway");
  ref.set_name("g");
  const google::protobuf::Descriptor& descriptor = *spec.descriptor();
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const google::protobuf::FieldDescriptor* field = descriptor.field(i);
    if (!field->is_repeated()) spec.GetReflection()->MutableMessage(&spec, field);
  }
  manifest::FillDefaults(&spec);
  return absl::StrCat(
      "---\n",
      R"({"apiVersion":"sluice.dev/v1alpha1","kind":"ClientPolicy","metadata":{"name":"p"},"spec":)",
      manifest::MessageToJson(spec), "}\n");
}

TEST(DocumentedDefaultsTest, ClientPolicysAreWhatIsServed) {
  EXPECT_EQ(Served(SpelledOut()), Served("")) << SpelledOut();
}

}  // namespace
}  // namespace sluice::translate
