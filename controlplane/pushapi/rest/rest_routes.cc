// SPDX-License-Identifier: Apache-2.0
#include "controlplane/pushapi/rest/rest_routes.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "api/manifest/kinds.h"
#include "base/nearest.h"
#include "base/status_macros.h"
#include "controlplane/pushapi/documents.h"
#include "controlplane/pushapi/rejection.h"
#include "google/protobuf/util/json_util.h"

namespace sluice::pushapi {
namespace {

using Json = nlohmann::ordered_json;

// How often a wait looks whether anybody still waits.
constexpr absl::Duration kLook = absl::Milliseconds(250);

int HttpStatusOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return 400;
    case absl::StatusCode::kUnauthenticated:
      return 401;
    case absl::StatusCode::kPermissionDenied:
      return 403;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kAlreadyExists:
      return 409;
    case absl::StatusCode::kFailedPrecondition:
      return 422;
    case absl::StatusCode::kUnimplemented:
      return 501;
    case absl::StatusCode::kUnavailable:
      return 503;
    case absl::StatusCode::kResourceExhausted:
      return 507;
    default:
      return 500;
  }
}

std::string_view TitleOf(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Content";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 507:
      return "Insufficient Storage";
    default:
      return "Internal Server Error";
  }
}

// What an /apis path names.
struct Target {
  const manifest::KindInfo* kind = nullptr;
  std::string ns;
  std::string name;
};

bool IsOfVersion(const manifest::KindInfo& kind, std::string_view group, std::string_view version) {
  return kind.group == group &&
         (kind.version == version ||
          std::find(kind.also_read.begin(), kind.also_read.end(), version) != kind.also_read.end());
}

std::optional<Target> ReadTarget(std::string_view path) {
  std::vector<std::string_view> parts = absl::StrSplit(path.substr(1), '/');
  std::string_view group, version;
  size_t at = 0;
  if (parts[0] == "apis" && parts.size() >= 4) {
    group = parts[1];
    version = parts[2];
    at = 3;
  } else if (parts[0] == "api" && parts.size() >= 3) {
    version = parts[1];
    at = 2;
  } else {
    return std::nullopt;
  }
  Target target;
  // "namespaces" is also a plural: /api/v1/namespaces/NAME.
  if (parts[at] == "namespaces" && parts.size() > at + 2) {
    target.ns = parts[at + 1];
    at += 2;
  }
  target.kind = manifest::FindKindByPlural(parts[at]);
  if (target.kind == nullptr || !IsOfVersion(*target.kind, group, version)) return std::nullopt;
  if (parts.size() > at + 2) return std::nullopt;
  if (parts.size() == at + 2) target.name = parts[at + 1];
  return target;
}

// One request being answered.
class Answering {
 public:
  Answering(Handlers& handlers, WatchRoom& room, const Caller& caller, const RestRequest& request)
      : handlers_(handlers), room_(room), caller_(caller), request_(request) {}

  RestResponse Answer() {
    const std::string& path = request_.path;
    if (path.empty() || path[0] != '/') return NoSuchPath();
    for (const OwnPath& own : kOwnPaths) {
      if (path != own.path) continue;
      if (request_.method != own.method) return WrongMethod(own.method);
      if (absl::Status status = CheckQuery(own.query); !status.ok()) return ProblemResponse(status);
      return (this->*own.answer)();
    }
    const std::optional<Target> target = ReadTarget(path);
    if (!target.has_value()) return NoSuchPath();
    if (absl::Status status = CheckQuery(QueryOfObjects()); !status.ok()) {
      return ProblemResponse(status);
    }
    if (request_.method == "GET" && IsOn("watch")) return Watch(*target);
    if (target->name.empty()) return request_.method == "GET" ? List(*target) : WrongMethod("GET");
    if (request_.method == "GET") return Get(*target);
    if (request_.method == "PUT") return Put(*target);
    if (request_.method == "DELETE") return Delete(*target);
    return WrongMethod("GET, PUT or DELETE");
  }

