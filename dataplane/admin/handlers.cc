// SPDX-License-Identifier: Apache-2.0
#include "dataplane/admin/handlers.h"

#include <malloc.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dataplane/admin/cluster_pages.h"
#include "dataplane/admin/config_dump.h"
#include "dataplane/admin/request_guard.h"
#include "dataplane/telemetry/stats.h"

namespace sluice::admin {
namespace {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) {
  return json.dump(1, ' ', false, Json::error_handler_t::replace);
}

std::string_view StateName(ServerState state) {
  switch (state) {
    case ServerState::kPreInitializing:
      return "PRE_INITIALIZING";
    case ServerState::kInitializing:
      return "INITIALIZING";
    case ServerState::kLive:
      return "LIVE";
    case ServerState::kDraining:
      return "DRAINING";
  }
  return {};
}

bool WantsJson(const AdminRequest& request) {
  return QueryValue(request.query, "format") == "json";
}

AdminReply Ready(AdminSource& source, const AdminRequest&) {
  AdminReply reply = TextReply(absl::StrCat(StateName(source.state()), "\n"));
  if (source.state() != ServerState::kLive) reply.status = 503;
  return reply;
}

AdminReply Prometheus(AdminSource& source, const AdminRequest&) {
  AdminReply reply = TextReply(telemetry::StatsReader(source.Stats()).Prometheus());
  reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
  return reply;
}

// One line a sample, for reading and grep: the same names as Prometheus sees.
AdminReply Stats(AdminSource& source, const AdminRequest& request) {
  if (QueryValue(request.query, "format") == "prometheus") return Prometheus(source, request);
  const std::string page = telemetry::StatsReader(source.Stats()).Prometheus();
  std::string out;
  out.reserve(page.size());
  std::string_view rest = page;
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    if (line.starts_with('#')) continue;
    const size_t space = line.rfind(' ');
    absl::StrAppend(&out, line.substr(0, space), ":", line.substr(space), "\n");
  }
  return TextReply(std::move(out));
}

AdminReply Config(AdminSource& source, const AdminRequest& request) {
  return JsonReply(ConfigDump(source, HasQueryKey(request.query, "include_eds")));
}

AdminReply Listeners(AdminSource& source, const AdminRequest& request) {
  const std::vector<ListenerView> listeners = source.Listeners();
  return WantsJson(request) ? JsonReply(ListenersJson(listeners))
                            : TextReply(ListenersText(listeners));
}

AdminReply Fields(AdminSource& source, const AdminRequest&) {
  Json list = Json::array();
  for (const UnsupportedField& field : source.UnsupportedFields()) {
    list.push_back({{"resource", field.resource}, {"path", field.path}, {"count", field.count}});
  }
  return JsonReply(Dump({{"unsupported_fields", std::move(list)}}));
}

AdminReply Info(AdminSource& source, const AdminRequest&) {
  const ServerInfo info = source.Info();
  const std::string uptime = absl::StrCat(info.uptime_seconds, "s");
  return JsonReply(Dump({
      {"version", info.version},
      {"state", StateName(source.state())},
      {"uptime_current_epoch", uptime},
      {"uptime_all_epochs", uptime},
      {"node", {{"id", info.node_id}, {"cluster", info.node_cluster}}},
      {"command_line_options", {{"concurrency", info.concurrency}}},
      {"config", {{"content_hash", info.content_hash}, {"sequence", info.snapshot_sequence}}},
  }));
}

// Bytes of the process that stand in memory, as the kernel counts; 0 if it does not say.
uint64_t ResidentBytes() {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/proc/self/statm", "re"),
                                                             std::fclose);
  unsigned long long total = 0;
  unsigned long long resident = 0;
  if (file == nullptr || std::fscanf(file.get(), "%llu %llu", &total, &resident) != 2) return 0;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

