// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/functional/any_invocable.h"
#include "dataplane/admin/admin_source.h"
#include "dataplane/admin/message.h"

namespace sluice::admin {

// Handlers answer the admin's requests, one path each. They know nothing of sockets.
//
//   GET /                  what there is
//   GET /ready             200 when traffic is welcome, else 503; the state as text
//   GET /stats             metrics, a line each ("name{labels}: value")
//   GET /stats/prometheus  metrics as Prometheus reads them
//   GET /config_dump       the configuration as received, redacted; ?include_eds
//   GET /clusters          endpoints and their counts; ?format=json
//   GET /listeners         addresses; ?format=json
//   GET /fields            fields of the configuration that have no effect
//   GET /server_info       version, node, uptime
//   GET /memory            what the process has allocated
//   POST /drain            lets what is open end, takes nothing new; the process stays; also
//                          /drain_listeners
//   POST /reopen_logs      opens the access logs again by their paths
//   POST /quitquitquit     ends the process
//
// Thread:   main.
// Errors:   problem details: 403 by request_guard.h, 404, 405 with Allow.
class Handlers {
 public:
  using Done = absl::AnyInvocable<void(AdminReply)>;

  // `source` outlives the handlers.
  explicit Handlers(AdminSource& source) : source_(source) {}

  // Calls `done` once, at once or later.
  void Answer(const AdminRequest& request, Done done);

 private:
  AdminSource& source_;
};

}  // namespace sluice::admin