 private:
  // A path of ours, what its query may hold, and who answers.
  struct OwnPath {
    std::string_view path;
    std::string_view method;
    std::string_view query;  // Names, joined by spaces.
    RestResponse (Answering::*answer)();
  };
  static const OwnPath kOwnPaths[7];

  // Of objects and lists. Kubernetes' clients send the last five as a matter of
  // course; without them the answer is the same.
  std::string QueryOfObjects() const {
    const std::string_view of_method =
        request_.method == "GET" ? "watch resourceVersion timeoutSeconds allowWatchBookmarks"
                                 : "dryRun strict message";
    return absl::StrCat(of_method, " fieldManager fieldValidation pretty limit timeout");
  }

  // What is asked for and not known must not be passed over: a misspelt dryRun would apply for
  // real, a labelSelector would be answered with everything. Nor may what is no number pass for a
  // default: a wait would be for another revision.
  absl::Status CheckQuery(std::string_view known) const {
    const std::vector<std::string_view> names = absl::StrSplit(known, ' ', absl::SkipEmpty());
    for (const auto& [name, value] : request_.query) {
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        const std::string_view nearest = base::NearestName(name, names);
        return absl::InvalidArgumentError(absl::StrCat(
            "The query's ", name, " is not known here; ",
            nearest.empty() ? absl::StrCat("known are ", absl::StrJoin(names, ", "), ".")
                            : absl::StrCat("did you mean ", nearest, "?")));
      }
      int64_t number = 0;
      if (!IsNumber(name) || value.empty()) continue;
      if (absl::SimpleAtoi(value, &number) && number >= 0) continue;
      return absl::InvalidArgumentError(
          absl::StrCat("The query's ", name, ", \"", value, "\", must be a whole number."));
    }
    return absl::OkStatus();
  }
  static bool IsNumber(std::string_view name) {
    return name == "limit" || name == "resourceVersion" || name == "revision" ||
           name == "timeoutMs" || name == "timeoutSeconds";
  }

  RestResponse NoSuchPath() const {
    return ProblemResponse(
        absl::NotFoundError(absl::StrCat("There is no ", request_.path, " here.")));
  }

  RestResponse WrongMethod(std::string_view allowed) const {
    return ProblemResponse(absl::InvalidArgumentError(absl::StrCat(
                               request_.path, " takes ", allowed, ", not ", request_.method, ".")),
                           405);
  }

  template <typename Response>
  static RestResponse Show(const absl::StatusOr<Response>& response) {
    if (!response.ok()) return ProblemResponse(response.status());
    RestResponse out;
    google::protobuf::util::JsonPrintOptions options;
    options.always_print_primitive_fields = true;
    if (!google::protobuf::util::MessageToJsonString(*response, &out.body, options).ok()) {
      return ProblemResponse(absl::InternalError("The answer cannot be written as JSON."));
    }
    return out;
  }

  std::string Query(const std::string& name) const {
    const auto it = request_.query.find(name);
    return it == request_.query.end() ? "" : it->second;
  }
  bool IsOn(const std::string& name) const {
    const auto it = request_.query.find(name);
    return it != request_.query.end() && it->second != "false" && it->second != "0";
  }
  // 0 if it is not given.
  int64_t Number(const std::string& name) const {
    int64_t number = 0;
    return absl::SimpleAtoi(Query(name), &number) ? number : 0;
  }

  // The body, as the documents of a request; and what else its query says.
  template <typename Request>
  Request WithDocuments() const {
    Request request;
    push::v1::Document& document = *request.add_documents();
    document.set_file("request");
    document.set_text(request_.body);
    request.set_default_namespace(Query("namespace"));
    return request;
  }

  RestResponse Apply() {
    auto request = WithDocuments<push::v1::ApplyRequest>();
    request.set_dry_run(IsOn("dryRun"));
    request.set_strict(IsOn("strict"));
    request.set_message(Query("message"));
    return Show(handlers_.Apply(caller_, request));
  }

  RestResponse DeleteDocuments() {
    auto request = WithDocuments<push::v1::DeleteRequest>();
    request.set_dry_run(IsOn("dryRun"));
    request.set_message(Query("message"));
    return Show(handlers_.Delete(caller_, request));
  }

  RestResponse Diff() {
    return Show(handlers_.Diff(caller_, WithDocuments<push::v1::DiffRequest>()));
  }

  RestResponse Fleet() {
    push::v1::FleetRequest request;
    request.set_gateway(Query("gateway"));
    return Show(handlers_.Fleet(caller_, request));
  }

  RestResponse Revision() { return {.body = Json{{"revision", handlers_.Revision()}}.dump()}; }

  RestResponse History() {
    push::v1::HistoryRequest request;
    request.set_limit(static_cast<int32_t>(std::clamp<int64_t>(Number("limit"), 0, 1000)));
    return Show(handlers_.History(caller_, request));
  }

  RestResponse Wait() {
    push::v1::WaitRequest request;
    request.set_revision(Number("revision"));
    request.set_timeout_ms(Number("timeoutMs"));
    // Whoever answers may be at it while this call leaves.
    struct Outcome {
      absl::Notification is_there;
      push::v1::WaitResponse response;
    };
    const auto outcome = std::make_shared<Outcome>();
    const std::shared_ptr<void> waiting =
        handlers_.Wait(request, [outcome](push::v1::WaitResponse answer) {
          outcome->response = std::move(answer);
          outcome->is_there.Notify();
        });
    while (!outcome->is_there.WaitForNotificationWithTimeout(kLook)) {
      if (request_.is_abandoned && request_.is_abandoned()) {
        return ProblemResponse(absl::UnavailableError("The wait was cut short."));
      }
    }
    return Show(absl::StatusOr<push::v1::WaitResponse>(std::move(outcome->response)));
  }

  push::v1::ObjectKey KeyOf(const Target& target) const {
    push::v1::ObjectKey key;
    key.set_kind(std::string(target.kind->kind));
    key.set_namespace_(target.ns);
    key.set_name(target.name);
    return key;
  }

  RestResponse List(const Target& target) {
    push::v1::ListRequest request;
    request.add_kinds(std::string(target.kind->kind));
    request.set_namespace_(target.ns);
    const auto list = handlers_.List(caller_, request);
    if (!list.ok()) return ProblemResponse(list.status());
    RestResponse response;
    response.body = absl::StrCat(R"({"apiVersion":")", target.kind->ApiVersion(), R"(","kind":")",
                                 target.kind->kind, R"(List","metadata":{"resourceVersion":")",
                                 list->revision(), R"("},"items":[)");
    for (int i = 0; i < list->items_size(); ++i) {
      absl::StrAppend(&response.body, i == 0 ? "" : ",", list->items(i).json());
    }
    absl::StrAppend(&response.body, "]}");
    return response;
  }

  RestResponse Watch(const Target& target) {
    WatchOptions options{.kind = std::string(target.kind->kind),
                         .api_version = target.kind->ApiVersion(),
                         .name = target.name,
                         .resource_version = Number("resourceVersion"),
                         .bookmarks = IsOn("allowWatchBookmarks")};
    if (const int64_t seconds = Number("timeoutSeconds"); seconds > 0) {
      options.until = absl::Now() + absl::Seconds(seconds);
    }
    push::v1::WatchRequest request;
    request.add_kinds(options.kind);
    request.set_namespace_(target.ns);
    request.set_from_revision(options.resource_version);
    RestResponse response;
    response.watch = std::make_shared<RestWatch>(std::move(options));
    auto ticket = room_.Enter(response.watch);
    if (!ticket.ok()) return ProblemResponse(ticket.status());
    response.ticket = *std::move(ticket);
    auto feed = handlers_.Watch(caller_, request, response.watch);
    if (!feed.ok()) return ProblemResponse(feed.status());
    response.feed = *std::move(feed);
    response.content_type = "application/json;stream=watch";
    return response;
  }

  RestResponse Get(const Target& target) {
    push::v1::GetRequest request;
    *request.mutable_key() = KeyOf(target);
    const auto object = handlers_.Get(caller_, request);
    if (!object.ok()) return ProblemResponse(object.status());
    return {.body = object->json()};
  }

  RestResponse Put(const Target& target) {
    auto request = WithDocuments<push::v1::ApplyRequest>();
    request.set_default_namespace(target.ns);
    request.set_dry_run(IsOn("dryRun"));
    request.set_strict(IsOn("strict"));
    request.set_message(Query("message"));
    if (absl::Status status = CheckIsThatObject(request, target); !status.ok()) {
      return ProblemResponse(status);
    }
    const auto applied = handlers_.Apply(caller_, request);
    RestResponse response = Show(applied);
    const bool is_new = applied.ok() && !request.dry_run() &&
                        applied->results(0).outcome() == push::v1::OUTCOME_CREATED;
    if (is_new) response.status = 201;
    return response;
  }

  // A PUT writes the object that its path names and no other.
  static absl::Status CheckIsThatObject(const push::v1::ApplyRequest& request,
                                        const Target& target) {
    SLUICE_ASSIGN_OR_RETURN(const std::vector<manifest::Object> objects,
                            ReadDocuments(request.documents(), request.default_namespace()));
    if (objects.size() != 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("The body holds ", objects.size(), " objects; a PUT takes one."));
    }
    const manifest::ObjectKey& key = objects[0].key;
    const bool is_same = key.kind == target.kind->kind && key.name == target.name &&
                         (key.ns == target.ns || (target.ns.empty() && key.ns == "default"));
    if (is_same) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("The body is ", key.ToString(), ", which the path does not name."));
  }

  RestResponse Delete(const Target& target) {
    push::v1::DeleteRequest request;
    *request.add_keys() = KeyOf(target);
    request.set_dry_run(IsOn("dryRun"));
    request.set_message(Query("message"));
    const auto deleted = handlers_.Delete(caller_, request);
    if (deleted.ok() && deleted->results(0).outcome() == push::v1::OUTCOME_ABSENT) {
      return ProblemResponse(
          absl::NotFoundError(absl::StrCat("There is no ", target.kind->kind, " ", target.ns,
                                           target.ns.empty() ? "" : "/", target.name, ".")));
    }
    return Show(deleted);
  }

  Handlers& handlers_;
  WatchRoom& room_;
  const Caller& caller_;
  const RestRequest& request_;
};

