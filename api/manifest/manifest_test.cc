// SPDX-License-Identifier: Apache-2.0
//
// What the reader makes of a stream: documents, types, rules on fields, limits. Each case is a
// manifest and the exact text of its problems, since that text is what a person gets.
#include "api/manifest/manifest.h"

#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "api/manifest/parse_for_test.h"
#include "api/manifest/unsupported.h"
#include "gateway/v1/http_route.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "k8s/config_map.pb.h"
#include "k8s/secret.pb.h"
#include "k8s/service.pb.h"
#include "sluice/v1alpha1/client_policy.pb.h"

namespace sluice::manifest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A ConfigMap "c" whose body goes on with `rest`.
std::string ConfigMap(std::string_view rest) {
  return absl::StrCat("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n", rest);
}

template <typename T>
const T& Body(const ParseResult& result, size_t i = 0) {
  return static_cast<const T&>(*result.objects.at(i).body);
}

TEST(ManifestTest, TheQuickstartIsValid) {
  std::ifstream file("deploy/examples/quickstart.yaml");
  std::stringstream text;
  text << file.rdbuf();
  const ParseResult result = ParseForTest(text.str());
  EXPECT_THAT(ProblemsForTest(text.str()), IsEmpty());
  ASSERT_EQ(result.objects.size(), 6u);
  EXPECT_EQ(result.objects[0].key.ToString(), "GatewayClass sluice");
  EXPECT_EQ(result.objects[4].key.ToString(), "HTTPRoute default/colors");
}

TEST(ManifestTest, AnObjectKnowsItsLines) {
  const ParseResult result = ParseForTest(
      "# a comment\n---\n"
      "apiVersion: v1\n"
      "kind: Service\n"
      "metadata:\n"
      "  name: web\n"
      "spec:\n"
      "  ports:\n"
      "  - port: 80\n"
      "    appProtocol: kubernetes.io/h2c\n");
  ASSERT_TRUE(result.ok());
  const Object& object = result.objects.at(0);
  EXPECT_EQ(object.origin, (Origin{.file = "t.yaml", .line = 3}));
  EXPECT_EQ(object.fields->LineOf("spec.ports[0].appProtocol"), 10);
  EXPECT_EQ(object.fields->LineOf("spec.ports[0].protocol"), 9);
  EXPECT_EQ(object.fields->LineOf("nothing"), 3);
  EXPECT_EQ(Body<k8s::Service>(result).metadata().namespace_(), "default");
}

TEST(ManifestTest, AnUnknownFieldNamesTheNearest) {
  EXPECT_THAT(ProblemsForTest("apiVersion: gateway.networking.k8s.io/v1\n"
                              "kind: HTTPRoute\n"
                              "metadata: {name: checkout, namespace: shop}\n"
                              "spec:\n"
                              "  rules:\n"
                              "  - match:\n"
                              "    - path: {value: /}\n"),
              ElementsAre("t.yaml:6: HTTPRoute shop/checkout: spec.rules[0].match: is not a known "
                          "field; did you mean \"matches\"?"));
}

TEST(ManifestTest, TheProtoSpellingOfAFieldIsUnknown) {
  EXPECT_THAT(ProblemsForTest(ConfigMap("binary_data: {}\n")),
              ElementsAre(HasSubstr("did you mean \"binaryData\"?")));
}

TEST(ManifestTest, AllProblemsAreReported) {
  EXPECT_THAT(
      ProblemsForTest("apiVersion: v1\n"
                      "kind: Service\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  ports:\n"
                      "  - port: \"80\"\n"
                      "  - port: 70000\n"
                      "    name: 7\n"
                      "  type: clusterip\n"
                      "  selector: []\n"
                      "---\n"
                      "apiVersion: v1\n"
                      "kind: Secret\n"
                      "metadata: {}\n"
                      "data: {k: '***'}\n"),
      ElementsAre("t.yaml:6: Service default/web: spec.ports[0].port: must be a number, not "
                  "a string; leave out the quotes.",
                  "t.yaml:7: Service default/web: spec.ports[1].port: 70000 is out of "
                  "range: it must lie between 1 and 65535.",
                  "t.yaml:8: Service default/web: spec.ports[1].name: must be a string, not "
                  "a number; write it in quotes: \"7\".",
                  "t.yaml:9: Service default/web: spec.type: \"clusterip\" is not one of "
                  "ClusterIP, NodePort, LoadBalancer, ExternalName; did you mean "
                  "\"ClusterIP\"?",
                  "t.yaml:10: Service default/web: spec.selector: must be a mapping, not a "
                  "list.",
                  "t.yaml:6: Service default/web: spec.ports[0].name: is required where "
                  "there are several ports.",
                  "t.yaml:14: Secret default/: metadata.name: is required.",
                  "t.yaml:15: Secret default/: data[k]: is not base64."));
}

