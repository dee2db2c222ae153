// SPDX-License-Identifier: Apache-2.0
// The port with a stand-in behind it: what is refused before anybody answers, plain and with TLS.
#include "controlplane/pushapi/rest/rest_listener.h"

#include <arpa/inet.h>
#include <httplib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "controlplane/access/client_verifier.h"
#include "controlplane/access/credential_table.h"
#include "controlplane/access/test_files.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::pushapi {
namespace {

using access::ReadTestFile;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kToken[] = "token a-token-of-the-ci-job ci write\n";
constexpr char kBearer[] = "Authorization: Bearer a-token-of-the-ci-job\r\n";
constexpr char kLocal[] = "Host: localhost\r\n";

class RestListenerTest : public ::testing::Test {
 protected:
  static access::Gate::Rules Rules(const std::string& text, const std::string& ca_pem = "") {
    access::Gate::Rules rules{access::CredentialTable(access::Audience::kOperators), nullptr};
    EXPECT_EQ(rules.table.Parse(text), "");
    std::string error;
    if (!ca_pem.empty()) rules.verifier = access::ClientVerifier::Create(ca_pem, &error);
    return rules;
  }

  static RestResponse Answer(WatchRoom&, const Caller& caller, const RestRequest& request) {
    if (request.path == "/abandoned") {
      while (!request.is_abandoned()) {
      }
      return {.body = "abandoned"};
    }
    return {.body = absl::StrCat(caller.name, " ", request.body.size())};
  }

  void Start(const std::string& operators = "", access::TlsMaterial tls = {}) {
    options_.address = "127.0.0.1:0";
    gate_ = std::make_unique<access::Gate>(Rules(operators, tls.client_ca_pem),
                                           access::Gate::Options{.is_open = operators.empty()});
    tls_ = std::make_unique<access::TlsSource>(std::move(tls));
    auto started = RestListener::Start(options_, *gate_, *tls_, Answer);
    ASSERT_TRUE(started.ok()) << started.status();
    listener_ = *std::move(started);
  }

