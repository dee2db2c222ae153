// SPDX-License-Identifier: Apache-2.0
#include "api/manifest/kinds.h"

#include <set>
#include <string>

#include "api/manifest/defaults.h"
#include "api/manifest/metadata.h"
#include "api/manifest/scalar_reader.h"
#include "api/manifest/special_reader.h"
#include "api/manifest/values.h"
#include "gateway/v1/http_route.pb.h"
#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"

namespace sluice::manifest {
namespace {

using Field = google::protobuf::FieldDescriptor;

TEST(KindsTest, AKindIsFoundInTheVersionsThatAreRead) {
  ASSERT_NE(FindKind("gateway.networking.k8s.io/v1", "HTTPRoute"), nullptr);
  EXPECT_EQ(FindKind("gateway.networking.k8s.io/v1", "HTTPRoute")->plural, "httproutes");
  EXPECT_NE(FindKind("gateway.networking.k8s.io/v1", "ReferenceGrant"), nullptr);
  EXPECT_NE(FindKind("gateway.networking.k8s.io/v1beta1", "ReferenceGrant"), nullptr);
  EXPECT_NE(FindKind("gateway.networking.k8s.io/v1alpha3", "BackendTLSPolicy"), nullptr);
  EXPECT_NE(FindKind("v1", "Secret"), nullptr);
  EXPECT_EQ(FindKind("v1", "HTTPRoute"), nullptr);
  EXPECT_EQ(FindKind("gateway.networking.k8s.io/v1", "HttpRoute"), nullptr);
  EXPECT_FALSE(FindKindByName("GatewayClass")->namespaced);
}

TEST(KindsTest, NamesAreUniqueAndMessagesFindTheirKind) {
  std::set<std::string_view> kinds, plurals;
  for (const KindInfo& info : AllKinds()) {
    EXPECT_TRUE(kinds.insert(info.kind).second) << info.kind;
    EXPECT_TRUE(plurals.insert(info.plural).second) << info.plural;
    EXPECT_EQ(FindKindOf(*info.prototype), &info);
    EXPECT_EQ(FindKindByPlural(info.plural), &info);
    std::unique_ptr<google::protobuf::Message> body(info.prototype->New());
    EXPECT_NE(MutableMetadata(body.get()), nullptr) << info.kind;
  }
}

// Visits each field that any kind can hold, once a message type.
template <typename Visit>
void VisitFields(const google::protobuf::Descriptor* type,
                 std::set<const google::protobuf::Descriptor*>& seen, Visit visit) {
  if (IsSpecial(type) || !seen.insert(type).second) return;
  for (int i = 0; i < type->field_count(); ++i) {
    visit(type->field(i));
    const auto* inner = type->field(i)->message_type();
    if (inner != nullptr && !inner->options().map_entry()) VisitFields(inner, seen, visit);
  }
}

template <typename Visit>
void VisitAllFields(Visit visit) {
  std::set<const google::protobuf::Descriptor*> seen;
  for (const KindInfo& info : AllKinds()) VisitFields(info.prototype->GetDescriptor(), seen, visit);
}

bool IsRead(Field::CppType type) {
  return type == Field::CPPTYPE_STRING || type == Field::CPPTYPE_BOOL ||
         type == Field::CPPTYPE_INT32 || type == Field::CPPTYPE_INT64 ||
         type == Field::CPPTYPE_UINT32;
}

TEST(KindsTest, EveryFieldHasATypeThatIsRead) {
  VisitAllFields([](const Field* field) {
    if (field->is_map()) {
      EXPECT_EQ(field->message_type()->map_key()->type(), Field::TYPE_STRING) << field->full_name();
      EXPECT_TRUE(IsRead(field->message_type()->map_value()->cpp_type())) << field->full_name();
    } else if (field->cpp_type() == Field::CPPTYPE_MESSAGE) {
      EXPECT_FALSE(field->is_repeated() && IsSpecial(field->message_type())) << field->full_name();
    } else {
      EXPECT_TRUE(IsRead(field->cpp_type())) << field->full_name();
    }
  });
}

TEST(KindsTest, EveryDefaultAndBoundCanBeRead) {
  VisitAllFields([](const Field* field) {
    const api::FieldRules& rules = RulesOf(field);
    for (const std::string& bound : {rules.min_duration(), rules.max_duration()}) {
      if (!bound.empty()) EXPECT_TRUE(ParseDuration(bound).ok()) << field->full_name();
    }
    if (rules.default_value().empty()) return;
    if (field->cpp_type() != Field::CPPTYPE_MESSAGE) {
      ASSERT_FALSE(field->is_repeated()) << field->full_name();
      Node node;
      node.text = rules.default_value();
      node.type = field->cpp_type() == Field::CPPTYPE_STRING ? NodeType::kString
                  : field->cpp_type() == Field::CPPTYPE_BOOL ? NodeType::kBool
                                                             : NodeType::kInt;
      ScalarValue value;
      EXPECT_EQ(ReadScalar(node, field, rules, &value), "") << field->full_name();
    } else if (!IsSpecial(field->message_type())) {
      EXPECT_EQ(rules.default_value(), "{}") << field->full_name();
    }
  });
}

TEST(DefaultsTest, ARuleThatSaysNothingMatchesEveryPath) {
  gateway::v1::HTTPRoute route;
  route.mutable_spec()->add_rules()->add_backend_refs()->set_name("a");
  FillDefaults(&route);
  const gateway::v1::HTTPRouteRule& rule = route.spec().rules(0);
  ASSERT_EQ(rule.matches_size(), 1);
  EXPECT_EQ(rule.matches(0).path().type(), "PathPrefix");
  EXPECT_EQ(rule.matches(0).path().value(), "/");
  EXPECT_EQ(rule.backend_refs(0).kind(), "Service");
  EXPECT_TRUE(rule.backend_refs(0).has_group());
  EXPECT_EQ(rule.backend_refs(0).weight(), 1);
  EXPECT_FALSE(rule.has_timeouts());
}

TEST(DefaultsTest, WhatIsSetStaysAndAgainChangesNothing) {
  gateway::v1::HTTPRoute route;
  route.mutable_spec()->add_rules()->add_backend_refs()->set_weight(0);
  FillDefaults(&route);
  EXPECT_EQ(route.spec().rules(0).backend_refs(0).weight(), 0);
  const std::string once = route.SerializeAsString();
  FillDefaults(&route);
  EXPECT_EQ(route.SerializeAsString(), once);
}

}  // namespace
}  // namespace sluice::manifest
