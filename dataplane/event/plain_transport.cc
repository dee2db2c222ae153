// SPDX-License-Identifier: Apache-2.0
#include "dataplane/event/plain_transport.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace sluice::event {
namespace {

constexpr size_t kMaxIovecs = 16;
constexpr size_t kMaxReadBlocks = 8;

}  // namespace

IoResult PlainTransport::Read(base::Buffer& in, size_t limit) {
  if (streaming_) return ReadMany(in, limit);
  size_t total = 0;
  while (total < limit) {
    const absl::Span<char> room = in.Reserve();
    ssize_t n;
    do {
      n = recv(fd_.get(), room.data(), room.size(), 0);
    } while (n < 0 && errno == EINTR);
    const int error = errno;
    in.Commit(n > 0 ? static_cast<size_t>(n) : 0);
    if (n > 0) {
      total += static_cast<size_t>(n);
      streaming_ = static_cast<size_t>(n) == room.size() && n >= 8192;
      if (static_cast<size_t>(n) < room.size()) break;
      continue;
    }
    // What was read comes first; the level-triggered watch announces the rest again.
    if (total > 0) break;
    if (n == 0) return {IoResult::Status::kEof, 0};
    if (error == EAGAIN) return {IoResult::Status::kAgain, 0};
    error_ = error;
    return {IoResult::Status::kError, 0};
  }
  return {IoResult::Status::kOk, total};
}

IoResult PlainTransport::ReadMany(base::Buffer& in, size_t limit) {
  std::array<base::Block*, kMaxReadBlocks> blocks;
  std::array<iovec, kMaxReadBlocks> iov;
  const size_t count = std::clamp<size_t>(limit / base::Block::kStandardSize, 1, kMaxReadBlocks);
  for (size_t i = 0; i < count; ++i) {
    blocks[i] = base::Block::New();
    iov[i] = {.iov_base = blocks[i]->data(), .iov_len = blocks[i]->capacity()};
  }
  ssize_t n;
  do {
    n = readv(fd_.get(), iov.data(), static_cast<int>(count));
  } while (n < 0 && errno == EINTR);
  const int error = errno;
  size_t left = n > 0 ? static_cast<size_t>(n) : 0;
  for (size_t i = 0; i < count; ++i) {
    const size_t used = std::min(left, blocks[i]->capacity());
    blocks[i]->set_used(used);
    in.Append(base::Slice(blocks[i], blocks[i]->data(), used));
    blocks[i]->Unref();
    left -= used;
  }
  // A quarter of the room keeps it going: a sender in full stride does not always fill it all.
  streaming_ = n > 0 && static_cast<size_t>(n) * 4 >= count * base::Block::kStandardSize;
  if (n > 0) return {IoResult::Status::kOk, static_cast<size_t>(n)};
  if (n == 0) return {IoResult::Status::kEof, 0};
  if (error == EAGAIN) return {IoResult::Status::kAgain, 0};
  error_ = error;
  return {IoResult::Status::kError, 0};
}

IoResult PlainTransport::Write(base::Buffer& out) {
  size_t total = 0;
  while (!out.empty()) {
    std::array<iovec, kMaxIovecs> iov;
    msghdr message = {};
    message.msg_iov = iov.data();
    message.msg_iovlen = out.FillIovec(absl::MakeSpan(iov));
    size_t offered = 0;
    for (size_t i = 0; i < message.msg_iovlen; ++i) offered += iov[i].iov_len;
    const ssize_t n = sendmsg(fd_.get(), &message, MSG_NOSIGNAL);
    if (n < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) return {IoResult::Status::kAgain, total};
      error_ = errno;
      return {IoResult::Status::kError, total};
    }
    out.Drain(static_cast<size_t>(n));
    total += static_cast<size_t>(n);
    // The socket is full: asking again would only hear so.
    if (static_cast<size_t>(n) < offered) return {IoResult::Status::kAgain, total};
  }
  return {IoResult::Status::kOk, total};
}

void PlainTransport::ShutdownWrite() { shutdown(fd_.get(), SHUT_WR); }

std::string_view PlainTransport::failure() const {
  if (error_ == 0) return {};
  const char* name = strerrordesc_np(error_);
  return name != nullptr ? name : "unknown error";
}

}  // namespace sluice::event
