// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "sluice/push/v1/push.pb.h"
#include "tools/sluicectl/output.h"
#include "tools/sluicectl/problem_text.h"
#include "tools/sluicectl/session.h"
#include "tools/sluicectl/verbs.h"

namespace sluice::sluicectl {
namespace {

using Json = nlohmann::json;

constexpr char kLive[] = "sluice.dev/Live";

// Every list of conditions in a status: its own, its parents', its ancestors'.
std::vector<Json> ConditionsOf(const Json& object) {
  std::vector<Json> all;
  const Json status = object.value("status", Json::object());
  const auto take = [&](const Json& holder) {
    for (const Json& condition : holder.value("conditions", Json::array())) {
      all.push_back(condition);
    }
  };
  take(status);
  for (const char* list : {"listeners", "parents", "ancestors"}) {
    for (const Json& holder : status.value(list, Json::array())) take(holder);
  }
  return all;
}

// "ok", or the reasons of what is not.
std::string StateOf(const std::vector<Json>& conditions) {
  if (conditions.empty()) return "-";
  std::vector<std::string> bad;
  for (const Json& condition : conditions) {
    const std::string type = condition.value("type", "");
    if (type == kLive) continue;
    const bool is_good = condition.value("status", "") == (type == "Conflicted" ? "False" : "True");
    const std::string reason = condition.value("reason", type);
    if (!is_good && !absl::c_linear_search(bad, reason)) bad.push_back(reason);
  }
  return bad.empty() ? "ok" : absl::StrJoin(bad, ",");
}

std::string LiveOf(const std::vector<Json>& conditions) {
  for (const Json& condition : conditions) {
    if (condition.value("type", "") == kLive) return condition.value("message", "");
  }
  return "-";
}

std::vector<std::string> RowOf(const push::v1::ObjectKey& key, const std::string& text) {
  const Json object = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return {key.kind(), key.namespace_(), key.name(), "?", "?", "?"};
  const std::vector<Json> conditions = ConditionsOf(object);
  const Json meta = object.value("metadata", Json::object());
  return {key.kind(),          key.namespace_().empty() ? "-" : key.namespace_(),
          key.name(),          meta.value("resourceVersion", ""),
          StateOf(conditions), LiveOf(conditions)};
}

// The objects as one list, as Kubernetes has it.
std::string AsList(const push::v1::ListResponse& response) {
  std::string json = R"({"apiVersion":"v1","kind":"List","items":[)";
  for (int i = 0; i < response.items_size(); ++i) {
    absl::StrAppend(&json, i == 0 ? "" : ",", response.items(i).json());
  }
  return json + "]}";
}

ExitCode Watch(Session& session, const push::v1::ListRequest& what, Streams& streams) {
  push::v1::WatchRequest request;
  *request.mutable_kinds() = what.kinds();
  request.set_namespace_(what.namespace_());
  session.Stream("Watch", request, [&](const std::string& bytes) {
    push::v1::WatchResponse response;
    if (!response.ParseFromString(bytes)) return false;
    for (const push::v1::WatchChange& change : response.changes()) {
      streams.out << "revision " << response.revision() << ": " << ToText(change.key())
                  << (change.json().empty() ? " deleted" : "") << std::endl;
    }
    return true;
  });
  return session.exit_code();
}

ExitCode GetOne(Session& session, const Invocation& invocation, Format format, Streams& streams) {
  push::v1::GetRequest request;
  request.mutable_key()->set_kind(invocation.arguments()[0]);
  request.mutable_key()->set_namespace_(invocation.Get("namespace"));
  request.mutable_key()->set_name(invocation.arguments()[1]);
  push::v1::GetResponse response;
  if (!session.Call("Get", request, &response)) return session.exit_code();
  if (format != Format::kTable) {
    PrintValue(response.json(), format, streams.out);
    return ExitCode::kOk;
  }
  const Json object = Json::parse(response.json(), nullptr, /*allow_exceptions=*/false);
  push::v1::ObjectKey key = request.key();
  if (object.is_object()) {
    const Json meta = object.value("metadata", Json::object());
    key.set_kind(object.value("kind", ""));
    key.set_namespace_(meta.value("namespace", ""));
  }
  PrintTable({"KIND", "NAMESPACE", "NAME", "REVISION", "STATE", "LIVE"},
             {RowOf(key, response.json())}, streams.out);
  return ExitCode::kOk;
}

}  // namespace

ExitCode RunGet(const Invocation& invocation, Streams& streams) {
  const std::optional<Format> format = ReadFormat(invocation, streams);
  if (!format.has_value()) return ExitCode::kUsage;
  const bool is_of_one = invocation.arguments().size() == 2;
  if (invocation.Has("watch") && (is_of_one || *format != Format::kTable)) {
    streams.err << "sluicectl: --watch tells the changes of kinds, a line each: it goes with no "
                   "NAME and no other --output\n";
    return ExitCode::kUsage;
  }
  const std::unique_ptr<Session> session = Session::Open(invocation, streams);
  if (session == nullptr) return ExitCode::kUsage;
  if (is_of_one) return GetOne(*session, invocation, *format, streams);
  push::v1::ListRequest request;
  if (!invocation.arguments().empty() && invocation.arguments()[0] != "all") {
    for (const std::string_view kind : absl::StrSplit(invocation.arguments()[0], ',')) {
      request.add_kinds(std::string(kind));
    }
  }
  request.set_namespace_(invocation.Get("namespace"));
  if (invocation.Has("watch")) return Watch(*session, request, streams);
  push::v1::ListResponse response;
  if (!session->Call("List", request, &response)) return session->exit_code();
  if (*format != Format::kTable) {
    PrintValue(AsList(response), *format, streams.out);
    return ExitCode::kOk;
  }
  std::vector<std::vector<std::string>> rows;
  for (const push::v1::ListItem& item : response.items()) {
    rows.push_back(RowOf(item.key(), item.json()));
  }
  if (rows.empty()) {
    streams.out << "nothing there\n";
  } else {
    PrintTable({"KIND", "NAMESPACE", "NAME", "REVISION", "STATE", "LIVE"}, rows, streams.out);
  }
  return ExitCode::kOk;
}

}  // namespace sluice::sluicectl
