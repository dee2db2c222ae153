// SPDX-License-Identifier: Apache-2.0
#include "controlplane/pushapi/rest/rest_listener.h"

#include <sys/socket.h>

#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "controlplane/access/listen_rules.h"
#include "controlplane/pushapi/byte_budget.h"
#include "controlplane/pushapi/rest/rest_server.h"
#include "controlplane/pushapi/rest/rest_tls.h"
#include "controlplane/pushapi/rest/rest_watch.h"

namespace sluice::pushapi {
namespace {

constexpr size_t kMaxPathBytes = 1024;
constexpr absl::Duration kWatchTick = absl::Seconds(1);
constexpr absl::Duration kWatchEnd = absl::Seconds(3);

struct HostPort {
  std::string host;
  int port = 0;
};

absl::StatusOr<HostPort> ReadAddress(std::string_view address) {
  const size_t colon = address.rfind(':');
  HostPort out;
  if (colon == address.npos || !absl::SimpleAtoi(address.substr(colon + 1), &out.port) ||
      out.port < 0 || out.port > 65535) {
    return absl::InvalidArgumentError(absl::StrCat(address, ": must be HOST:PORT"));
  }
  std::string_view host = address.substr(0, colon);
  if (absl::ConsumePrefix(&host, "[")) absl::ConsumeSuffix(&host, "]");
  out.host = std::string(host);
  return out;
}

// A name or address of this machine that no foreign name can resolve to; with or without a port.
bool IsLocalAuthority(std::string_view authority) {
  if (absl::ConsumePrefix(&authority, "[::1]")) {
    return authority.empty() || authority[0] == ':';
  }
  const std::string_view host = authority.substr(0, authority.find(':'));
  return host == "localhost" || (host.starts_with("127.") &&
                                 host.find_first_not_of("0123456789.") == std::string_view::npos);
}

// RFC 9112, 6.1 and 6.3. The library takes the first of several lengths, and none beside a transfer
// coding; whoever forwards to this port may take another one for the end of the request.
absl::Status CheckFraming(const httplib::Request& request) {
  const size_t codings = request.get_header_value_count("Transfer-Encoding");
  if (codings + request.get_header_value_count("Content-Length") > 1) {
    return absl::InvalidArgumentError("The length of the body is said more than once.");
  }
  if (codings == 1 &&
      !absl::EqualsIgnoreCase(request.get_header_value("Transfer-Encoding"), "chunked")) {
    return absl::UnimplementedError("Of transfer codings only chunked is known here.");
  }
  return absl::OkStatus();
}

bool HasBody(const httplib::Request& request) {
  return request.has_header("Content-Length") || request.has_header("Transfer-Encoding");
}

// A refusal before the body was read: there is no telling where the next request would begin.
void Refuse(const absl::Status& status, int code, httplib::Response& response) {
  const RestResponse problem = ProblemResponse(status, code);
  response.status = problem.status;
  response.set_content(problem.body, problem.content_type);
  response.set_header("Connection", "close");
  if (problem.status == 401) response.set_header("WWW-Authenticate", "Bearer");
  RestServer::Current().CloseAfterAnswer();
}

class HttplibRestListener : public RestListener {
 public:
  HttplibRestListener(const RestListenerOptions& options, const access::Gate& gate,
                      const access::TlsSource& tls, Answer answer)
      : max_body_bytes_(options.limits.max_body_bytes),
        budget_(std::make_shared<ByteBudget>(options.max_request_bytes)),
        gate_(gate),
        answer_(std::move(answer)),
        tls_(tls, /*asks_for_certificates=*/!gate.is_open()),
        server_(options.limits, options.max_connections, tls_) {
    // The library would share the port with whoever else asks for it.
    server_.set_socket_options([](socket_t socket) {
      const int on = 1;
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    });
    server_.set_pre_routing_handler(
        [this](const httplib::Request& request, httplib::Response& response) {
          using Verdict = httplib::Server::HandlerResponse;
          return MayGoOn(request, response) ? Verdict::Unhandled : Verdict::Handled;
        });
    server_.set_expect_100_continue_handler(
        [this](const httplib::Request& request, httplib::Response& response) {
          return MayGoOn(request, response) ? 100 : response.status;
        });
    server_.Get(".*", [this](const httplib::Request& request, httplib::Response& response) {
      Serve(request, {}, response);
    });
    const auto serve = [this](const httplib::Request& request, httplib::Response& response,
                              const httplib::ContentReader& content) {
      ServeWithBody(request, content, response);
    };
    server_.Put(".*", serve);
    server_.Post(".*", serve);
    server_.Delete(".*", serve);
  }