TEST(ManifestTest, ADuplicateKeyIsRefused) {
  EXPECT_THAT(ProblemsForTest(ConfigMap("data:\n  a: x\n  b: y\n  a: z\nkind: ConfigMap\n")),
              ElementsAre("t.yaml:7: ConfigMap default/c: data[a]: is given twice; the first is in "
                          "line 5.",
                          "t.yaml:8: ConfigMap default/c: kind: is given twice; the first is in "
                          "line 2."));
}

TEST(ManifestTest, YamlWordsAreStringsAndQuotedNumbersToo) {
  const ParseResult result = ParseForTest(
      ConfigMap("data: {a: yes, b: no, c: on, d: 'true', e: '8080', f: 1.2.3, g: 2024-05-01}\n"));
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(Body<k8s::ConfigMap>(result).data().at("a"), "yes");
  EXPECT_EQ(Body<k8s::ConfigMap>(result).data().at("e"), "8080");
  EXPECT_EQ(Body<k8s::ConfigMap>(result).data().at("g"), "2024-05-01");
  EXPECT_THAT(ProblemsForTest(ConfigMap("immutable: yes\n")),
              ElementsAre(HasSubstr("must be a boolean, not a string; write true or false")));
}

TEST(ManifestTest, NumbersAndBooleansAreNoStrings) {
  EXPECT_THAT(
      ProblemsForTest(ConfigMap("data: {a: true, b: 1, c: 1.5, d: 0x1F, e: [], f: .inf}\n")),
      ElementsAre(HasSubstr("data[a]: must be a string, not a boolean"),
                  HasSubstr("data[b]: must be a string, not a number"),
                  HasSubstr("data[c]: must be a string, not a number"),
                  HasSubstr("data[d]: must be a string, not a number"),
                  HasSubstr("data[e]: must be a string, not a list"),
                  HasSubstr("data[f]: must be a string, not a number")));
}

TEST(ManifestTest, NullIsAbsent) {
  const ParseResult result = ParseForTest(
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, creationTimestamp: null, labels: ~}\n");
  EXPECT_TRUE(result.ok());
  EXPECT_THAT(ProblemsForTest("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: null}\n"),
              ElementsAre(HasSubstr("metadata.name: is required and must not be null.")));
}

TEST(ManifestTest, WhatMakesYamlGrowIsRefused) {
  EXPECT_THAT(ProblemsForTest(ConfigMap("data: &d {a: x}\n")), ElementsAre(HasSubstr("anchors")));
  EXPECT_THAT(ProblemsForTest(ConfigMap("data: *d\n")),
              ElementsAre(HasSubstr("t.yaml:4: aliases")));
  EXPECT_THAT(ProblemsForTest(ConfigMap("data: {<<: {a: x}}\n")),
              ElementsAre(HasSubstr("merge keys")));
  EXPECT_THAT(ProblemsForTest(ConfigMap("data: !!map {a: x}\n")), ElementsAre(HasSubstr("tags")));
  EXPECT_THAT(ProblemsForTest(ConfigMap("data: {[a]: x}\n")), ElementsAre(HasSubstr("a key of")));
}

TEST(ManifestTest, ASyntaxErrorDoesNotHideTheNextDocument) {
  const std::string text =
      absl::StrCat(ConfigMap("data: {a: b\n"), "---\n", ConfigMap("data: {a: b}\n"));
  const ParseResult result = ParseForTest(text);
  ASSERT_EQ(result.problems.size(), 1u);
  EXPECT_THAT(result.problems[0].reason, HasSubstr("is not YAML"));
  EXPECT_GE(result.problems[0].origin.line, 4);
  EXPECT_EQ(result.objects.size(), 1u);
}

