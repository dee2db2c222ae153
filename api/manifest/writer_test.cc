// SPDX-License-Identifier: Apache-2.0
//
// The writer's promise is that what it writes reads back as the same object, in both notations.
// Besides a golden text, random objects check it: their strings are picked to look like YAML.
#include "api/manifest/writer.h"

#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "api/manifest/parse_for_test.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "k8s/config_map.pb.h"

namespace sluice::manifest {
namespace {

constexpr std::string_view kRoute = R"(apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: r
  namespace: shop
  labels:
    app: web
spec:
  hostnames:
  - "*.example.com"
  rules:
  - matches:
    - path:
        type: Exact
        value: /a
      headers:
      - name: x-n
        value: "1"
    filters:
    - type: RequestMirror
      requestMirror:
        backendRef:
          name: copy
          port: 80
    backendRefs:
    - name: web
      port: 8080
      weight: 0
    timeouts:
      request: 1m30s
)";

TEST(WriterTest, YamlIsBlockStyle) {
  const ParseResult result = ParseForTest(kRoute);
  ASSERT_TRUE(result.ok()) << result.problems[0].ToString();
  EXPECT_EQ(ToYaml(result.objects[0]), kRoute);
}

TEST(WriterTest, JsonIsOneLineInTheOrderOfTheProto) {
  const ParseResult result = ParseForTest(
      "kind: ReferenceGrant\napiVersion: gateway.networking.k8s.io/v1\n"
      "spec: {to: [{kind: Service, group: ''}], from: [{namespace: a, kind: HTTPRoute, "
      "group: gateway.networking.k8s.io}]}\nmetadata: {name: g}\n");
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(
      ToJson(result.objects[0]),
      "{\"apiVersion\":\"gateway.networking.k8s.io/v1beta1\",\"kind\":\"ReferenceGrant\","
      "\"metadata\":{\"name\":\"g\",\"namespace\":\"default\"},\"spec\":{\"from\":[{\"group\":"
      "\"gateway.networking.k8s.io\",\"kind\":\"HTTPRoute\",\"namespace\":\"a\"}],\"to\":[{"
      "\"group\":\"\",\"kind\":\"Service\"}]}}");
}

TEST(WriterTest, AnEmptySelectorStays) {
  const ParseResult result = ParseForTest(
      "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: g}\nspec:\n"
      "  gatewayClassName: sluice\n  listeners:\n  - {name: a, port: 80, protocol: HTTP, "
      "allowedRoutes: {namespaces: {from: Selector, selector: {}}}}\n");
  ASSERT_TRUE(result.ok()) << result.problems[0].ToString();
  EXPECT_NE(ToYaml(result.objects[0]).find("selector: {}\n"), std::string::npos);
  EXPECT_NE(ToJson(result.objects[0]).find("\"selector\":{}"), std::string::npos);
}

TEST(WriterTest, SizesAreWrittenShort) {
  const ParseResult result = ParseForTest(
      "apiVersion: sluice.dev/v1alpha1\nkind: ClientPolicy\nmetadata: {name: p}\nspec:\n"
      "  targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: g}]\n"
      "  headers: {maxSize: '65536'}\n  body: {maxSize: 1k}\n");
  ASSERT_TRUE(result.ok());
  EXPECT_NE(ToYaml(result.objects[0]).find("maxSize: 64Ki\n"), std::string::npos);
  EXPECT_NE(ToJson(result.objects[0]).find("\"maxSize\":1000"), std::string::npos);
}

class RandomText {
 public:
  explicit RandomText(unsigned seed) : random_(seed) {}

  std::string Next() {
    static const std::vector<std::string> pieces = {
        "yes", "null", "~",   "1",    "0x1F", "1e3",    ".inf",   ": ",    "#",  " #",
        "- ",  "a",    "\n",  "\n\n", " ",    "\t",     "\"",     "'",     "\\", "{",
        "}",   "[",    "]",   "&a",   "*a",   "!t",     "|",      ">",     "%",  "@",
        "`",   "---",  "...", "\r",   "\x01", "\x7F",   "1m30s",  "64Ki",  "é",  "😀",
        "?",   ",",    "=",   "<<",   "true", "\u0085", "\u2028", "\uFEFF"};
    std::string out;
    for (size_t n = random_() % 6; n > 0; --n) out += pieces[random_() % pieces.size()];
    return out;
  }

  size_t Number() { return random_(); }

 private:
  std::mt19937 random_;
};

Object RandomConfigMap(RandomText& random) {
  auto body = std::make_shared<k8s::ConfigMap>();
  body->mutable_metadata()->set_name("c");
  body->mutable_metadata()->set_namespace_("n");
  for (size_t n = random.Number() % 4; n > 0; --n) {
    (*body->mutable_metadata()->mutable_annotations())[absl::StrCat("a", n)] = random.Next();
    (*body->mutable_data())[absl::StrCat("k", n)] = random.Next();
    (*body->mutable_binary_data())[absl::StrCat("b", n)] = std::string("\0\xFF", n % 3);
    body->mutable_metadata()->add_finalizers(random.Next());
  }
  if (random.Number() % 2 == 0) body->set_immutable(random.Number() % 2 == 0);
  return {.key = {.kind = "ConfigMap", .ns = "n", .name = "c"},
          .body = body,
          .origin = {},
          .fields = nullptr};
}

TEST(WriterTest, WhatIsWrittenReadsBackAsTheSame) {
  RandomText random(4711);
  for (int i = 0; i < 3000; ++i) {
    const Object object = RandomConfigMap(random);
    for (const std::string& text : {ToJson(object), ToYaml(object)}) {
      const ParseResult result = ParseForTest(text);
      ASSERT_TRUE(result.ok()) << result.problems[0].ToString() << "\n" << text;
      ASSERT_EQ(result.objects.size(), 1u);
      ASSERT_TRUE(
          google::protobuf::util::MessageDifferencer::Equals(*result.objects[0].body, *object.body))
          << text;
      ASSERT_EQ(ToJson(result.objects[0]), ToJson(object));
    }
  }
}

}  // namespace
}  // namespace sluice::manifest