  // Sends bytes as they are, and reads until the port closes.
  std::string Raw(const std::string& request, bool half_close = false) const {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(listener_->bound_port()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    send(fd, request.data(), request.size(), MSG_NOSIGNAL);
    if (half_close) shutdown(fd, SHUT_WR);
    std::string answer;
    char buffer[4096];
    for (ssize_t n = 0; (n = recv(fd, buffer, sizeof(buffer), 0)) > 0;) {
      answer.append(buffer, static_cast<size_t>(n));
    }
    close(fd);
    return answer;
  }

  std::string Post(const std::string& headers, const std::string& body) const {
    return Raw(
        absl::StrCat("POST /apply HTTP/1.1\r\n", headers, "Connection: close\r\n\r\n", body));
  }

  RestListenerOptions options_;
  std::unique_ptr<access::Gate> gate_;
  std::unique_ptr<access::TlsSource> tls_;
  std::unique_ptr<RestListener> listener_;
};

TEST_F(RestListenerTest, ABodyIsHandedOnWhole) {
  Start();
  EXPECT_THAT(Post(absl::StrCat(kLocal, "Content-Length: 5\r\n"), "hello"),
              HasSubstr("loopback 5"));
  EXPECT_THAT(Post(absl::StrCat(kLocal, "Transfer-Encoding: chunked\r\n"),
                   "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"),
              HasSubstr("loopback 11"));
  EXPECT_THAT(Post(kLocal, ""), HasSubstr("loopback 0"));
}

TEST_F(RestListenerTest, AnotherTokenNoneOrTwoAreRefused) {
  Start(kToken);
  EXPECT_THAT(Post(absl::StrCat(kLocal, kBearer), ""), HasSubstr("ci 0"));
  const std::string refused = Post(kLocal, "");
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(refused, HasSubstr("WWW-Authenticate: Bearer"));
  EXPECT_THAT(Post(absl::StrCat(kLocal, "Authorization: Bearer wrong-token-of-sixteen\r\n"), ""),
              StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(Post(absl::StrCat(kLocal, kBearer, kBearer), ""), StartsWith("HTTP/1.1 401"));
}

TEST_F(RestListenerTest, AStrangersBodyIsNotWaitedFor) {
  Start(kToken);
  EXPECT_THAT(Post(absl::StrCat(kLocal, "Content-Length: 1000\r\n"), "the rest never comes"),
              StartsWith("HTTP/1.1 401"));
}

TEST_F(RestListenerTest, AWithdrawnTokenIsRefusedAtOnce) {
  Start(kToken);
  gate_->Replace(Rules(""));
  EXPECT_THAT(Post(absl::StrCat(kLocal, kBearer), ""), StartsWith("HTTP/1.1 401"));
}

TEST_F(RestListenerTest, TooLongBodiesAreRefusedInEveryForm) {
  options_.limits.max_body_bytes = 10;
  Start();
  EXPECT_THAT(Post(absl::StrCat(kLocal, "Content-Length: 11\r\n"), "hello world"),
              StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(Post(absl::StrCat(kLocal, "Transfer-Encoding: chunked\r\n"),
                   "6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(Post(absl::StrCat(kLocal, "Expect: 100-continue\r\nContent-Length: 11\r\n"), ""),
              StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(Post(absl::StrCat(kLocal, "Content-Length: 10\r\n"), "hello worl"),
              StartsWith("HTTP/1.1 200"));
}

TEST_F(RestListenerTest, ALengthThatIsSaidTwiceIsRefused) {
  Start();
  EXPECT_THAT(Post(absl::StrCat(kLocal, "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
                   "5\r\nhello\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(Post(absl::StrCat(kLocal, "Content-Length: 5\r\nContent-Length: 6\r\n"), "hello "),
              StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(Post(absl::StrCat(kLocal, "Transfer-Encoding: gzip, chunked\r\n"), "0\r\n\r\n"),
              StartsWith("HTTP/1.1 501"));
}

TEST_F(RestListenerTest, AllBodiesTogetherAreBounded) {
  options_.max_request_bytes = 10;
  Start();
  EXPECT_THAT(Post(absl::StrCat(kLocal, "Content-Length: 11\r\n"), "hello world"),
              StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(Post(absl::StrCat(kLocal, "Content-Length: 10\r\n"), "hello worl"),
              StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(Post(absl::StrCat(kLocal, "Content-Length: 10\r\n"), "hello worl"),
              StartsWith("HTTP/1.1 200"))
      << "given back";
}

TEST_F(RestListenerTest, ACompressedBodyIsBoundedByWhatItHolds) {
  options_.limits.max_body_bytes = 100 * 1000;
  Start();
  httplib::Client client("127.0.0.1", listener_->bound_port());
  client.set_compress(true);
  const auto small = client.Post("/apply", std::string(50 * 1000, 'x'), "application/yaml");
  ASSERT_TRUE(small);
  EXPECT_EQ(small->body, "loopback 50000");
  const auto bomb = client.Post("/apply", std::string(10 * 1000 * 1000, 'x'), "application/yaml");
  ASSERT_TRUE(bomb);
  EXPECT_EQ(bomb->status, 413);
}

TEST_F(RestListenerTest, AnEndlessHeadIsCutOff) {
  Start();
  EXPECT_EQ(Raw(std::string(100'000, 'x')).find("HTTP/1.1 200"), std::string::npos);
  std::string headers = kLocal;
  while (headers.size() < 100'000) headers += "X: y\r\n";
  EXPECT_EQ(Post(headers, "").find("HTTP/1.1 200"), std::string::npos);
  EXPECT_THAT(Post(kLocal, ""), HasSubstr("loopback 0")) << "it serves on";
}

// Without limits of our own each of these would wait for ever.
TEST_F(RestListenerTest, SlowClientsAreLetGo) {
  options_.limits.idle = std::chrono::milliseconds(20);
  options_.limits.head = std::chrono::milliseconds(20);
  options_.limits.body = std::chrono::milliseconds(20);
  Start();
  EXPECT_EQ(Raw(""), "");
  EXPECT_EQ(Raw("POST /apply HTTP/1.1\r\nHost: loc").find("200"), std::string::npos);
  EXPECT_THAT(Post(absl::StrCat(kLocal, "Content-Length: 1000\r\n"), "some"),
              StartsWith("HTTP/1.1 408"));
}

TEST_F(RestListenerTest, MoreConnectionsThanAllowedAreTurnedAway) {
  options_.max_connections = 1;
  Start();
  httplib::Client served("127.0.0.1", listener_->bound_port());
  served.set_keep_alive(true);
  ASSERT_TRUE(served.Get("/revision"));
  // One more may wait for the thread; of the rest each is told at once.
  const int waiting = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(listener_->bound_port()));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(connect(waiting, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_THAT(Raw(""), StartsWith("HTTP/1.1 503"));
  close(waiting);
}

// Else a peer that asks for a long wait, and leaves, keeps its thread.
TEST_F(RestListenerTest, APeerThatLeavesAbandonsItsRequest) {
  Start();
  EXPECT_THAT(Raw("GET /abandoned HTTP/1.1\r\nHost: localhost\r\n\r\n", /*half_close=*/true),
              HasSubstr("abandoned"));
}

TEST_F(RestListenerTest, PagesFromElsewhereAreRefused) {
  Start();
  EXPECT_THAT(Post(absl::StrCat(kLocal, "Origin: http://evil.example\r\n"), ""),
              StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(Post("Host: evil.example\r\n", ""), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(Post(absl::StrCat(kLocal, "Origin: http://localhost:8080\r\n"), ""),
              StartsWith("HTTP/1.1 200"));
}

class RestTlsTest : public RestListenerTest {
 protected:
  void SetUp() override {
    Start(absl::StrCat(kToken, "certificate spiffe://example.test/ns/shop/gateway/edge ops read\n"),
          {ReadTestFile("server.pem"), ReadTestFile("server.key"), ReadTestFile("ca.pem")});
  }

  // The answer's body, or its status, or "no answer".
  std::string Get(const std::string& certificate = "", const httplib::Headers& headers = {}) const {
    const std::string folder = "controlplane/access/test_";
    const bool shows = !certificate.empty();
    httplib::SSLClient client("127.0.0.1", listener_->bound_port(),
                              shows ? absl::StrCat(folder, certificate, ".pem") : "",
                              shows ? absl::StrCat(folder, certificate, ".key") : "");
    client.set_ca_cert_path(absl::StrCat(folder, "ca.pem").c_str());
    client.enable_server_certificate_verification(true);
    const auto answer = client.Get("/revision", headers);
    if (!answer) return "no answer";
    return answer->status == 200 ? answer->body : absl::StrCat(answer->status);
  }
};

TEST_F(RestTlsTest, ATokenOrACertificateLetsIn) {
  EXPECT_EQ(Get("", {{"Authorization", "Bearer a-token-of-the-ci-job"}}), "ci 0");
  EXPECT_EQ(Get("edge"), "ops 0");
  EXPECT_EQ(Get(""), "401");
  EXPECT_EQ(Get("foreign"), "no answer") << "a CA that we do not know";
  EXPECT_EQ(Get("edge", {{"Authorization", "Bearer wrong-token-of-sixteen"}}), "401");
}

TEST_F(RestTlsTest, PlaintextGetsNothing) {
  EXPECT_EQ(Post(kLocal, "").find("HTTP"), std::string::npos);
}

TEST_F(RestTlsTest, NewHandshakesAreMadeByWhatWasReplaced) {
  tls_->Replace({ReadTestFile("foreign.pem"), ReadTestFile("foreign.key"), ReadTestFile("ca.pem")});
  EXPECT_EQ(Get("edge"), "no answer") << "the server's certificate is another CA's";
  tls_->Replace(
      {ReadTestFile("server.pem"), ReadTestFile("server.key"), ReadTestFile("foreign_ca.pem")});
  EXPECT_EQ(Get("edge"), "no answer") << "and so is the client's";
  tls_->Replace({ReadTestFile("server.pem"), ReadTestFile("server.key"), ReadTestFile("ca.pem")});
  EXPECT_EQ(Get("edge"), "ops 0");
}

TEST_F(RestTlsTest, AnOpenConnectionDoesNotOutliveItsCa) {
  httplib::SSLClient client("127.0.0.1", listener_->bound_port(),
                            "controlplane/access/test_edge.pem",
                            "controlplane/access/test_edge.key");
  client.enable_server_certificate_verification(false);
  client.set_keep_alive(true);
  EXPECT_EQ(client.Get("/revision")->status, 200);
  const std::string operators = "certificate spiffe://example.test/ns/shop/gateway/edge ops read\n";
  gate_->Replace(Rules(operators, ReadTestFile("foreign_ca.pem")));
  EXPECT_EQ(client.Get("/revision")->status, 401);
}

TEST_F(RestTlsTest, AnOriginMustBeThePortsOwn) {
  const std::string token = "Bearer a-token-of-the-ci-job";
  EXPECT_EQ(Get("", {{"Authorization", token}, {"Origin", "https://evil.example"}}), "403");
  EXPECT_EQ(Get("", {{"Authorization", token},
                     {"Origin", absl::StrCat("https://127.0.0.1:", listener_->bound_port())}}),
            "ci 0");
}

}  // namespace
}  // namespace sluice::pushapi