TEST(ManifestTest, DirectivesCommentsAndEmptyDocumentsAreFine) {
  const ParseResult result = ParseForTest(absl::StrCat(
      "\xEF\xBB\xBF%YAML 1.2\n---\n# nothing\n---\n---\n", ConfigMap(""), "...\n---\n"));
  EXPECT_TRUE(result.ok()) << result.problems[0].ToString();
  EXPECT_EQ(result.objects.size(), 1u);
  EXPECT_EQ(result.objects[0].origin.line, 6);
  EXPECT_TRUE(ParseForTest("").ok());
  EXPECT_TRUE(ParseForTest("\n# only a comment\n").ok());
}

TEST(ManifestTest, JsonIsReadWithLines) {
  const ParseResult result = ParseForTest(
      "{\"apiVersion\": \"v1\",\n \"kind\": \"Service\",\n \"metadata\": {\"name\": \"a\"},\n"
      " \"spec\": {\"ports\": [\n  {\"port\": 0\n},\n {\"port\": 1.5, \"name\": \"b\"}]}}\n"
      "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"b\"}}");
  ASSERT_EQ(result.objects.size(), 1u);
  EXPECT_EQ(result.objects[0].origin.line, 8);
  ASSERT_EQ(result.problems.size(), 3u);
  EXPECT_EQ(result.problems[0].origin.line, 5);
  EXPECT_EQ(result.problems[0].field_path, "spec.ports[0].port");
  EXPECT_EQ(result.problems[1].reason, "must be a whole number.");
  EXPECT_EQ(result.problems[2].field_path, "spec.ports[0].name");
}

TEST(ManifestTest, JsonIsStrict) {
  for (const char* text : {"{\"a\": 1,}", "{a: 1}", "{\"a\": 01}", "{\"a\": NaN}",
                           "{\"a\": \"\xFF\"}", "{\"a\": 'x'}", "{\"a\"", "{/* c */}"}) {
    EXPECT_THAT(ProblemsForTest(text), ElementsAre(HasSubstr("t.yaml:1: is not JSON:"))) << text;
  }
  EXPECT_THAT(
      ProblemsForTest("{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":"
                      "\"c\",\n\"name\":\"c\"}}"),
      ElementsAre("t.yaml:2: ConfigMap default/c: metadata.name: is given twice; the first "
                  "is in line 1."));
}

TEST(ManifestTest, AListHoldsObjects) {
  const ParseResult result = ParseForTest(
      "apiVersion: v1\nkind: List\nitems:\n"
      "- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a}\n"
      "- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: b}\n"
      "- apiVersion: v1\n  kind: List\n  items: []\n");
  EXPECT_EQ(result.objects.size(), 2u);
  EXPECT_EQ(result.objects[1].origin.line, 7);
  EXPECT_EQ(result.problems.size(), 1u);
}

TEST(ManifestTest, WhatIsNoManifestSaysSo) {
  EXPECT_THAT(ProblemsForTest("- a\n"),
              ElementsAre("t.yaml:1: a manifest must be a mapping, not a list."));
  EXPECT_THAT(ProblemsForTest("a: b\n"),
              ElementsAre("t.yaml:1: apiVersion: is required.", "t.yaml:1: kind: is required."));
  EXPECT_THAT(ProblemsForTest("apiVersion: v1\nkind: HTTPRout\n"),
              ElementsAre("t.yaml:2: kind: kind \"HTTPRout\" is not known; did you mean "
                          "\"HTTPRoute\"?"));
  EXPECT_THAT(ProblemsForTest("kind: HTTPRoute\napiVersion: v1\n"),
              ElementsAre("t.yaml:2: apiVersion: kind HTTPRoute is read in apiVersion "
                          "\"gateway.networking.k8s.io/v1\", not in \"v1\"."));
}

