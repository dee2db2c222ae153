// SPDX-License-Identifier: Apache-2.0
#include "controlplane/translate/wire.h"

#include <string>
#include <vector>

#include "envoy/config/route/v3/route.pb.h"
#include "gtest/gtest.h"

namespace sluice::translate {
namespace {

using envoy::config::route::v3::RouteConfiguration;

constexpr int kHosts = RouteConfiguration::kVirtualHostsFieldNumber;

TEST(WireTest, FieldsAppendedByHandAreThoseOfTheMessage) {
  RouteConfiguration whole, head, tail;
  head.set_name("http/80");
  tail.set_ignore_port_in_host_matching(true);
  whole.MergeFrom(head);
  whole.MergeFrom(tail);
  std::string joined = Serialize(head);
  for (const size_t length : {1, 200, 70'000}) {
    auto* host = whole.add_virtual_hosts();
    host->set_name(std::string(length, 'h'));
    AppendField(kHosts, Serialize(*host), joined);
  }
  joined += Serialize(tail);
  EXPECT_EQ(joined, Serialize(whole));
  const std::vector<std::string_view> fields = FieldsOf(joined, kHosts);
  ASSERT_EQ(fields.size(), 3u);
  std::string again = Serialize(head);
  for (const std::string_view field : fields) again += field;
  EXPECT_EQ(again + Serialize(tail), joined);
}

TEST(WireTest, OfBytesThatEndTooSoonThereAreNoFields) {
  RouteConfiguration table;
  table.add_virtual_hosts()->set_name("a host");
  const std::string bytes = Serialize(table);
  EXPECT_TRUE(FieldsOf(std::string_view(bytes).substr(0, bytes.size() - 1), kHosts).empty());
  EXPECT_TRUE(FieldsOf("", kHosts).empty());
}

}  // namespace
}  // namespace sluice::translate
