// SPDX-License-Identifier: Apache-2.0
#include "dataplane/exchange/shadow.h"

#include <utility>

#include "dataplane/http/syntax.h"

namespace sluice::exchange {
namespace {

// Lets go of the last reference outside of everybody's callbacks.
class Release final : public event::Deferred {
 public:
  explicit Release(std::shared_ptr<Shadow> shadow) : shadow_(std::move(shadow)) {}

 private:
  std::shared_ptr<Shadow> shadow_;
};

}  // namespace

std::shared_ptr<Shadow> Shadow::Send(const Services& services, const config::MirrorPolicy& mirror,
                                     const http::RequestHead& head, bool end_stream) {
  upstream::Cluster* cluster = services.clusters.Find(mirror.cluster);
  if (cluster == nullptr) return nullptr;
  std::shared_ptr<Shadow> shadow(new Shadow(services, mirror, head));
  shadow->self_ = shadow;
  shadow->timer_.Arm(kTimeoutMs);
  shadow->call_.Start(*cluster, shadow->no_retries_, shadow->head_, end_stream, shadow->info_);
  return shadow;
}

Shadow::Shadow(const Services& services, const config::MirrorPolicy& mirror,
               const http::RequestHead& head)
    : loop_(services.loop), call_(services.loop, services.random, *this) {
  head_.version = head.version;
  head_.method = arena_.Copy(head.method);
  head_.scheme = head.scheme == "https" ? "https" : "http";
  head_.path = arena_.Copy(head.path);
  head_.framing = head.framing;
  if (mirror.keep_host) {
    head_.authority = arena_.Copy(head.authority);
  } else {
    const http::HostPort parts = http::SplitAuthority(head.authority);
    head_.authority = parts.port.empty() ? arena_.Concat(parts.host, "-shadow")
                                         : arena_.Concat(parts.host, "-shadow:", parts.port);
  }
  for (const http::HeaderMap::Field& field : head.headers) {
    head_.headers.Add({arena_.Copy(field.name), arena_.Copy(field.value), field.id});
  }
}

Shadow::~Shadow() { timer_.Disarm(); }

void Shadow::SendData(const base::Buffer& data, bool end_stream) {
  if (self_ == nullptr) return;
  if (call_.ShouldPause()) return Done();
  base::Buffer copy;
  copy.AppendShared(data);
  call_.SendData(copy, end_stream);
}

void Shadow::OnCallResponse(http::ResponseHead& head, bool end_stream) {
  if (end_stream) Done();
}

void Shadow::OnCallData(base::Buffer& data, bool end_stream) {
  data.Clear();
  if (end_stream) Done();
}

void Shadow::Done() {
  call_.Cancel();
  timer_.Disarm();
  if (self_ != nullptr) loop_.DeleteLater(std::make_unique<Release>(std::move(self_)));
}

}  // namespace sluice::exchange
