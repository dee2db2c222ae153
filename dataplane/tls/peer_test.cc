// SPDX-License-Identifier: Apache-2.0
// Whom each side believes, and which sessions may stand for a handshake.

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "dataplane/config/tls.h"
#include "dataplane/tls/transport_fixture.h"
#include "gtest/gtest.h"

namespace sluice::tls {
namespace {

using PeerTest = TransportTest;

TEST_F(PeerTest, AServerOfAnotherCaIsRefused) {
  client_.common.validation = Trust(MakeTestCertificate({.common_name = "other", .ca = true}));
  Pair pair = Connect();
  EXPECT_FALSE(pair.Handshake());
  EXPECT_TRUE(absl::StartsWith(pair.client->failure(),
                               "certificate verify failed: unable to get local issuer certificate"))
      << pair.client->failure();
  EXPECT_FALSE(pair.server->failure().empty());
}

TEST_F(PeerTest, AnExpiredServerIsRefusedUnlessAllowed) {
  const TestCertificate old =
      MakeTestCertificate({.dns = {"a.example"}, .begin_s = -7200, .end_s = -60}, &ca_);
  server_.common.certificates = {old.Config("old")};
  Pair pair = Connect();
  EXPECT_FALSE(pair.Handshake());
  EXPECT_TRUE(absl::StrContains(pair.client->failure(), "certificate has expired"))
      << pair.client->failure();
  auto lenient = Trust(ca_);
  lenient->allow_expired = true;
  client_.common.validation = lenient;
  EXPECT_TRUE(Connect().Handshake());
}

TEST_F(PeerTest, AServerOfAnotherNameIsRefused) {
  client_.sni = "b.example";
  Pair pair = Connect();
  EXPECT_FALSE(pair.Handshake());
  EXPECT_EQ(pair.client->failure(),
            "certificate verify failed: the certificate is for a.example, *.wild.example, "
            "127.0.0.1, not for b.example");
}

TEST_F(PeerTest, AnAddressIsCheckedLikeANameButNotSent) {
  client_.sni = "127.0.0.1";
  Pair pair = Connect();
  EXPECT_TRUE(pair.Handshake()) << pair.client->failure();
  EXPECT_EQ(pair.server->server_name(), "");
  client_.sni = "127.0.0.2";
  EXPECT_FALSE(Connect().Handshake());
}

TEST_F(PeerTest, ADnsNameStandsForNoAddress) {
  const TestCertificate odd = MakeTestCertificate({.dns = {"127.0.0.1", "*.0.0.2"}}, &ca_);
  server_.common.certificates = {odd.Config("odd")};
  for (const char* address : {"127.0.0.1", "127.0.0.2"}) {
    client_.sni = address;
    EXPECT_FALSE(Connect().Handshake()) << address;
  }
}

TEST_F(PeerTest, TheDotBehindANameIsNeitherSentNorChecked) {
  client_.sni = "a.example.";
  Pair pair = Connect();
  EXPECT_TRUE(pair.Handshake()) << pair.client->failure();
  EXPECT_EQ(pair.server->server_name(), "a.example");
}

// A request without a host must not be content with whatever the CA has signed.
TEST_F(PeerTest, WithoutANameToCheckNobodyIsBelieved) {
  client_.sni = "";
  client_.auto_sni = true;
  Pair pair = Connect();
  EXPECT_FALSE(pair.Handshake());
  EXPECT_EQ(pair.client->failure(),
            "certificate verify failed: there is no server name to check it against");

  auto named = Trust(ca_);
  named->sans = {{.type = config::SanMatcher::Type::kDns, .value = "a.example"}};
  client_.common.validation = named;
  EXPECT_TRUE(Connect().Handshake()) << "the configured names are left to be checked";
}

TEST_F(PeerTest, ConfiguredNamesAreMatchedAsTheySay) {
  using M = config::SanMatcher;
  client_.auto_san_validation = false;
  const std::vector<std::pair<M, bool>> cases = {
      {{.type = M::Type::kDns, .match = M::Match::kExact, .value = "a.example"}, true},
      {{.type = M::Type::kDns, .match = M::Match::kExact, .value = "z.wild.example"}, true},
      {{.type = M::Type::kUri, .match = M::Match::kExact, .value = "a.example"}, false},
      {{.match = M::Match::kExact, .value = "b.example"}, false},
      {{.match = M::Match::kPrefix, .value = "a.ex"}, true},
      {{.match = M::Match::kSuffix, .value = ".EXAMPLE", .ignore_case = true}, true},
      {{.match = M::Match::kSuffix, .value = ".EXAMPLE"}, false},
      {{.match = M::Match::kContains, .value = "wild"}, true},
      {{.match = M::Match::kRegex, .value = "[ab]\\.example"}, true},
      {{.match = M::Match::kRegex, .value = "\\.example"}, false},
      {{.type = M::Type::kIp, .match = M::Match::kExact, .value = "127.0.0.1"}, true},
  };
  for (const auto& [matcher, accepted] : cases) {
    auto validation = Trust(ca_);
    validation->sans = {matcher};
    client_.common.validation = validation;
    EXPECT_EQ(Connect().Handshake(), accepted) << matcher.value;
  }
}

// TLS-08: a name with a NUL is for nobody, whatever stands before it.
TEST_F(PeerTest, ANameWithANulIsNoName) {
  const TestCertificate evil =
      MakeTestCertificate({.dns = {std::string("a.example\0.evil.example", 23)}}, &ca_);
  server_.common.certificates = {evil.Config("evil")};
  EXPECT_FALSE(Connect().Handshake());
}

TEST_F(PeerTest, RevokedCertificatesAreRefused) {
  const TestCertificate bad = MakeTestCertificate({.dns = {"a.example"}, .serial = 77}, &ca_);
  auto validation = Trust(ca_);
  validation->crl_pem = MakeTestCrl(ca_, {77});
  client_.common.validation = validation;
  EXPECT_TRUE(Connect().Handshake());
  server_.common.certificates = {bad.Config("bad")};
  Pair pair = Connect();
  EXPECT_FALSE(pair.Handshake());
  EXPECT_TRUE(absl::StrContains(pair.client->failure(), "revoked")) << pair.client->failure();
}

// A TLS 1.3 client is done before the server has judged it: its first read tells.
void ExpectServerRefuses(Pair pair, std::string_view why) {
  EXPECT_FALSE(pair.Handshake());
  EXPECT_TRUE(absl::StrContains(pair.server->failure(), why)) << pair.server->failure();
  base::Buffer in;
  EXPECT_EQ(pair.client->Read(in, 1000).status, Status::kError);
}

TEST_F(PeerTest, ClientCertificatesAreAskedForAndJudged) {
  server_.common.validation = Trust(ca_);
  server_.require_client_certificate = true;
  const auto context = Server(server_);
  const TestCertificate good = MakeTestCertificate(
      {.common_name = "alice", .uris = {"spiffe://x/alice"}, .key_usage = "clientAuth"}, &ca_);
  Pair pair = Connect(context, Client(ClientWith(good)));
  ASSERT_TRUE(pair.Handshake()) << pair.server->failure();
  const auto peer = pair.server->peer_certificate();
  ASSERT_TRUE(peer.has_value());
  EXPECT_EQ(peer->subject, "CN=alice");
  EXPECT_EQ(peer->uris, (std::vector<std::string>{"spiffe://x/alice"}));
  EXPECT_EQ(peer->sha256_hex.size(), 64u);

  ExpectServerRefuses(Connect(context, Client(client_)), "peer did not return a certificate");
  const TestCertificate other_ca = MakeTestCertificate({.common_name = "other", .ca = true});
  ExpectServerRefuses(Connect(context, Client(ClientWith(MakeTestCertificate({}, &other_ca)))),
                      "unable to get local issuer certificate");
  ExpectServerRefuses(
      Connect(context, Client(ClientWith(MakeTestCertificate({.end_s = -60}, &ca_)))),
      "certificate has expired");
  ExpectServerRefuses(
      Connect(context, Client(ClientWith(MakeTestCertificate({.key_usage = "serverAuth"}, &ca_)))),
      "unsupported certificate purpose");
}

TEST_F(PeerTest, AnOptionalClientCertificateMayBeMissingButNotWrong) {
  server_.common.validation = Trust(ca_);
  const auto context = Server(server_);
  Pair pair = Connect(context, Client(client_));
  EXPECT_TRUE(pair.Handshake());
  EXPECT_EQ(pair.server->peer_certificate(), std::nullopt);
  EXPECT_FALSE(Connect(context, Client(ClientWith(MakeTestCertificate({})))).Handshake());
}

// One connection, with a byte each way so that tickets arrive.
bool ResumesOver(const std::shared_ptr<const ServerTlsContext>& server,
                 const std::shared_ptr<const ClientTlsContext>& client,
                 const ClientTlsTarget& target = {}) {
  auto [a, b] = SocketPair();
  Pair pair{std::make_unique<TlsServerTransport>(std::move(a), server),
            std::make_unique<TlsClientTransport>(std::move(b), client, target)};
  EXPECT_TRUE(pair.Handshake()) << pair.client->failure() << pair.server->failure();
  EXPECT_EQ(Pair::Send(*pair.client, *pair.server, "q"), "q");
  EXPECT_EQ(Pair::Send(*pair.server, *pair.client, "a"), "a");
  EXPECT_EQ(pair.client->resumed(), pair.server->resumed());
  return pair.client->resumed();
}

TEST_F(PeerTest, SessionsAreResumedInBothVersions) {
  for (config::TlsVersion version : {config::TlsVersion::kTls12, config::TlsVersion::kTls13}) {
    client_.common.max_version = version;
    const auto client = Client(client_);
    EXPECT_FALSE(ResumesOver(Server(server_), client));
    EXPECT_TRUE(ResumesOver(Server(server_), client)) << "on another worker or after a reload too";
  }
}

TEST_F(PeerTest, SessionsStayWithTheirNameAndEndpoint) {
  client_.auto_sni = true;
  const auto client = Client(client_);
  const auto server = Server(server_);
  EXPECT_FALSE(ResumesOver(server, client, {.server_name = "a.example", .endpoint = "1"}));
  EXPECT_FALSE(ResumesOver(server, client, {.server_name = "b.wild.example", .endpoint = "1"}));
  EXPECT_FALSE(ResumesOver(server, client, {.server_name = "a.example", .endpoint = "2"}));
  EXPECT_TRUE(ResumesOver(server, client, {.server_name = "a.example", .endpoint = "1"}));
}

// TLS-05, TLS-06.
TEST_F(PeerTest, NoSessionOutlivesTheRulesItWasMadeUnder) {
  const TestCertificate alice = MakeTestCertificate({.common_name = "alice"}, &ca_);
  config::DownstreamTls open = server_;
  config::DownstreamTls strict = server_;
  strict.common.validation = Trust(ca_);
  strict.require_client_certificate = true;
  auto narrow_rules = Trust(ca_);
  narrow_rules->sans = {{.value = "bob"}};
  config::DownstreamTls narrow = strict;
  narrow.common.validation = narrow_rules;

  for (config::TlsVersion version : {config::TlsVersion::kTls12, config::TlsVersion::kTls13}) {
    config::UpstreamTls with = ClientWith(alice);
    with.common.max_version = version;
    const auto client = Client(with);
    EXPECT_FALSE(ResumesOver(Server(open), client));
    EXPECT_FALSE(ResumesOver(Server(strict), client)) << "a session without a certificate";
    EXPECT_TRUE(ResumesOver(Server(strict), client));
    auto [a, b] = SocketPair();
    Pair pair{std::make_unique<TlsServerTransport>(std::move(a), Server(narrow)),
              std::make_unique<TlsClientTransport>(std::move(b), client, ClientTlsTarget{})};
    EXPECT_FALSE(pair.Handshake()) << "alice is judged anew and is not bob";
  }
}

TEST_F(PeerTest, TicketsMayBeTurnedOff) {
  server_.session_tickets = false;
  const auto client = Client(client_);
  EXPECT_FALSE(ResumesOver(Server(server_), client));
  EXPECT_FALSE(ResumesOver(Server(server_), client));
}

}  // namespace
}  // namespace sluice::tls
