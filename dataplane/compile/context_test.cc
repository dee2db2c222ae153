// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/context.h"

#include <gtest/gtest.h>

#include "envoy/config/listener/v3/listener.pb.h"

namespace sluice::compile {
namespace {

using envoy::config::listener::v3::Listener;

TEST(CompileContextTest, ErrorNamesResourcePathAndRule) {
  const CompileOptions options;
  CompileContext context(options);
  context.Begin("listener", "http");
  const Scope outer(context, "filter_chains", 2);
  const Scope inner(context, "by_name", "x");
  EXPECT_EQ(context.ErrorAt("field", "is odd").message(),
            "listener \"http\": filter_chains[2].by_name[\"x\"].field: is odd");
}

TEST(CompileContextTest, UnknownNameSuggestsTheNearest) {
  const CompileOptions options;
  CompileContext context(options);
  context.Begin("cluster", "c");
  const std::string_view known[] = {"random", "round_robin"};
  EXPECT_EQ(context.UnknownName("policy", "round_robbin", known).message(),
            "cluster \"c\": policy \"round_robbin\" is not known; did you mean \"round_robin\"?");
}

TEST(CompileContextTest, HarmlessFieldIsListedAndASecurityFieldRefused) {
  const CompileOptions options;
  CompileContext context(options);
  context.Begin("listener", "l");
  Listener listener;
  listener.mutable_freebind()->set_value(true);
  ASSERT_TRUE(context.Walk(listener).ok());
  ASSERT_EQ(context.findings().size(), 1u);
  EXPECT_EQ(context.findings()[0],
            (Finding{"freebind", "envoy.config.listener.v3.Listener.freebind"}));

  listener.mutable_use_original_dst()->set_value(true);
  EXPECT_EQ(context.Walk(listener).message(),
            "listener \"l\": use_original_dst: envoy.config.listener.v3.Listener.use_original_dst "
            "is not implemented, and may not be skipped");
}

TEST(CompileContextTest, UnknownFieldIsListedUnlessRefusedByOption) {
  Listener listener;
  listener.GetReflection()->MutableUnknownFields(&listener)->AddVarint(4711, 1);
  CompileOptions options;
  CompileContext lenient(options);
  ASSERT_TRUE(lenient.Walk(listener).ok());
  EXPECT_EQ(lenient.findings()[0].path, "#4711");

  options.reject_unknown = true;
  CompileContext strict(options);
  strict.Begin("listener", "l");
  EXPECT_EQ(strict.Walk(listener).message(),
            "listener \"l\": #4711: field number 4711 is not known");
}

TEST(CompileContextTest, DurationsAreRoundedUpAndNotNegative) {
  const CompileOptions options;
  CompileContext context(options);
  google::protobuf::Duration duration;
  duration.set_seconds(1);
  duration.set_nanos(1);
  EXPECT_EQ(Milliseconds(duration, "t", context).value(), 1001);
  duration.set_seconds(-1);
  EXPECT_FALSE(Milliseconds(duration, "t", context).ok());
}

}  // namespace
}  // namespace sluice::compile