AdminReply Memory(AdminSource&, const AdminRequest&) {
  const struct mallinfo2 heap = mallinfo2();
  // 64-bit numbers are strings in protobuf's JSON, and so in Envoy's answer.
  return JsonReply(Dump({{"allocated", absl::StrCat(heap.uordblks + heap.hblkhd)},
                         {"heap_size", absl::StrCat(heap.arena + heap.hblkhd)},
                         {"resident", absl::StrCat(ResidentBytes())}}));
}

AdminReply Drain(AdminSource& source, const AdminRequest&) {
  source.Drain();
  return TextReply("OK\n");
}

AdminReply ReopenLogs(AdminSource& source, const AdminRequest&) {
  source.ReopenLogs();
  return TextReply("OK\n");
}

AdminReply Quit(AdminSource& source, const AdminRequest&) {
  AdminReply reply = TextReply("OK\n");
  // First the answer, or whoever asked would be told of a broken connection.
  reply.afterwards = [&source] { source.Quit(); };
  return reply;
}

AdminReply Help(AdminSource&, const AdminRequest&);

struct Page {
  std::string_view path;
  bool changes;  // POST; else GET and HEAD.
  AdminReply (*answer)(AdminSource&, const AdminRequest&);
  std::string_view about;
};

// /clusters is here for the list alone: it answers later.
constexpr Page kPages[] = {
    {"/", false, Help, "what there is"},
    {"/clusters", false, nullptr, "endpoints and their counts (?format=json)"},
    {"/config_dump", false, Config, "the configuration as received (?include_eds)"},
    {"/drain", true, Drain, "let what is open end, take nothing new"},
    {"/drain_listeners", true, Drain, "the same"},
    {"/fields", false, Fields, "fields of the configuration that have no effect"},
    {"/listeners", false, Listeners, "addresses that are listened on (?format=json)"},
    {"/memory", false, Memory, "what the process has allocated"},
    {"/quitquitquit", true, Quit, "end the process"},
    {"/ready", false, Ready, "200 when traffic is welcome"},
    {"/reopen_logs", true, ReopenLogs, "open the access logs again by their paths"},
    {"/server_info", false, Info, "version, node, uptime"},
    {"/stats", false, Stats, "metrics, a line each (?format=prometheus)"},
    {"/stats/prometheus", false, Prometheus, "metrics as Prometheus reads them"},
};

AdminReply Help(AdminSource&, const AdminRequest&) {
  std::string out;
  for (const Page& page : kPages) {
    absl::StrAppend(&out, page.changes ? "POST " : "GET  ", page.path, "  ", page.about, "\n");
  }
  return TextReply(std::move(out));
}

// The page asked for, exactly as it is spelled: nothing is decoded or normalized (CP-06).
const Page* FindPage(std::string_view path) {
  for (const Page& page : kPages) {
    if (page.path == path) return &page;
  }
  return nullptr;
}

bool MethodFits(const Page& page, const AdminRequest& request) {
  if (page.changes) return request.method == "POST";
  return request.method == "GET" || request.is_head();
}

}  // namespace

void Handlers::Answer(const AdminRequest& request, Done done) {
  if (std::optional<AdminReply> refusal = RefuseForeign(request); refusal.has_value()) {
    return done(*std::move(refusal));
  }
  const Page* page = FindPage(request.path);
  if (page == nullptr) {
    return done(Problem(404, absl::StrCat("\"", request.path, "\" is not here; / lists what is")));
  }
  if (!MethodFits(*page, request)) {
    AdminReply reply = Problem(
        405, absl::StrCat(page->path, page->changes ? " changes something" : " only shows"));
    reply.allow = page->changes ? "POST" : "GET, HEAD";
    return done(std::move(reply));
  }
  if (page->answer != nullptr) return done(page->answer(source_, request));
  source_.ForClusters([json = WantsJson(request),
                       done = std::move(done)](std::vector<ClusterView> clusters) mutable {
    done(json ? JsonReply(ClustersJson(clusters)) : TextReply(ClustersText(clusters)));
  });
}

}  // namespace sluice::admin