TEST(ManifestTest, OneKeyStandsOnceInAStream) {
  EXPECT_THAT(ProblemsForTest(absl::StrCat(ConfigMap(""), "---\n", ConfigMap(""))),
              ElementsAre("t.yaml:5: ConfigMap default/c: is given twice; the first begins in line "
                          "1."));
}

TEST(ManifestTest, AClusterScopedKindHasNoNamespace) {
  EXPECT_THAT(
      ProblemsForTest("apiVersion: v1\nkind: Namespace\nmetadata: {name: a, namespace: b}\n"),
      ElementsAre("t.yaml:3: Namespace a: metadata.namespace: must be absent: Namespace has "
                  "no namespace."));
}

TEST(ManifestTest, FromAClusterUnknownFieldsAreSkippedInCoreKindsAndMetadataOnly) {
  const ParseOptions lenient{.strict = false, .default_namespace = "default", .limits = {}};
  const auto problems = [&](std::string_view text) {
    return ParseManifests(text, "", lenient).problems.size();
  };
  EXPECT_EQ(problems("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, new: {}}\nnew: 1\n"),
            0u);
  EXPECT_EQ(problems("apiVersion: sluice.dev/v1alpha1\nkind: Backend\n"
                     "metadata: {name: c, new: []}\n"
                     "spec: {dns: {hostname: a.example, port: 80}}\n"),
            0u);
  EXPECT_EQ(problems("apiVersion: sluice.dev/v1alpha1\nkind: Backend\nmetadata: {name: c}\n"
                     "spec: {new: 1, dns: {hostname: a.example, port: 80}}\n"),
            1u);
}

TEST(ManifestTest, StringDataWinsOverData) {
  const ParseResult result = ParseForTest(
      "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {a: eA==, b: eQ==}\n"
      "stringData: {a: z}\n");
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(Body<k8s::Secret>(result).data().at("a"), "z");
  EXPECT_EQ(Body<k8s::Secret>(result).data().at("b"), "y");
  EXPECT_TRUE(Body<k8s::Secret>(result).string_data().empty());
}

TEST(ManifestTest, ASecretsValueIsNeverShown) {
  for (const std::string& problem :
       ProblemsForTest("apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"
                       "data: {a: hunter2!}\ntype: kubernetes.io/tls\n"
                       "stringData: {tls.crt: hunter2, tls.key: hunter2}\n")) {
    EXPECT_EQ(problem.find("hunter2"), std::string::npos) << problem;
  }
}

TEST(ManifestTest, SizesAndDurationsHaveBounds) {
  const std::string head =
      "apiVersion: sluice.dev/v1alpha1\nkind: ClientPolicy\nmetadata: {name: p}\nspec:\n"
      "  targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: g}]\n";
  EXPECT_THAT(
      ProblemsForTest(absl::StrCat(head,
                                   "  headers: {maxSize: 512, maxCount: -1}\n"
                                   "  body: {maxSize: 10MB}\n"
                                   "  timeouts: {idle: 25h, request: 30, requestHeader: 1d}\n")),
      ElementsAre(HasSubstr("spec.headers.maxSize: 512 is out of range: it must lie between "
                            "1024 and 8388608."),
                  HasSubstr("spec.headers.maxCount: -1 is out of range: it must lie between "
                            "1 and 10000."),
                  HasSubstr("spec.body.maxSize: must be a whole size"),
                  HasSubstr("spec.timeouts.idle: 25h is out of range: it must lie between 0s "
                            "and 24h."),
                  HasSubstr("spec.timeouts.request: must be a duration in quotes, such as "
                            "\"15s\", not a number."),
                  HasSubstr("spec.timeouts.requestHeader: must be a duration such as")));
  const ParseResult good = ParseForTest(
      absl::StrCat(head, "  headers: {maxSize: 64Ki}\n  timeouts: {idle: 1h30m, streamIdle: 0}\n"));
  ASSERT_TRUE(good.ok());
  EXPECT_EQ(Body<v1alpha1::ClientPolicy>(good).spec().headers().max_size().value(), 65536);
  EXPECT_EQ(Body<v1alpha1::ClientPolicy>(good).spec().timeouts().idle().seconds(), 5400);
}

