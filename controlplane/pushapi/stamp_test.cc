// SPDX-License-Identifier: Apache-2.0
#include "controlplane/pushapi/stamp.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "api/manifest/manifest.h"
#include "api/manifest/metadata.h"
#include "api/manifest/writer.h"
#include "gtest/gtest.h"
#include "k8s/meta.pb.h"

namespace sluice::pushapi {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

manifest::Object Parse(const std::string& extra_metadata, const std::string& port = "80") {
  manifest::ParseResult result = manifest::ParseManifests(
      absl::StrCat("apiVersion: sluice.dev/v1alpha1\nkind: Backend\n"
                   "metadata:\n  name: blue\n",
                   extra_metadata, "spec:\n  endpoints:\n  - address: 127.0.0.1\n    port: ", port,
                   "\n"),
      "test.yaml", {});
  EXPECT_TRUE(result.ok()) << result.problems[0].ToString();
  return result.objects[0];
}

const k8s::ObjectMeta& MetaOf(const manifest::Object& object) {
  return *manifest::FindMetadata(*object.body);
}

TEST(StampTest, GivesANewObjectItsTimeAndFirstGeneration) {
  const auto stamped = Stamp(Parse(""), nullptr, 0, kNow);
  ASSERT_TRUE(stamped.ok());
  EXPECT_EQ(MetaOf(*stamped).creation_timestamp().seconds(), 1'700'000'000);
  EXPECT_EQ(MetaOf(*stamped).generation(), 1);
}

TEST(StampTest, AppliedAgainUnchangedGivesTheSameBytes) {
  const auto first = Stamp(Parse(""), nullptr, 0, kNow);
  const auto second = Stamp(Parse(""), &*first, 7, kNow + absl::Hours(1));
  EXPECT_EQ(manifest::ToJson(*first), manifest::ToJson(*second));
}

TEST(StampTest, AChangedSpecIsANewGenerationOfTheSameAge) {
  const auto first = Stamp(Parse(""), nullptr, 0, kNow);
  const auto second = Stamp(Parse("", "81"), &*first, 7, kNow + absl::Hours(1));
  EXPECT_EQ(MetaOf(*second).creation_timestamp().seconds(), 1'700'000'000);
  EXPECT_EQ(MetaOf(*second).generation(), 2);
}

TEST(StampTest, ALabelIsNoNewGeneration) {
  const auto first = Stamp(Parse(""), nullptr, 0, kNow);
  const auto second = Stamp(Parse("  labels: {a: b}\n"), &*first, 7, kNow);
  EXPECT_EQ(MetaOf(*second).generation(), 1);
  EXPECT_EQ(MetaOf(*second).labels().at("a"), "b");
}

TEST(StampTest, WhatAnAuthorSaysOfTheRegistrysFieldsDoesNotCount) {
  const auto stamped =
      Stamp(Parse("  generation: 9\n  creationTimestamp: \"2001-01-01T00:00:00Z\"\n  uid: x\n"),
            nullptr, 0, kNow);
  EXPECT_EQ(MetaOf(*stamped).generation(), 1);
  EXPECT_EQ(MetaOf(*stamped).creation_timestamp().seconds(), 1'700'000'000);
  EXPECT_EQ(MetaOf(*stamped).uid(), "");
}

TEST(StampTest, AResourceVersionThatIsNotTheStoredOneIsAConflict) {
  const auto first = Stamp(Parse(""), nullptr, 0, kNow);
  const manifest::Object edited = Parse("  resourceVersion: \"7\"\n");
  EXPECT_TRUE(Stamp(edited, &*first, 7, kNow).ok());
  EXPECT_TRUE(absl::IsAborted(Stamp(edited, &*first, 8, kNow).status()));
  EXPECT_TRUE(absl::IsAborted(Stamp(edited, nullptr, 0, kNow).status()));
}

TEST(StampTest, UnstampGivesBackWhatTheAuthorSaid) {
  const auto stamped = Stamp(Parse(""), nullptr, 0, kNow);
  EXPECT_EQ(manifest::ToJson(Unstamp(*stamped)), manifest::ToJson(Parse("")));
}

}  // namespace
}  // namespace sluice::pushapi
