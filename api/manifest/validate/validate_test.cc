// SPDX-License-Identifier: Apache-2.0
//
// Rules between the fields of one object, by kind. A case is the part of the manifest that
// differs and a part of the one problem it must give; an empty one means that it is valid.
#include "api/manifest/validate/validate.h"

#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "api/manifest/parse_for_test.h"
#include "gtest/gtest.h"

namespace sluice::manifest {
namespace {

struct Case {
  std::string_view text;
  std::string_view problem;
};

void Expect(std::string_view head, const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    const std::vector<std::string> problems = ProblemsForTest(absl::StrCat(head, c.text, "\n"));
    if (c.problem.empty()) {
      EXPECT_TRUE(problems.empty()) << c.text << "\n" << (problems.empty() ? "" : problems[0]);
      continue;
    }
    ASSERT_EQ(problems.size(), 1u) << c.text << (problems.empty() ? "" : problems.back());
    EXPECT_NE(problems[0].find(c.problem), std::string::npos) << problems[0];
  }
}

std::string Head(std::string_view api_version, std::string_view kind) {
  return absl::StrCat("apiVersion: ", api_version, "\nkind: ", kind, "\nmetadata: {name: a}\n");
}

constexpr std::string_view kGatewayApi = "gateway.networking.k8s.io/v1";
constexpr std::string_view kSluice = "sluice.dev/v1alpha1";

TEST(HttpRouteTest, Matches) {
  const std::string head =
      absl::StrCat(Head(kGatewayApi, "HTTPRoute"), "spec: {rules: [{matches: ");
  Expect(head,
         {{"[{path: {type: Exact, value: /a}}]}]}", ""},
          {"[{path: {value: a}}]}]}", "matches[0].path.value: must start with \"/\"."},
          {"[{path: {type: RegularExpression, value: '('}}]}]}", "RE2 accepts: missing )"},
          {"[{path: {type: RegularExpression}}]}]}", "must have a value"},
          {"[{path: {type: Prefix}}]}]}", "did you mean \"PathPrefix\"?"},
          {"[{headers: [{name: x, value: a}, {name: X, value: b}]}]}]}", "is matched twice"},
          {"[{headers: [{name: x, value: '[', type: RegularExpression}]}]}]}", "missing ]"},
          {"[{queryParams: [{name: x, value: a}, {name: x, value: b}]}]}]}", "must be unique"},
          {"[{queryParams: [{name: x, value: '*', type: RegularExpression}]}]}]}", "RE2 accepts"},
          {"[{method: get}]}]}", "did you mean \"GET\"?"}});
}

TEST(HttpRouteTest, RulesAndParents) {
  Expect(Head(kGatewayApi, "HTTPRoute"),
         {{"spec: {rules: [{name: x}, {name: x}]}", "names another rule"},
          {"spec: {rules: [{timeouts: {request: 1s, backendRequest: 2s}}]}",
           "2s must not be longer than request (1s)."},
          {"spec: {rules: [{timeouts: {request: 0s, backendRequest: 2s}}]}", ""},
          {"spec: {rules: [{retry: {codes: [500, 500]}}]}", "500 is given twice"},
          {"spec: {rules: [{backendRefs: [{name: b}]}]}", "backendRefs[0].port: is required"},
          {"spec: {rules: [{backendRefs: [{name: b, port: 1, weight: 1000001}]}]}", "out of range"},
          {"spec: {rules: [{backendRefs: [{name: b, group: sluice.dev, kind: Backend}]}]}", ""},
          {"spec: {hostnames: [1.2.3.4]}", "an IP address cannot be matched"},
          {"spec: {parentRefs: [{name: g}, {name: g, sectionName: a}]}", "names the same parent"},
          {"spec: {parentRefs: [{name: g, port: 1}, {name: g, sectionName: a}]}", ""},
          {"spec: {parentRefs: [{name: g}, {name: g, kind: Gateway}]}", "names the same parent"}});
}

TEST(HttpRouteTest, Filters) {
  const std::string head =
      absl::StrCat(Head(kGatewayApi, "HTTPRoute"), "spec: {rules: [{filters: ");
  Expect(
      head,
      {{"[{type: URLRewrite}]}]}", "urlRewrite: is required with type URLRewrite."},
       {"[{type: URLRewrite, urlRewrite: {}, cors: {}}]}]}", "cors: must be absent"},
       {"[{type: CORS, cors: {}}, {type: CORS, cors: {}}]}]}", "may stand there once"},
       {"[{type: RequestRedirect, requestRedirect: {}}, {type: URLRewrite, urlRewrite: {}}]}]}",
        "cannot be used together with URLRewrite"},
       {"[{type: RequestRedirect, requestRedirect: {}}], backendRefs: [{name: b, port: 1}]}]}",
        "cannot be used in a rule with backendRefs"},
       {"[{type: RequestRedirect, requestRedirect: {statusCode: 304}}]}]}", "is not one of 301"},
       {"[{type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath}}}]}]}", "is required"},
       {"[{type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath, replaceFullPath: "
        "\"/a\\r\\nb\""
        "}}}]}]}",
        "must hold neither spaces"},
       {"[{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: "
        "/}}}], "
        "matches: [{path: {type: Exact, value: /a}}]}]}",
        "needs a rule with exactly one match"},
       {"[{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: "
        "/}}}]}]}",
        ""},
       {"[{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: a, value: b}, {name: "
        "A, "
        "value: c}]}}]}]}",
        "is given twice"},
       {"[{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: a, value: "
        "\"b\\nc\"}]}}]}]}",
        "control characters"},
       {"[{type: RequestMirror, requestMirror: {backendRef: {name: b}}}]}]}", "port: is required"},
       {"[{type: RequestMirror, requestMirror: {backendRef: {name: b, port: 1}, percent: 1, "
        "fraction: "
        "{numerator: 1}}}]}]}",
        "must be absent where percent"},
       {"[{type: RequestMirror, requestMirror: {backendRef: {name: b, port: 1}, fraction: "
        "{numerator: "
        "101}}}]}]}",
        "must not be greater"},
       {"[{type: CORS, cors: {allowOrigins: ['https://*.example.com:8443', "
        "'http://[::1]:80']}}]}]}",
        ""},
       {"[{type: CORS, cors: {allowOrigins: ['*', 'http://a']}}]}]}", "\"*\" must stand alone"},
       {"[{type: CORS, cors: {allowOrigins: ['example.com']}}]}]}", "scheme://host"},
       {"[{type: CORS, cors: {allowOrigins: ['http://a/b']}}]}]}", "scheme://host"}});
}

TEST(GatewayTest, ListenersAndAddresses) {
  const std::string head =
      absl::StrCat(Head(kGatewayApi, "Gateway"), "spec: {gatewayClassName: s, listeners: ");
  Expect(
      head,
      {{"[{name: a, port: 80, protocol: HTTP}]}", ""},
       {"[]}", "listeners: must hold at least 1 item."},
       {"[{name: a, port: 80, protocol: http}]}", "did you mean \"HTTP\"?"},
       {"[{name: a, port: 80, protocol: HTTP}, {name: a, port: 81, protocol: HTTP}]}",
        "listeners[1].name: \"a\" must be unique"},
       {"[{name: a, port: 80, protocol: HTTP}, {name: b, port: 80, protocol: TCP}]}", ""},
       {"[{name: a, port: 80, protocol: HTTP, tls: {}}]}", "tls: must be absent"},
       {"[{name: a, port: 443, protocol: HTTPS, tls: {}}]}", "must name certificateRefs"},
       {"[{name: a, port: 443, protocol: HTTPS, tls: {mode: Passthrough}}]}", "must be Terminate"},
       {"[{name: a, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: c}]}}]}", ""},
       {"[{name: a, port: 80, protocol: TCP, hostname: a.b}]}", "hostname: must be absent"},
       {"[{name: a, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: Selector}}}]}",
        "selector: is required"},
       {"[{name: a, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: Selector, "
        "selector: {matchExpressions: [{key: k, operator: In}]}}}}]}",
        "values: is required with operator In."},
       {"[{name: a, port: 80, protocol: HTTP}], addresses: [{value: localhost}]}",
        "addresses[0].value: must be an IPv4 or IPv6 address"},
       {"[{name: a, port: 80, protocol: HTTP}], addresses: [{value: '::1'}, {value: '::1'}]}",
        "is given twice"}});
}

TEST(BackendTlsPolicyTest, TargetsAndTrust) {
  const std::string head =
      absl::StrCat(Head(kGatewayApi, "BackendTLSPolicy"), "spec: {targetRefs: ");
  Expect(head, {{"[{group: '', kind: Service, name: s}], validation: {hostname: a.b, "
                 "wellKnownCACertificates: System}}",
                 ""},
                {"[{group: '', kind: Service, name: s}], validation: {hostname: a.b}}",
                 "must name either"},
                {"[{group: '', kind: Service, name: s}], validation: {hostname: a.b, "
                 "wellKnownCACertificates: System, caCertificateRefs: [{group: '', kind: "
                 "ConfigMap, name: c}]}}",
                 "must not name both"},
                {"[{group: '', kind: Secret, name: s}], validation: {hostname: a.b, "
                 "wellKnownCACertificates: System}}",
                 "cannot be a target"},
                {"[{group: '', kind: Service, name: s}, {group: '', kind: Service, name: s, "
                 "sectionName: x}], "
                 "validation: {hostname: a.b, wellKnownCACertificates: System}}",
                 "names the same target"},
                {"[{group: '', kind: Service, name: s}], validation: {hostname: a.b, "
                 "wellKnownCACertificates: System, subjectAltNames: [{type: URI, uri: 'a://b', "
                 "hostname: x}]}}",
                 "hostname: must be absent"}});
}

TEST(CoreKindsTest, ServicesAndSlices) {
  Expect(Head("v1", "Service"),
         {{"spec: {ports: [{port: 80}]}", ""},
          {"spec: {ports: [{name: a, port: 80}, {name: a, port: 81}]}", "names another port"},
          {"spec: {ports: [{name: a, port: 80}, {name: b, port: 80}]}", "port 80 is given twice"},
          {"spec: {type: ExternalName}", "externalName: is required"}});
  Expect(Head("discovery.k8s.io/v1", "EndpointSlice"),
         {{"addressType: IPv4\nendpoints: [{addresses: [10.0.0.1]}]", ""},
          {"addressType: IPv4\nendpoints: [{addresses: ['::1']}]", "must be an IPv4 address"},
          {"addressType: IPv6\nendpoints: [{addresses: [10.0.0.1]}]", "must be an IPv6 address"},
          {"addressType: IPv4\nendpoints: []\nports: [{port: 1}, {port: 2}]", "names another port"},
          {"endpoints: []", "addressType: is required."}});
}

TEST(CoreKindsTest, SecretsAndConfigMaps) {
  const std::string certificate =
      "  tls.crt: |\n    -----BEGIN CERTIFICATE-----\n    AA\n    -----END CERTIFICATE-----\n";
  const std::string key =
      "  tls.key: |\n    -----BEGIN EC PRIVATE KEY-----\n    AA\n    -----END EC PRIVATE "
      "KEY-----\n";
  const std::string tls =
      absl::StrCat(Head("v1", "Secret"), "type: kubernetes.io/tls\nstringData:\n");
  Expect(tls, {{absl::StrCat(certificate, key), ""},
               {certificate, "data[tls.key]: is required"},
               {absl::StrCat(key, "  tls.crt: nothing"), "must hold a PEM block \"CERTIFICATE\""},
               {absl::StrCat(certificate, "  tls.key: -----BEGIN PRIVATE KEY-----"),
                "must hold a PEM block \"PRIVATE KEY\""},
               {absl::StrCat(certificate,
                             "  tls.key: |\n    -----BEGIN EC PARAMETERS-----\n    AA\n"
                             "    -----END EC PARAMETERS-----\n    -----BEGIN EC PRIVATE KEY-----\n"
                             "    AA\n    -----END EC PRIVATE KEY-----\n"),
                ""},
               {absl::StrCat(certificate,
                             "  tls.key: |\n    -----BEGIN PRIVATE KEY-----\n    AA\n"
                             "    -----END CERTIFICATE-----\n"),
                "must hold a PEM block \"PRIVATE KEY\""}});
  Expect(Head("v1", "ConfigMap"), {{"data: {a/b: c}", "data[a/b]: key must be at most 253"},
                                   {"data: {a: b}\nbinaryData: {a: eA==}", "also stands in data"}});
}

TEST(OwnKindsTest, Backend) {
  Expect(Head(kSluice, "Backend"),
         {{"spec: {endpoints: [{address: 127.0.0.1, port: 1}]}", ""},
          {"spec: {}", "must hold endpoints or dns"},
          {"spec: {endpoints: [{address: '::1', port: 1}], dns: {hostname: a.b, port: 1}}", "both"},
          {"spec: {endpoints: [{address: '::1', port: 1}, {address: '::1', port: 1}]}", "twice"},
          {"spec: {endpoints: [{address: localhost, port: 1}]}", "must be an IPv4 or IPv6 address"},
          {"spec: {dns: {hostname: a.b, port: 1, refreshInterval: 10ms}}", "between 1s and 24h"}});
}

TEST(OwnKindsTest, TrafficPolicy) {
  const std::string head = absl::StrCat(
      Head(kSluice, "TrafficPolicy"), "spec: {targetRefs: [{group: '', kind: Service, name: s}], ");
  Expect(head, {{"loadBalancing: {type: LeastRequest, leastRequest: {choices: 2}}}", ""},
                {"loadBalancing: {leastRequest: {choices: 2}}}", "must be absent unless type"},
                {"timeouts: {request: 1s, backendRequest: 2s}}", "must not be longer"},
                {"retry: {retryOn: [Reset, Reset]}}", "is given twice"},
                {"retry: {backoff: {base: 1s}}}", "base (1s) must not be longer than max (250ms)"},
                {"connectionPool: {tcpKeepalive: {idle: 1s500ms}}}", "whole seconds"},
                {"http: {version: HTTP1, http2: {}}}", "must be absent with version HTTP1"}});
}

TEST(OwnKindsTest, ClientAndTelemetryPolicy) {
  const std::string target =
      "spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: g}], ";
  Expect(
      absl::StrCat(Head(kSluice, "ClientPolicy"), target),
      {{"tls: {minVersion: '1.2', maxVersion: '1.3'}}", ""},
       {"tls: {minVersion: 1.2}}", "must be a string, not a number; write it in quotes: \"1.2\"."},
       {"tls: {minVersion: '1.3', maxVersion: '1.2'}}", "must not be below minVersion"},
       {"tls: {minVersion: '1.3', cipherSuites: [A]}}", "must be absent with minVersion 1.3"},
       {"tls: {cipherSuites: ['a b']}}", "must match [A-Z0-9-]+"}});
  Expect(absl::StrCat(Head(kSluice, "TelemetryPolicy"), target, "accessLog: "),
         {{"{sinks: [{type: Stdout, format: {type: JSON, json: {a: b}}}]}}", ""},
          {"{disabled: true, sinks: [{type: Stdout}]}}", "must be empty"},
          {"{sinks: [{type: File}]}}", "file: is required with type File."},
          {"{sinks: [{type: Stdout, file: {path: /a}}]}}", "file: must be absent"},
          {"{sinks: [{type: Stdout, format: {type: Text, json: {a: b}, text: c}}]}}",
           ".json: must be"}});
}

TEST(OwnKindsTest, Consumer) {
  const std::string hash(64, 'a');
  const std::string key = absl::StrCat("{name: a, sha256: ", hash, "}");
  const std::string again =
      absl::StrCat("spec: {apiKeys: [", key, ", {name: b, sha256: ", hash, "}]}");
  const std::string both =
      absl::StrCat("spec: {apiKeys: [{name: a, sha256: ", hash, ", secretRef: {name: s}}]}");
  const std::string good = absl::StrCat(
      "spec: {groups: [gold], apiKeys: [", key,
      ", {name: b, secretRef: {name: s, key: k}, "
      "expiresAt: '2030-01-01T00:00:00Z'}], tokens: [{issuer: i, subject: s}], "
      "certificates: [{san: 'spiffe://a/b'}, {san: cart.example}], passwords: [{username: u, "
      "hash: '{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M='}]}");
  Expect(Head(kSluice, "Consumer"),
         {{good, ""},
          {"spec: {}", ""},
          {"spec: {apiKeys: [{name: a}]}", "apiKeys[0]: must hold sha256 or secretRef."},
          {both, "must not hold both sha256 and secretRef"},
          {again, "apiKeys[1].sha256: is that of another key"},
          {"spec: {apiKeys: [{name: a, sha256: secret}]}", "must match [0-9a-f]{64}"},
          {"spec: {passwords: [{username: 'a:b', hash: '{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M='}]}",
           "username"},
          {"spec: {passwords: [{username: a, hash: plain}]}", "hash"},
          {"spec: {tokens: [{issuer: i, subject: s}, {issuer: i, subject: s}]}", "is given twice"},
          {"spec: {certificates: [{san: a.b}, {san: a.b}]}", "is given twice"},
          {"spec: {certificates: [{san: 'A b'}]}", "must be a DNS name in lower case"},
          {"spec: {apiKey: []}", "did you mean \"apiKeys\"?"}});
}

constexpr std::string_view kGatewayTarget =
    "spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: g}], ";

TEST(AuthPolicyTest, MethodsAreOfTheirType) {
  const std::string head = absl::StrCat(Head(kSluice, "AuthPolicy"), kGatewayTarget);
  const std::string method = "identify: {methods: [{name: a, type: ";
  const auto of = [&](std::string_view text) { return absl::StrCat(method, text, "}]}}"); };
  const std::string key = of("APIKey, apiKey: {from: [{header: x-api-key}, {query: key}]}");
  const std::string none = of("APIKey");
  const std::string other = of("ClientCertificate, basic: {}");
  const std::string places = of("APIKey, apiKey: {from: [{header: a, query: b}]}");
  const std::string nowhere = of("APIKey, apiKey: {from: [{}]}");
  const std::string twice = of("APIKey, apiKey: {from: [{header: a}, {header: A}]}");
  const std::string prefix = of("APIKey, apiKey: {from: [{query: a, prefix: 'b '}]}");
  const std::string bearer = of("APIKey, apiKey: {from: [{header: a, prefix: 'Bearer '}]}");
  const std::string framing = of("APIKey, apiKey: {from: [{header: Content-Length}]}");
  const std::string type = of("ApiKey");
  const std::string realm = of("Basic, basic: {realm: 'a\"b'}");
  const std::string basic = of("Basic");
  Expect(head, {{key, ""},
                {bearer, ""},
                {basic, ""},
                {"identify: {anonymous: true}}", ""},
                {"mode: Shadow}", "spec: must hold identify or authorize."},
                {"identify: {}}", "methods: must hold a method"},
                {none, "apiKey: is required with type APIKey."},
                {other, "basic: must be absent with type ClientCertificate."},
                {places, "from[0]: must name one of"},
                {nowhere, "from[0]: must name a header, query or cookie."},
                {twice, "from[1]: names the same place"},
                {prefix, "prefix: must be absent without header."},
                {framing, "can hold no credential"},
                {type, "did you mean \"APIKey\"?"},
                {realm, "realm: must hold neither quotes"}});
}

TEST(AuthPolicyTest, TokensAndTheirKeys) {
  const std::string head = absl::StrCat(Head(kSluice, "AuthPolicy"), kGatewayTarget,
                                        "identify: {methods: [{name: a, type: JWT, jwt: {");
  const std::string inline_keys = R"(keys: {inline: '{"keys": [{"kty": "RSA"}]}'})";
  const auto of = [&](std::string_view text) {
    return absl::StrCat("issuer: i, ", inline_keys, text, "}}]}}");
  };
  const std::string good = of(", claimHeaders: [{claim: sub, header: x-user}]");
  const std::string host = of(", claimHeaders: [{claim: sub, header: Host}]");
  const std::string forwarded = of(", claimHeaders: [{claim: sub, header: X-Forwarded-For}]");
  const std::string twice =
      of(", claimHeaders: [{claim: sub, header: x-u}, {claim: iss, header: X-U}]");
  const std::string skew = of(", clockSkew: 1s500ms");
  const std::string claims = of(", requiredClaims: [{claim: a}, {claim: a, values: [b]}]");
  Expect(
      head,
      {{good, ""},
       {"issuer: i, keys: {ref: {kind: ConfigMap, name: c}}}}]}}", ""},
       {"issuer: i, keys: {}}}]}}", "keys: must hold inline or ref."},
       {"issuer: i, keys: {inline: x, ref: {kind: Secret, name: c}}}}]}}", "must not hold both"},
       {"issuer: i, keys: {inline: 'no'}}}]}}", "keys.inline: must be JSON"},
       {"issuer: i, keys: {inline: '{\"keys\": []}'}}}]}}", "at least one key"},
       {"issuer: i, keys: {ref: {kind: Configmap, name: c}}}}]}}", "did you mean \"ConfigMap\"?"},
       {host, "\"Host\" may not be claimed"},
       {forwarded, "did you mean \"x-claim-x-forwarded-for\"?"},
       {twice, "is set by another claim"},
       {skew, "clockSkew: must be whole seconds"},
       {claims, "\"a\" is required twice"}});
}

TEST(AuthPolicyTest, Rules) {
  const std::string head = absl::StrCat(Head(kSluice, "AuthPolicy"), kGatewayTarget,
                                        "authorize: {rules: [{name: a, action: ");
  Expect(head,
         {{"Allow}]}}", ""},
          {"Deny, when: {paths: [{value: /admin}], clientIPs: [10.0.0.0/8]}}]}}", ""},
          {"Deny, when: {consumers: ['*', shop/a, a], methods: [GET]}}]}}", ""},
          {"deny}]}}", "did you mean \"Deny\"?"},
          {"Allow, unless: {}}]}}", "unless: must hold at least one condition"},
          {"Allow, when: {paths: [{value: admin}]}}]}}", "paths[0].value: must start with \"/\"."},
          {"Allow, when: {paths: [{type: RegularExpression, value: '('}]}}]}}", "RE2 accepts"},
          {"Allow, when: {clientIPs: [10.0.0.1/8]}}]}}", "did you mean \"10.0.0.0/8\"?"},
          {"Allow, when: {consumers: [a/b/c]}}]}}", "must be the name of a Consumer"},
          {"Allow, when: {methods: [get]}}]}}", "must match"},
          {"Allow, when: {headers: [{name: a}, {name: A}]}}]}}", "is given twice"},
          {"Allow, when: {claims: [{claim: a}, {claim: a}]}}]}}", "is given twice"},
          {"Allow}, {name: a, action: Deny}]}}", "must be unique"},
          {"Allow, when: {group: [a]}}]}}", "did you mean \"groups\"?"}});
  Expect(absl::StrCat(Head(kSluice, "AuthPolicy"), "spec: {targetRefs: [{group: '', kind: "),
         {{"Service, name: s}], identify: {anonymous: true}}", "cannot be a target"}});
}

TEST(OwnKindsTest, RateLimitPolicy) {
  const std::string head =
      absl::StrCat(Head(kSluice, "RateLimitPolicy"), kGatewayTarget, "limits: [{name: a, ");
  Expect(
      head,
      {{"requests: 10, window: 1m, burst: 5, key: [{type: ClientIP, ipv4Prefix: 24}]}]}", ""},
       {"requests: 10, window: 1m, key: [{type: Header, name: x-a}, {type: Route}]}]}", ""},
       {"window: 1m}]}", "requests: is required."},
       {"requests: 0, window: 1m}]}", "requests"},
       {"requests: 1, window: 10ms}]}", "between 1s and 24h"},
       {"requests: 1, window: 1m, key: [{type: Header}]}]}", "name: is required with type Header"},
       {"requests: 1, window: 1m, key: [{type: Header, name: 'a b'}]}]}", "must be a token"},
       {"requests: 1, window: 1m, key: [{type: Consumer, name: a}]}]}", "must be absent"},
       {"requests: 1, window: 1m, key: [{type: Route, ipv6Prefix: 64}]}]}", "must be absent"},
       {"requests: 1, window: 1m, key: [{type: Header, name: a}, {type: Header, name: A}]}]}",
        "is the same value"},
       {"requests: 1, window: 1m, key: [{type: IP}]}]}", "ClientIP"},
       {"requests: 1, window: 1m, when: {clientIPs: [10.0.0.0]}}]}", "10.0.0.0/32"},
       {"requests: 1, window: 1m}, {name: a, requests: 2, window: 1h}]}", "must be unique"}});
}

}  // namespace
}  // namespace sluice::manifest
