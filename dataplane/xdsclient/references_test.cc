// SPDX-License-Identifier: Apache-2.0
#include "dataplane/xdsclient/references.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace sluice::xdsclient {
namespace {

using compile::Reference;
using compile::ResourceSource;
using Kind = ResourceSource::Kind;

Reference Secret(const std::string& name, ResourceSource source) {
  return {.kind = Reference::Kind::kSecret, .name = name, .source = std::move(source)};
}

class ReferencesTest : public testing::Test {
 protected:
  // Checks, and takes what is good; returns the refusal's reason, or nothing.
  std::string Put(const std::string& owner, std::vector<Reference> list) {
    const absl::Status status = references.Check(ResourceType::kListener, owner, list);
    if (status.ok()) references.Set(ResourceType::kListener, owner, std::move(list));
    return std::string(status.message());
  }
  std::string SourceOf(const std::string& name) {
    return references.SourceOf(ResourceType::kSecret, name).path;
  }

  const ResourceSource file{.kind = Kind::kFile, .path = "/a"};
  const ResourceSource other_file{.kind = Kind::kFile, .path = "/b"};
  References references{[](ResourceType type, const std::string& name) {
    return type == ResourceType::kCluster ? name == "x" : name == "static";
  }};
};

TEST_F(ReferencesTest, ANameIsServedByTheAggregatedStreamUnlessSomebodySaysOtherwise) {
  EXPECT_EQ(Put("l", {Secret("s", {})}), "");
  EXPECT_EQ(references.SourceOf(ResourceType::kSecret, "s"), ResourceSource());
  EXPECT_EQ(Put("l", {Secret("s", file)}), "");
  EXPECT_EQ(SourceOf("s"), "/a");
}

TEST_F(ReferencesTest, AnOwnerMayMoveItsOwnAndNobodyElses) {
  EXPECT_EQ(Put("l", {Secret("s", file), Secret("s", file)}), "");
  EXPECT_EQ(Put("l", {Secret("s", other_file)}), "");
  EXPECT_EQ(SourceOf("s"), "/b");
  EXPECT_EQ(Put("m", {Secret("s", file)}),
            "listener \"m\": the secret \"s\" has another source in listener \"l\"");
  EXPECT_EQ(Put("m", {Secret("s", other_file)}), "");
}

TEST_F(ReferencesTest, TheSourceGoesWithTheLastOwner) {
  EXPECT_EQ(Put("l", {Secret("s", file)}), "");
  EXPECT_EQ(Put("m", {Secret("s", file)}), "");
  references.Set(ResourceType::kListener, "l", {});
  EXPECT_EQ(SourceOf("s"), "/a");
  references.Set(ResourceType::kListener, "m", {});
  EXPECT_EQ(SourceOf("s"), "");
}

TEST_F(ReferencesTest, WhatIsStaticHasToBeThere) {
  EXPECT_EQ(Put("l", {Secret("static", {.kind = Kind::kStatic})}), "");
  EXPECT_EQ(Put("l", {Secret("s", {.kind = Kind::kStatic})}),
            "listener \"l\": the secret \"s\" has no source, and is not among "
            "static_resources.secrets");
  EXPECT_EQ(Put("l", {Secret("s", {.kind = Kind::kServer, .cluster = "x"})}), "");
  EXPECT_EQ(Put("l", {Secret("s", {.kind = Kind::kServer, .cluster = "y"})}),
            "listener \"l\": the secret \"s\" comes from the cluster \"y\", which is not among "
            "static_resources.clusters");
}

}  // namespace
}  // namespace sluice::xdsclient