  ~HttplibRestListener() override {
    if (!thread_.joinable()) return;
    // Before the server stops: then it would cut them off without their last chunk.
    room_.Close(kWatchEnd);
    server_.StopAll();
    thread_.join();
  }

  bool Listen(const HostPort& at) {
    if (at.port == 0) {
      port_ = server_.bind_to_any_port(at.host.c_str());
    } else if (server_.bind_to_port(at.host.c_str(), at.port)) {
      port_ = at.port;
    }
    if (port_ <= 0) return false;
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    // Else a stop right now would be lost.
    while (!server_.is_running()) std::this_thread::yield();
    return true;
  }

  [[nodiscard]] int bound_port() const override { return port_; }

 private:
  // By what stands in the head; else the answer is in `response`.
  bool MayGoOn(const httplib::Request& request, httplib::Response& response) {
    // The library's routing recurses over the path, once a byte.
    if (request.path.size() > kMaxPathBytes) {
      Refuse(absl::InvalidArgumentError("The path is too long."), 414, response);
      return false;
    }
    if (const auto caller = Judge(request); !caller.ok()) {
      Refuse(caller.status(), 0, response);
      return false;
    }
    if (request.method != "GET" && request.method != "HEAD" && request.method != "POST" &&
        request.method != "PUT" && request.method != "DELETE") {
      Refuse(absl::InvalidArgumentError(absl::StrCat(request.method, " is not known here.")), 405,
             response);
      return false;
    }
    if (const absl::Status status = CheckFraming(request); !status.ok()) {
      Refuse(status, 0, response);
      return false;
    }
    if (request.get_header_value<uint64_t>("Content-Length") > max_body_bytes_) {
      RefuseLongBody(response);
      return false;
    }
    // The library reads these in a way of its own.
    if (request.is_multipart_form_data()) {
      Refuse(absl::InvalidArgumentError("Forms are not taken: the body is YAML or JSON."), 415,
             response);
      return false;
    }
    return true;
  }

  void RefuseLongBody(httplib::Response& response) const {
    Refuse(absl::InvalidArgumentError(
               absl::StrCat("The body may have ", max_body_bytes_, " bytes at most.")),
           413, response);
  }

  void ServeWithBody(const httplib::Request& request, const httplib::ContentReader& content,
                     httplib::Response& response) {
    std::string body;
    const std::shared_ptr<ByteBudget::Share> share = budget_->NewShare();
    bool is_too_long = false;
    bool is_full = false;
    // Without either of these the library would read to the end of the connection.
    const bool is_whole = !HasBody(request) || content([&](const char* bytes, size_t size) {
      is_too_long = body.size() + size > max_body_bytes_;
      is_full = !is_too_long && !share->TryGrow(size);
      if (is_too_long || is_full) return false;
      body.append(bytes, size);
      return true;
    });
    if (is_too_long) {
      RefuseLongBody(response);
    } else if (is_full) {
      Refuse(absl::UnavailableError("Too many large requests at a time; try again."), 0, response);
    } else if (!is_whole) {
      Refuse(absl::InvalidArgumentError("The body did not arrive whole, or not in time."), 408,
             response);
    } else {
      Serve(request, std::move(body), response);
    }
  }