const Answering::OwnPath Answering::kOwnPaths[7] = {
    {"/apply", "POST", "dryRun strict message namespace", &Answering::Apply},
    {"/delete", "POST", "dryRun message namespace", &Answering::DeleteDocuments},
    {"/diff", "POST", "namespace", &Answering::Diff},
    {"/fleet", "GET", "gateway", &Answering::Fleet},
    {"/revision", "GET", "", &Answering::Revision},
    {"/history", "GET", "limit", &Answering::History},
    {"/wait", "GET", "revision timeoutMs", &Answering::Wait},
};

}  // namespace

RestResponse AnswerRest(Handlers& handlers, WatchRoom& room, const Caller& caller,
                        const RestRequest& request) {
  return Answering(handlers, room, caller, request).Answer();
}

RestResponse ProblemResponse(const absl::Status& status, int http_status) {
  RestResponse response;
  response.status = http_status != 0 ? http_status : HttpStatusOf(status.code());
  response.content_type = "application/problem+json";
  Json body{{"type", "about:blank"},
            {"title", TitleOf(response.status)},
            {"status", response.status},
            {"detail", std::string(status.message())}};
  const push::v1::Rejection rejection = RejectionOf(status);
  for (const push::v1::Problem& problem : rejection.problems()) {
    body["problems"].push_back(Json{{"file", problem.file()},
                                    {"line", problem.line()},
                                    {"resource", problem.resource()},
                                    {"path", problem.path()},
                                    {"reason", problem.reason()}});
  }
  response.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  return response;
}

}  // namespace sluice::pushapi