TEST(ManifestTest, ATargetPortIsANumberOrAName) {
  const ParseResult result = ParseForTest(
      "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n"
      "spec: {ports: [{name: a, port: 80, targetPort: 8080}, {name: b, port: 81, targetPort: "
      "web}]}\n");
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(Body<k8s::Service>(result).spec().ports(0).target_port().int_value(), 8080);
  EXPECT_EQ(Body<k8s::Service>(result).spec().ports(1).target_port().string_value(), "web");
}

TEST(ManifestTest, AnUnsupportedFieldIsKeptAndNamed) {
  const ParseResult result = ParseForTest(
      "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r}\nspec:\n"
      "  rules:\n  - sessionPersistence: {sessionName: s}\n");
  ASSERT_TRUE(result.ok());
  const std::vector<Problem> found = FindUnsupported(result.objects[0]);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].ToString(),
            "t.yaml:6: HTTPRoute default/r: spec.rules[0].sessionPersistence: session persistence "
            "is not served by this version.");
}

TEST(ManifestTest, AMessageAloneIsRead) {
  gateway::v1::RouteStatus status;
  EXPECT_THAT(ParseJsonMessage("{\"parents\":[]}", {}, &status), IsEmpty());
  EXPECT_EQ(ParseJsonMessage("{\"parent\":[]}", {}, &status).size(), 1u);
  EXPECT_EQ(ParseJsonMessage("", {}, &status).size(), 1u);
  EXPECT_EQ(ParseJsonMessage("{} {}", {}, &status).size(), 1u);
}

class LimitsTest : public testing::Test {
 protected:
  std::vector<std::string> Problems(std::string_view text) {
    std::vector<std::string> out;
    for (const Problem& p : ParseManifests(text, "", options_).problems) out.push_back(p.reason);
    return out;
  }
  ParseOptions options_;
};

TEST_F(LimitsTest, DepthIsBoundedInYamlAndJson) {
  const std::string yaml = absl::StrCat("a: ", std::string(100'000, '['));
  const std::string json = absl::StrCat("{\"a\": ", std::string(100'000, '['));
  EXPECT_THAT(Problems(yaml), ElementsAre("the document nests deeper than 64 levels."));
  EXPECT_THAT(Problems(json), ElementsAre("the document nests deeper than 64 levels."));
}

TEST_F(LimitsTest, SizesAreBounded) {
  options_.limits.max_stream_bytes = 300;
  options_.limits.max_document_bytes = 200;
  EXPECT_THAT(Problems(std::string(301, ' ')), ElementsAre(HasSubstr("at most 300")));
  EXPECT_THAT(Problems(absl::StrCat("# ", std::string(250, 'x'), "\na: b\n")),
              ElementsAre(HasSubstr("at most 200")));
}

TEST_F(LimitsTest, ValuesAreBounded) {
  options_.limits.max_nodes = 10;
  EXPECT_THAT(Problems("[1,2,3,4,5,6,7,8,9,10]"), ElementsAre(HasSubstr("more than 10 values")));
}

TEST_F(LimitsTest, ObjectsAreBounded) {
  options_.limits.max_documents = 2;
  std::string list = "apiVersion: v1\nkind: List\nitems:\n";
  for (int i = 0; i < 5; ++i) {
    absl::StrAppend(&list, "- {apiVersion: v1, kind: ConfigMap, metadata: {name: c", i, "}}\n");
  }
  EXPECT_THAT(Problems(list), ElementsAre("there are more than 2 objects."));
}

TEST_F(LimitsTest, EmptyDocumentsCountToo) {
  options_.limits.max_documents = 3;
  EXPECT_THAT(Problems("---\n---\n---\n---\n"), ElementsAre("there are more than 3 documents."));
}

TEST_F(LimitsTest, ProblemsAreBounded) {
  options_.limits.max_problems = 3;
  EXPECT_THAT(Problems(ConfigMap("a: 1\nb: 1\nc: 1\nd: 1\ne: 1\n")),
              ElementsAre(HasSubstr("known"), HasSubstr("known"), HasSubstr("known"),
                          HasSubstr("more problems than the 3")));
}

}  // namespace
}  // namespace sluice::manifest
