// SPDX-License-Identifier: Apache-2.0
//
// Aim: our trimmed messages are Envoy's on the wire and in JSON. Method: testdata/fields.txt holds
// names, numbers, oneofs and types as Envoy publishes them; it is compared with our descriptors,
// line by line. A few bytes and a bootstrap, written by hand, check what descriptors cannot.
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "api/envoy/types.h"
#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "envoy/service/discovery/v3/discovery.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"

namespace sluice::envoy_api {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;

std::string SingleType(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return field.message_type()->full_name();
    case FieldDescriptor::CPPTYPE_ENUM:
      return field.enum_type()->full_name();
    default:
      return field.type_name();
  }
}

std::string TypeText(const FieldDescriptor& field) {
  if (field.is_map()) {
    const Descriptor& entry = *field.message_type();
    return "map<" + SingleType(*entry.map_key()) + "," + SingleType(*entry.map_value()) + ">";
  }
  return (field.is_repeated() ? "repeated " : "") + SingleType(field);
}

// The name in configuration. A word that C++ keeps for itself has a trailing underscore in the
// .proto, and its real name as json_name.
std::string NameOnTheWire(const FieldDescriptor& field) {
  return field.name().ends_with('_') ? field.json_name() : field.name();
}

std::string OneofName(const FieldDescriptor& field) {
  return field.real_containing_oneof() ? field.real_containing_oneof()->name() : "-";
}

class WireTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_FALSE(TypePerFile().empty()); }

  // The lines of fields.txt that start with `enum `, or those that do not.
  static std::vector<std::string> Lines(bool enums) {
    std::ifstream file("api/envoy/testdata/fields.txt");
    EXPECT_TRUE(file.good());
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) {
      if (line.empty() || line[0] == '#') continue;
      if (line.starts_with("enum ") == enums) lines.push_back(line);
    }
    return lines;
  }

  const DescriptorPool& pool_ = *DescriptorPool::generated_pool();
};

TEST_F(WireTest, EveryFieldHasEnvoysNameNumberOneofAndType) {
  const std::vector<std::string> lines = Lines(/*enums=*/false);
  EXPECT_GT(lines.size(), 1200u);
  for (const std::string& line : lines) {
    std::istringstream in(line);
    std::string message, name, oneof, type;
    int number = 0;
    in >> message >> name >> number >> oneof;
    std::getline(in >> std::ws, type);
    const Descriptor* descriptor = pool_.FindMessageTypeByName(message);
    ASSERT_NE(descriptor, nullptr) << line;
    if (name == "-") continue;  // A message without fields.
    const FieldDescriptor* field = descriptor->FindFieldByNumber(number);
    ASSERT_NE(field, nullptr) << line;
    EXPECT_EQ(NameOnTheWire(*field), name) << line;
    EXPECT_EQ(OneofName(*field), oneof) << line;
    EXPECT_EQ(TypeText(*field), type) << line;
  }
}

TEST_F(WireTest, EveryEnumHasEnvoysNamesAndNumbers) {
  const std::vector<std::string> lines = Lines(/*enums=*/true);
  EXPECT_GT(lines.size(), 200u);
  std::map<std::string, int> values;
  for (const std::string& line : lines) {
    std::istringstream in(line);
    std::string keyword, name, value;
    int number = 0;
    in >> keyword >> name >> value >> number;
    const EnumDescriptor* descriptor = pool_.FindEnumTypeByName(name);
    ASSERT_NE(descriptor, nullptr) << line;
    const EnumValueDescriptor* found = descriptor->FindValueByName(value);
    ASSERT_NE(found, nullptr) << line;
    EXPECT_EQ(found->number(), number) << line;
    ++values[name];
  }
  for (const auto& [name, count] : values) {
    EXPECT_EQ(pool_.FindEnumTypeByName(name)->value_count(), count) << name;
  }
}

// DeltaDiscoveryRequest: 2 = type_url, 3 = subscribe, 6 = nonce, 7 = error{1 = code}.
TEST_F(WireTest, ADeltaNackReadsFromItsBytes) {
  const std::string bytes("\x12\x01T\x1a\x01*\x32\x02n1\x3a\x02\x08\x03", 14);
  envoy::service::discovery::v3::DeltaDiscoveryRequest request;
  ASSERT_TRUE(request.ParseFromString(bytes));
  EXPECT_EQ(request.type_url(), "T");
  EXPECT_EQ(request.resource_names_subscribe(0), "*");
  EXPECT_EQ(request.response_nonce(), "n1");
  EXPECT_EQ(request.error_detail().code(), 3);
  EXPECT_EQ(request.SerializeAsString(), bytes);
}

TEST_F(WireTest, ABootstrapReadsFromJsonWithItsExtensions) {
  const std::string json = R"({
    "node": {"id": "p1", "cluster": "default/edge", "locality": {"zone": "a"}},
    "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": 9901}}},
    "dynamic_resources": {
      "ads_config": {
        "api_type": "DELTA_GRPC", "transport_api_version": "V3",
        "set_node_on_first_message_only": true,
        "grpc_services": [{"envoy_grpc": {"cluster_name": "control"}}]},
      "lds_config": {"ads": {}, "initial_fetch_timeout": "0s", "resource_api_version": "V3"}},
    "static_resources": {"clusters": [{
      "name": "control", "type": "STRICT_DNS", "connect_timeout": "1s",
      "typed_extension_protocol_options": {
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
          "@type":
            "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
          "explicit_http_config": {"http2_protocol_options": {}}}},
      "transport_socket": {"name": "tls", "typed_config": {
        "@type":
          "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
        "sni": "control.example",
        "common_tls_context": {"tls_params": {"tls_minimum_protocol_version": "TLSv1_2"}}}}}]}
  })";
  envoy::config::bootstrap::v3::Bootstrap bootstrap;
  const auto status = google::protobuf::util::JsonStringToMessage(json, &bootstrap);
  ASSERT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(bootstrap.dynamic_resources().ads_config().api_type(),
            envoy::config::core::v3::ApiConfigSource::DELTA_GRPC);
  EXPECT_TRUE(bootstrap.dynamic_resources().lds_config().has_ads());
  EXPECT_EQ(bootstrap.static_resources().clusters(0).transport_socket().typed_config().type_url(),
            "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext");
}

}  // namespace
}  // namespace sluice::envoy_api
