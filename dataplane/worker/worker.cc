// SPDX-License-Identifier: Apache-2.0
#include "dataplane/worker/worker.h"

#include <pthread.h>

#include <random>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"

namespace sluice::worker {
namespace {

constexpr int64_t kLogFlushMs = 1000;
constexpr int64_t kDrainCheckMs = 20;

// One runtime, held for its filter chain.
class RuntimeHandler final : public listener::ChainHandler {
 public:
  explicit RuntimeHandler(exchange::HttpRuntime* runtime) : runtime_(runtime) {}
  ~RuntimeHandler() override { runtime_->Unref(); }
  http::RequestHandler& handler() override { return *runtime_; }

 private:
  exchange::HttpRuntime* const runtime_;
};

uint64_t Seed() {
  std::random_device device;
  return (uint64_t{device()} << 32) | device();
}

}  // namespace

bool Worker::Passwords::TryCheck(std::string hash, std::string password,
                                 absl::AnyInvocable<void(bool good)> done) {
  return threads_.TryCheck(std::move(hash), std::move(password),
                           [&loop = loop_, done = std::move(done)](bool good) mutable {
                             loop.Post([good, done = std::move(done)]() mutable { done(good); });
                           });
}

Worker::Worker(uint32_t index, uint32_t workers, telemetry::LogFiles& log_files,
               crypto::PasswordThreads& passwords, limits::LimitTable& limits)
    : index_(index),
      workers_(workers),
      log_files_(log_files),
      random_(Seed()),
      clusters_(loop_, workers, stats_),
      passwords_(passwords, loop_),
      filters_(loop_, stats_, passwords_, limits),
      services_{loop_, clusters_, random_, side_calls_, filters_} {}

Worker::~Worker() { StopAndJoin(); }

void Worker::Start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), absl::StrCat("worker-", index_).c_str());
    flush_timer_.Arm(kLogFlushMs);
    loop_.Run();
    CloseEverything();
  });
}

void Worker::Publish(std::shared_ptr<const Update> update, std::function<void()> applied) {
  loop_.Post([this, update = std::move(update), applied = std::move(applied)] {
    Apply(*update);
    if (applied) applied();
  });
}

void Worker::Apply(const Update& update) {
  // Clusters first: a new route must find what it leads to.
  clusters_.Apply(*update.snapshot);
  filters_.SetConsumers(update.snapshot->consumers);
  if (draining_) return;  // What is open lives on; nothing is to be opened any more.

  absl::flat_hash_map<std::string, std::unique_ptr<listener::ActiveListener>> next;
  for (const std::shared_ptr<const config::Listener>& config : update.snapshot->listeners) {
    const auto sockets = update.sockets.find(config->name);
    // Could not be bound.
    if (sockets == update.sockets.end() || sockets->second.empty()) continue;
    std::unique_ptr<listener::ActiveListener> active;
    if (auto it = listeners_.find(config->name); it != listeners_.end()) {
      active = std::move(it->second);
      listeners_.erase(it);
    } else {
      active = std::make_unique<listener::ActiveListener>(
          loop_, index_, workers_, stats_, config->name,
          [this](const config::Listener& listener, const config::FilterChain& chain) {
            return MakeHandler(listener, chain);
          });
    }
    active->Apply(config, sockets->second);
    next.emplace(config->name, std::move(active));
  }
  for (auto& [name, removed] : listeners_) {
    removed->Drain();
    retired_.push_back(std::move(removed));
  }
  listeners_ = std::move(next);
  std::erase_if(retired_, [](const auto& listener) { return listener->connections() == 0; });
  filters_.Sweep();
}

std::unique_ptr<listener::ChainHandler> Worker::MakeHandler(const config::Listener& listener,
                                                            const config::FilterChain& chain) {
  std::unique_ptr<exchange::ListenerMetrics>& metrics = metrics_[listener.name];
  if (metrics == nullptr) {
    metrics = std::make_unique<exchange::ListenerMetrics>(stats_, listener.name);
  }
  std::vector<std::shared_ptr<telemetry::AccessLogger>> loggers;
  for (const std::shared_ptr<const config::AccessLog>& log : chain.http->access_logs) {
    if (auto logger = LoggerFor(log); logger != nullptr) loggers.push_back(std::move(logger));
  }
  return std::make_unique<RuntimeHandler>(
      exchange::HttpRuntime::New(services_, chain.http, std::move(loggers), *metrics));
}

std::shared_ptr<telemetry::AccessLogger> Worker::LoggerFor(
    const std::shared_ptr<const config::AccessLog>& config) {
  std::weak_ptr<telemetry::AccessLogger>& known = loggers_[config.get()];
  if (std::shared_ptr<telemetry::AccessLogger> logger = known.lock()) return logger;
  auto format = telemetry::LogFormat::Compile(*config);
  auto file = log_files_.Open(*config);
  if (!format.ok() || !file.ok()) {
    // Requests are served without this log rather than not at all; the reason is said whenever a
    // chain that writes it is applied.
    LOG(ERROR) << "access log " << config->path << ": "
               << (format.ok() ? file.status() : format.status());
    return nullptr;
  }
  auto logger =
      std::make_shared<telemetry::AccessLogger>(config, *std::move(format), *std::move(file));
  known = logger;
  return logger;
}

void Worker::FlushLogs() {
  flush_timer_.Arm(kLogFlushMs);
  absl::erase_if(loggers_, [](auto& entry) {
    const std::shared_ptr<telemetry::AccessLogger> logger = entry.second.lock();
    if (logger != nullptr) logger->Flush();
    return logger == nullptr;
  });
}

void Worker::Drain(int64_t limit_ms, std::function<void()> done) {
  loop_.Post([this, limit_ms, done = std::move(done)] {
    draining_ = true;
    drained_ = done;
    drain_until_ms_ = loop_.now_ms() + limit_ms;
    for (auto& [name, listener] : listeners_) {
      listener->Drain();
      retired_.push_back(std::move(listener));
    }
    listeners_.clear();
    CheckDrained();
  });
}

void Worker::CheckDrained() {
  size_t open = 0;
  for (const auto& listener : retired_) open += listener->connections();
  if (open > 0 && loop_.now_ms() < drain_until_ms_) return drain_timer_.Arm(kDrainCheckMs);
  for (const auto& listener : retired_) listener->CloseAll();
  FlushLogs();
  if (drained_) std::exchange(drained_, nullptr)();
}

void Worker::VisitClusters(std::function<void(const upstream::Cluster&)> visit,
                           std::function<void()> done) {
  loop_.Post([this, visit = std::move(visit), done = std::move(done)] {
    clusters_.ForEach(visit);
    done();
  });
}

void Worker::StopAndJoin() {
  if (!thread_.joinable()) return;
  loop_.Stop();
  thread_.join();
}

// On the worker's own thread: what lives there must die there.
void Worker::CloseEverything() {
  // A publish that is posted already must not make listeners that nobody closes any more.
  draining_ = true;
  for (auto& [name, listener] : listeners_) retired_.push_back(std::move(listener));
  listeners_.clear();
  for (const auto& listener : retired_) listener->CloseAll();
  // Closing is finished by the loop's turns.
  loop_.RunOnce();
  loop_.RunOnce();
  FlushLogs();
  flush_timer_.Disarm();
  drain_timer_.Disarm();
  retired_.clear();
}

}  // namespace sluice::worker
