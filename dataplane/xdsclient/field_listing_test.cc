// SPDX-License-Identifier: Apache-2.0
#include "dataplane/xdsclient/field_listing.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sluice::xdsclient {
namespace {

TEST(FieldListingTest, AFieldIsOneLineHoweverManyResourcesSetIt) {
  FieldListing listing;
  listing.Add(ResourceType::kCluster, "a", {{"lb.zone", "Cluster.lb.zone"}, {"z", "Cluster.z"}});
  listing.Add(ResourceType::kCluster, "b", {{"lb.zone", "Cluster.lb.zone"}});
  listing.Add(ResourceType::kListener, "l", {});
  EXPECT_EQ(listing.Lines(), (std::vector<std::string>{
                                 "Cluster.lb.zone: in cluster \"a\" at lb.zone, and 1 more places",
                                 "Cluster.z: in cluster \"a\" at z",
                             }));
}

TEST(FieldListingTest, WhatIsTooMuchIsCounted) {
  FieldListing listing;
  for (size_t i = 0; i < FieldListing::kMaxLines + 5; ++i) {
    listing.Add(ResourceType::kRoutes, "r", {{"p", absl::StrCat("field ", i)}});
  }
  ASSERT_EQ(listing.Lines().size(), FieldListing::kMaxLines);
  EXPECT_EQ(listing.Lines().back(), "and 6 more fields");
}

}  // namespace
}  // namespace sluice::xdsclient
