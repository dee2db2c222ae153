// SPDX-License-Identifier: Apache-2.0
#include "controlplane/pushapi/rest/rest_listener.h"

#include <httplib.h>
#include <sys/socket.h>

#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "controlplane/pushapi/rest/rest_routes.h"
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

bool IsLocalOrigin(std::string_view origin) {
  return absl::ConsumePrefix(&origin, "http://") && IsLocalAuthority(origin);
}

class HttplibRestListener : public RestListener {
 public:
  HttplibRestListener(const RestListenerOptions& options, OperatorTable operators,
                      Handlers& handlers)
      : operators_(std::move(operators)), handlers_(handlers) {
    // A watch keeps its thread, and may not keep everybody else from theirs.
    server_.new_task_queue = [threads = options.threads + WatchRoom::kMaxOpen] {
      return new httplib::ThreadPool(threads);
    };
    server_.set_payload_max_length(options.max_body_bytes);
    server_.set_read_timeout(5);
    server_.set_write_timeout(30);
    server_.set_keep_alive_max_count(100);
    // The library would share the port with whoever else asks for it.
    server_.set_socket_options([](socket_t socket) {
      const int on = 1;
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    });
    // The library's routing recurses over the path, once a byte.
    server_.set_pre_routing_handler(
        [](const httplib::Request& request, httplib::Response& response) {
          if (request.path.size() <= kMaxPathBytes)
            return httplib::Server::HandlerResponse::Unhandled;
          response.status = 414;
          return httplib::Server::HandlerResponse::Handled;
        });
    const auto serve = [this](const httplib::Request& request, httplib::Response& response) {
      Serve(request, response);
    };
    server_.Get(".*", serve);
    server_.Put(".*", serve);
    server_.Post(".*", serve);
    server_.Delete(".*", serve);
  }

  ~HttplibRestListener() override {
    if (!thread_.joinable()) return;
    // Before the server stops: then it would cut them off without their last chunk.
    room_.Close(kWatchEnd);
    server_.stop();
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
  void Serve(const httplib::Request& request, httplib::Response& response) {
    RestResponse answer;
    if (const absl::StatusOr<Caller> caller = Judge(request); caller.ok()) {
      RestRequest asked{request.method, request.path, {}, request.body};
      for (const auto& [name, value] : request.params) asked.query[name] = value;
      answer = AnswerRest(handlers_, room_, *caller, asked);
    } else {
      answer = ProblemResponse(caller.status());
    }
    response.status = answer.status;
    if (answer.watch == nullptr) return response.set_content(answer.body, answer.content_type);
    // The provider is a copy of the answer: with the response goes all that it holds.
    response.set_chunked_content_provider(
        answer.content_type, [answer](size_t, httplib::DataSink& sink) {
          const std::optional<std::string> lines = answer.watch->Next(kWatchTick);
          if (!lines.has_value()) {
            sink.done();
            return true;
          }
          // Nothing for a while: that is when to look whether anybody still listens.
          return lines->empty() ? sink.is_writable() : sink.write(lines->data(), lines->size());
        });
  }

  absl::StatusOr<Caller> Judge(const httplib::Request& request) const {
    if (!IsLocalAuthority(request.get_header_value("Host"))) {
      return absl::PermissionDeniedError("Host must be a loopback address or localhost.");
    }
    if (request.has_header("Origin") && !IsLocalOrigin(request.get_header_value("Origin"))) {
      return absl::PermissionDeniedError("Pages of other origins may not call this.");
    }
    if (operators_.empty()) return Caller{"loopback", true};
    const std::string header = request.get_header_value("Authorization");
    const std::optional<std::string_view> token = BearerToken(header);
    std::optional<Caller> caller;
    if (token.has_value()) caller = operators_.FindToken(*token);
    if (caller.has_value()) return *std::move(caller);
    return absl::UnauthenticatedError("A bearer token that is known here is required.");
  }

  const OperatorTable operators_;
  Handlers& handlers_;
  WatchRoom room_;
  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RestListener>> RestListener::Start(
    const RestListenerOptions& options, OperatorTable operators, Handlers& handlers) {
  const absl::StatusOr<HostPort> at = ReadAddress(options.address);
  if (!at.ok()) return at.status();
  if (!IsLocalAuthority(at->host == "::1" ? "[::1]" : at->host)) {
    return absl::FailedPreconditionError(
        absl::StrCat(options.address, ": REST is plaintext and listens on loopback only"));
  }
  auto listener = std::make_unique<HttplibRestListener>(options, std::move(operators), handlers);
  if (!listener->Listen(*at)) {
    return absl::UnavailableError(
        absl::StrCat(options.address, ": cannot listen there (port taken, or no such address)"));
  }
  return listener;
}

}  // namespace sluice::pushapi
