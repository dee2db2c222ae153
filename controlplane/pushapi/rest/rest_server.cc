// SPDX-License-Identifier: Apache-2.0
#include "controlplane/pushapi/rest/rest_server.h"

#include <sys/socket.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace sluice::pushapi {
namespace {

constexpr int kMaxRequests = 100;

// The library hands over no context with a request, and a connection as an opaque task: the thread
// that runs it knows.
thread_local RestConnection* current = nullptr;
thread_local bool is_full = false;

// Runs connections on threads of its own. One that comes when all are taken and as many wait is run
// at once, with is_full set: it is told so and closed.
class ConnectionQueue : public httplib::TaskQueue {
 public:
  explicit ConnectionQueue(size_t size) : max_waiting_(size) {
    for (size_t i = 0; i < size; ++i) threads_.emplace_back([this] { Run(); });
  }

  void enqueue(std::function<void()> serve) override {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (waiting_.size() < max_waiting_) {
        waiting_.push_back(std::move(serve));
        changed_.notify_one();
        return;
      }
    }
    is_full = true;
    serve();
    is_full = false;
  }

  void shutdown() override {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      is_over_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  void Run() {
    for (;;) {
      std::unique_lock<std::mutex> lock(mutex_);
      changed_.wait(lock, [this] { return is_over_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      const std::function<void()> serve = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      serve();
    }
  }

  const size_t max_waiting_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  bool is_over_ = false;
  std::vector<std::thread> threads_;
};

void SayFull(int socket) {
  constexpr std::string_view kAnswer =
      "HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
  send(socket, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace

RestServer::RestServer(const ConnectionLimits& limits, size_t max_connections, RestTls& tls)
    : limits_(limits), tls_(tls) {
  new_task_queue = [max_connections] { return new ConnectionQueue(max_connections); };
  set_payload_max_length(limits.max_body_bytes);
}

RestConnection& RestServer::Current() { return *current; }

bool RestServer::Enter(int socket) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (is_stopped_) return false;
  open_.insert(socket);
  return true;
}

void RestServer::Leave(int socket) {
  const std::lock_guard<std::mutex> lock(mutex_);
  open_.erase(socket);
}

void RestServer::StopAll() {
  stop();
  const std::lock_guard<std::mutex> lock(mutex_);
  is_stopped_ = true;
  // Wakes those that wait for a peer; an answer may still be written.
  for (const int socket : open_) ::shutdown(socket, SHUT_RD);
}

bool RestServer::process_and_close_socket(socket_t socket) {
  RestConnection connection(socket, limits_);
  const std::shared_ptr<SSL_CTX> context = tls_.Current();
  if (is_full && context == nullptr) SayFull(socket);
  if (is_full || !Enter(socket)) return false;
  if (context == nullptr || connection.Handshake(context.get())) {
    current = &connection;
    for (int left = kMaxRequests; left > 0 && connection.AwaitRequest(); --left) {
      bool is_closed = false;
      const bool is_answered =
          process_request(connection, left == 1, is_closed,
                          [&](httplib::Request& request) { request.ssl = connection.ssl(); });
      if (!is_answered || is_closed || connection.is_last()) break;
    }
    current = nullptr;
    connection.Linger();
  }
  Leave(socket);
  return true;
}

}  // namespace sluice::pushapi
