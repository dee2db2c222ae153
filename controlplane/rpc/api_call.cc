// SPDX-License-Identifier: Apache-2.0
#include "controlplane/rpc/api_call.h"

#include <utility>

namespace sluice::rpc {
namespace {

std::string ToString(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  bytes.reserve(buffer.Length());
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

}  // namespace

grpc::ServerGenericBidiReactor* ApiCall::Serve(std::shared_ptr<access::Ticket> ticket,
                                               ShareOfBytes share, OnRequest on_request,
                                               grpc::ServerContextBase* context) {
  auto call = std::make_shared<ApiCall>(context);
  call->share_ = std::move(share);
  call->on_request_ = std::move(on_request);
  call->self_ = call;
  call->ticket_ = std::move(ticket);
  call->StartRead(&call->incoming_);
  call->ticket_->SetOnRevoked([weak = std::weak_ptr<ApiCall>(call)](const std::string& reason) {
    if (const auto revoked = weak.lock()) revoked->Revoke(reason);
  });
  return call.get();
}

size_t ApiCall::Send(std::string message) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    // After the last word nothing more is sent; it may be a withdrawn credential's.
    if (is_over_ || last_word_.has_value()) return 0;
    queued_bytes_ += message.size();
    queue_.push_back(std::move(message));
    if (is_writing_ || !TakeNextLocked()) return queued_bytes_;
    is_writing_ = true;
  }
  StartWrite(&outgoing_);
  return 0;
}

void ApiCall::Finish(pushapi::CallStatus status) {
  grpc::Status word(static_cast<grpc::StatusCode>(status.code), std::move(status.text),
                    std::move(status.details));
  bool is_writing = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_writing = is_writing_;
    if (is_writing) {
      if (last_word_.has_value()) return;
      last_word_ = word;
      if (word.ok()) return;
      queue_.clear();
      queued_bytes_ = 0;
    }
  }
  if (is_writing) {
    // Most likely the peer reads too slowly, or not at all.
    cutter_.Arm(weak_from_this());
  } else {
    End(std::move(word));
  }
}

void ApiCall::Hold(std::shared_ptr<void> what) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    // What comes too late dies with the argument, after the lock.
    if (!is_over_) held_.push_back(std::move(what));
  }
  MaybeEndRevoked();
}

void ApiCall::Revoke(const std::string& reason) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    revoked_ = reason;
  }
  MaybeEndRevoked();
}

void ApiCall::MaybeEndRevoked() {
  grpc::Status word;
  bool is_writing = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (is_over_ || !revoked_.has_value() || held_.empty()) return;
    word = {grpc::StatusCode::UNAUTHENTICATED, *revoked_};
    is_writing = is_writing_;
    if (is_writing) {
      if (last_word_.has_value()) return;
      queue_.clear();
      queued_bytes_ = 0;
      last_word_ = word;
    }
  }
  if (is_writing) {
    // The peer may never read it.
    cutter_.Arm(weak_from_this());
  } else {
    End(std::move(word));
  }
}

void ApiCall::OnReadDone(bool ok) {
  if (!ok) {
    End({grpc::StatusCode::INVALID_ARGUMENT, "the call holds no request"});
    return;
  }
  // The share goes with the request: its bytes are given back when that is answered.
  ShareOfBytes share = std::move(share_);
  if (!share->TryGrow(incoming_.Length()) ||
      !on_request_(ToString(incoming_), std::move(share), shared_from_this())) {
    End({grpc::StatusCode::RESOURCE_EXHAUSTED, "too many calls are waiting; try again"});
  }
  incoming_.Clear();
}

void ApiCall::OnWriteDone(bool ok) {
  grpc::Status word(grpc::StatusCode::UNAVAILABLE, "the call broke");
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (ok && TakeNextLocked()) {
      word = grpc::Status::OK;
    } else {
      is_writing_ = false;
      if (ok && !last_word_.has_value()) return;
      if (ok) word = *std::move(last_word_);
      ok = false;
    }
  }
  if (ok) {
    StartWrite(&outgoing_);
  } else {
    End(std::move(word));
  }
}

void ApiCall::OnCancel() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    // A write that is under way fails now, and says the end.
    if (is_writing_) return;
  }
  End(grpc::Status::CANCELLED);
}

void ApiCall::OnDone() {
  // The API may hold the call for longer.
  ticket_.reset();
  // Nothing is touched after this line.
  const std::shared_ptr<ApiCall> self = std::move(self_);
}

bool ApiCall::TakeNextLocked() {
  if (queue_.empty()) return false;
  const std::string message = std::move(queue_.front());
  queue_.pop_front();
  queued_bytes_ -= message.size();
  const grpc::Slice slice(message);
  outgoing_ = grpc::ByteBuffer(&slice, 1);
  return true;
}

void ApiCall::End(grpc::Status status) {
  // Outside the lock: what is held may wait for a callback that sends.
  std::vector<std::shared_ptr<void>> held;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (is_over_) return;
    is_over_ = true;
    held.swap(held_);
  }
  held.clear();
  cutter_.Finish([this, status = std::move(status)] { Finish(status); });
}

}  // namespace sluice::rpc
