// SPDX-License-Identifier: Apache-2.0
// The bytes on the wire, both ways, against the generated messages.
#include <string>
#include <vector>

#include "controlplane/xdsserver/content_hash.h"
#include "controlplane/xdsserver/request.h"
#include "controlplane/xdsserver/response.h"
#include "controlplane/xdsserver/type_urls.h"
#include "envoy/service/discovery/v3/discovery.pb.h"
#include "gtest/gtest.h"

namespace sluice::xdsserver {
namespace {

namespace discovery = envoy::service::discovery::v3;

std::string Join(const std::vector<Chunk>& chunks) {
  std::string bytes;
  for (const Chunk& chunk : chunks) bytes += chunk.bytes;
  return bytes;
}

Response SomeResponse() {
  Response response;
  response.type_url = kClusterType;
  response.version = "v7";
  response.nonce = "12";
  response.resources = {MakeResource("small", "tiny"), MakeResource("big", std::string(5000, 'x')),
                        MakeResource("empty", "")};
  response.removed = {"old", std::string(300, 'n')};
  return response;
}

TEST(ResponseTest, DeltaReadsBackAsTheGeneratedMessage) {
  const Response response = SomeResponse();
  discovery::DeltaDiscoveryResponse message;
  ASSERT_TRUE(message.ParseFromString(Join(EncodeResponse(StreamKind::kDelta, response))));
  EXPECT_EQ(message.system_version_info(), "v7");
  EXPECT_EQ(message.nonce(), "12");
  EXPECT_EQ(message.type_url(), kClusterType);
  EXPECT_EQ(message.control_plane().identifier(), "sluice-control");
  ASSERT_EQ(message.resources_size(), 3);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(message.resources(i).name(), response.resources[i]->name);
    EXPECT_EQ(message.resources(i).version(), VersionText(response.resources[i]->version));
    EXPECT_EQ(message.resources(i).resource().type_url(), kClusterType);
    EXPECT_EQ(message.resources(i).resource().value(), *response.resources[i]->value);
  }
  ASSERT_EQ(message.removed_resources_size(), 2);
  EXPECT_EQ(message.removed_resources(1), std::string(300, 'n'));
}

TEST(ResponseTest, StateOfTheWorldReadsBackAsTheGeneratedMessage) {
  const Response response = SomeResponse();
  discovery::DiscoveryResponse message;
  ASSERT_TRUE(
      message.ParseFromString(Join(EncodeResponse(StreamKind::kStateOfTheWorld, response))));
  EXPECT_EQ(message.version_info(), "v7");
  EXPECT_EQ(message.nonce(), "12");
  ASSERT_EQ(message.resources_size(), 3);
  EXPECT_EQ(message.resources(1).type_url(), kClusterType);
  EXPECT_EQ(message.resources(1).value(), std::string(5000, 'x'));
  EXPECT_EQ(message.resources(2).value(), "");
}

// Two streams' responses point at one copy of a resource.
TEST(ResponseTest, BigResourcesAreSharedNotCopied) {
  const Response response = SomeResponse();
  const char* const bytes = response.resources[1]->value->data();
  for (const StreamKind kind : {StreamKind::kDelta, StreamKind::kStateOfTheWorld}) {
    bool is_shared = false;
    for (const Chunk& chunk : EncodeResponse(kind, response)) {
      is_shared = is_shared || chunk.bytes.data() == bytes;
    }
    EXPECT_TRUE(is_shared);
  }
}

TEST(ResponseTest, SizeBoundHolds) {
  for (const size_t size : {size_t{0}, size_t{100}, size_t{1} << 20}) {
    Response response;
    response.type_url = kEndpointType;
    const size_t empty = Join(EncodeResponse(StreamKind::kDelta, response)).size();
    response.resources = {MakeResource("some/name", std::string(size, 'x'))};
    const size_t full = Join(EncodeResponse(StreamKind::kDelta, response)).size();
    EXPECT_LE(full - empty, EncodedSizeBound(kEndpointType, *response.resources[0]));
  }
}

TEST(RequestTest, ReadsBothKindsIntoOneShape) {
  discovery::DeltaDiscoveryRequest delta;
  delta.mutable_node()->set_id("p");
  delta.mutable_node()->set_cluster("ns/gw");
  delta.mutable_node()->set_user_agent_name("envoy");
  auto* listing =
      (*delta.mutable_node()->mutable_metadata()->mutable_fields())["sluice.unsupported_fields"]
          .mutable_list_value();
  listing->add_values()->set_string_value("listener \"l\": drain_type");
  delta.set_type_url("t");
  delta.add_resource_names_subscribe("a");
  delta.add_resource_names_unsubscribe("b");
  (*delta.mutable_initial_resource_versions())["c"] = "1";
  delta.set_response_nonce("3");
  delta.mutable_error_detail()->set_message(std::string(10'000, 'e'));
  const auto request = ParseRequest(StreamKind::kDelta, delta.SerializeAsString());
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->node->id, "p");
  EXPECT_EQ(request->node->cluster, "ns/gw");
  EXPECT_EQ(request->node->user_agent, "envoy");
  EXPECT_EQ(request->node->unsupported_fields,
            std::vector<std::string>{"listener \"l\": drain_type"});
  EXPECT_EQ(request->subscribe, std::vector<std::string>{"a"});
  EXPECT_EQ(request->unsubscribe, std::vector<std::string>{"b"});
  ASSERT_EQ(request->initial_versions.size(), 1u);
  EXPECT_EQ(request->error->size(), kMaxErrorText);

  discovery::DiscoveryRequest sotw;
  sotw.set_version_info("9");
  sotw.add_resource_names("a");
  const auto other = ParseRequest(StreamKind::kStateOfTheWorld, sotw.SerializeAsString());
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(other->version, "9");
  EXPECT_FALSE(other->error.has_value());
  EXPECT_FALSE(other->node.has_value());
}

// Half a character would make every message that holds the text unreadable.
TEST(RequestTest, TextsAreCutBetweenCharacters) {
  const std::string umlaut = "\xc3\xa4";
  discovery::DeltaDiscoveryRequest delta;
  delta.set_type_url("t");
  delta.mutable_node()->set_user_agent_name(std::string(kMaxShownText - 2, 'u') + umlaut + "u");
  delta.mutable_error_detail()->set_message(std::string(kMaxErrorText - 1, 'e') + umlaut);
  const auto request = ParseRequest(StreamKind::kDelta, delta.SerializeAsString());
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->node->user_agent, std::string(kMaxShownText - 2, 'u') + umlaut);
  EXPECT_EQ(request->error, std::string(kMaxErrorText - 1, 'e'));
}

TEST(RequestTest, GarbageAndOverlongNamesAreRefused) {
  EXPECT_FALSE(ParseRequest(StreamKind::kDelta, "\xff\xff\xff garbage").ok());
  EXPECT_FALSE(ParseRequest(StreamKind::kStateOfTheWorld, std::string(100, '\x0a')).ok());
  discovery::DeltaDiscoveryRequest delta;
  delta.add_resource_names_subscribe(std::string(10'240, 'n'));
  EXPECT_FALSE(ParseRequest(StreamKind::kDelta, delta.SerializeAsString()).ok());
}

}  // namespace
}  // namespace sluice::xdsserver