  void Serve(const httplib::Request& request, std::string body, httplib::Response& response) {
    // Once more: the credential may have been withdrawn while the body came.
    const absl::StatusOr<Caller> caller = Judge(request);
    if (!caller.ok()) {
      Refuse(caller.status(), 0, response);
      return;
    }
    const RestConnection& connection = RestServer::Current();
    RestRequest asked{request.method, request.path, {}, std::move(body), [&connection] {
                        return connection.IsAbandoned();
                      }};
    for (const auto& [name, value] : request.params) asked.query[name] = value;
    const RestResponse answer = answer_(room_, *caller, asked);
    response.status = answer.status;
    if (answer.watch != nullptr) return ServeWatch(request, answer, response);
    response.set_content(answer.body, answer.content_type);
    // A GET's body is not read.
    if ((request.method == "GET" || request.method == "HEAD") && HasBody(request)) {
      RestServer::Current().CloseAfterAnswer();
    }
  }

  void ServeWatch(const httplib::Request& request, const RestResponse& answer,
                  httplib::Response& response) {
    RestServer::Current().BeginStream();
    // The provider has a copy of the answer: with the response goes all that it holds.
    response.set_chunked_content_provider(
        answer.content_type, [this, &request, answer](size_t, httplib::DataSink& sink) {
          const std::optional<std::string> lines = answer.watch->Next(kWatchTick);
          if (!lines.has_value() || !Judge(request).ok()) {
            sink.done();
            return true;
          }
          // Nothing for a while: that is when to look whether anybody still listens.
          return lines->empty() ? !RestServer::Current().IsAbandoned()
                                : sink.write(lines->data(), lines->size());
        });
  }

  absl::StatusOr<Caller> Judge(const httplib::Request& request) const {
    if (absl::Status status = CheckOrigin(request); !status.ok()) return status;
    access::Presented presented;
    const auto [first, last] = request.headers.equal_range("Authorization");
    for (auto it = first; it != last; ++it) presented.authorization.push_back(it->second);
    if (presented.authorization.empty()) {
      presented.certificate_pem = RestServer::Current().CertificatePem();
      presented.chain_pem = RestServer::Current().ChainPem();
    }
    access::Refusal refusal;
    const std::optional<access::Identity> identity = gate_.Judge(presented, &refusal);
    if (!identity.has_value()) return absl::UnauthenticatedError(refusal.text);
    return Caller{identity->name, identity->may_write};
  }

  static absl::Status CheckOrigin(const httplib::Request& request) {
    const std::string host = request.get_header_value("Host");
    const bool is_tls = request.ssl != nullptr;
    // With TLS a page of another name does not get past the certificate.
    if (!is_tls && !IsLocalAuthority(host)) {
      return absl::PermissionDeniedError("Host must be a loopback address or localhost.");
    }
    const std::string header = request.get_header_value("Origin");
    std::string_view origin = header;
    if (!request.has_header("Origin")) return absl::OkStatus();
    const bool is_ours =
        is_tls ? absl::ConsumePrefix(&origin, "https://") && absl::EqualsIgnoreCase(origin, host)
               : absl::ConsumePrefix(&origin, "http://") && IsLocalAuthority(origin);
    if (is_ours) return absl::OkStatus();
    return absl::PermissionDeniedError("Pages of other origins may not call this.");
  }

  const size_t max_body_bytes_;
  const std::shared_ptr<ByteBudget> budget_;
  const access::Gate& gate_;
  const Answer answer_;
  WatchRoom room_;
  RestTls tls_;
  RestServer server_;
  int port_ = 0;
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RestListener>> RestListener::Start(
    const RestListenerOptions& options, const access::Gate& gate, const access::TlsSource& tls,
    Answer answer) {
  const absl::StatusOr<HostPort> at = ReadAddress(options.address);
  if (!at.ok()) return at.status();
  const std::string objection =
      access::ObjectionTo(options.address, *tls.Current(), gate.is_open());
  if (!objection.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(options.address, ": ", objection));
  }
  auto listener = std::make_unique<HttplibRestListener>(options, gate, tls, std::move(answer));
  if (!listener->Listen(*at)) {
    return absl::UnavailableError(
        absl::StrCat(options.address, ": cannot listen there (port taken, or no such address)"));
  }
  return listener;
}

}  // namespace sluice::pushapi
