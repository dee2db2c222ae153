// SPDX-License-Identifier: Apache-2.0
#include "dataplane/upstream/fake_upstream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/socket.h>

#include <chrono>

#include "absl/log/check.h"
#include "dataplane/event/plain_transport.h"

namespace sluice::upstream {

FakeUpstream::Peer::Peer(event::Loop& loop, std::unique_ptr<event::Transport> transport) {
  event::ConnectionUser& user = *this;
  connection_ = std::make_unique<event::Connection>(loop, std::move(transport), user);
  connection_->Start(/*connecting=*/false);
}

void FakeUpstream::Peer::Send(std::string_view bytes) {
  to_send_.append(bytes);
  connection_->RequestFlush();
}

bool FakeUpstream::Peer::FinishAndWaitUntilHeard() {
  const int fd = connection_->transport().fd();
  if (shutdown(fd, SHUT_WR) != 0) return false;
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (std::chrono::steady_clock::now() < give_up) {
    tcp_info info = {};
    socklen_t size = sizeof(info);
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return false;
    if (info.tcpi_state == TCP_FIN_WAIT2) return true;  // Our FIN was acknowledged.
    sched_yield();
  }
  return false;
}

void FakeUpstream::Peer::OnBytes(base::Buffer& in) {
  received_ += in.ToString();
  in.Clear();
}

void FakeUpstream::Peer::Produce(base::Buffer& out, size_t) {
  out.AppendCopy(to_send_);
  to_send_.clear();
}

FakeUpstream::FakeUpstream(event::Loop& loop, Wrap wrap) : loop_(loop), wrap_(std::move(wrap)) {
  const auto any_port = event::Address::FromIp("127.0.0.1", 0);
  auto fd = event::ListenSocket(*any_port, {.reuse_port = false, .backlog = 128});
  CHECK_OK(fd.status());
  fd_ = *std::move(fd);
  port_ = event::LocalAddress(fd_.get())->port();
  watch_ = std::unique_ptr<event::FdWatch>(new event::FdWatch(loop_, fd_.get(), *this));
  watch_->SetInterest(/*readable=*/true, /*writable=*/false);
}

FakeUpstream::~FakeUpstream() = default;

void FakeUpstream::StopListening() {
  watch_.reset();
  fd_ = event::UniqueFd();
}

void FakeUpstream::OnReadable() {
  while (true) {
    event::Accepted accepted = event::AcceptSocket(fd_.get());
    if (!accepted.fd.valid()) return;
    std::unique_ptr<event::Transport> transport =
        wrap_ != nullptr ? wrap_(std::move(accepted.fd))
                         : std::make_unique<event::PlainTransport>(std::move(accepted.fd));
    peers_.push_back(std::make_unique<Peer>(loop_, std::move(transport)));
  }
}

}  // namespace sluice::upstream
