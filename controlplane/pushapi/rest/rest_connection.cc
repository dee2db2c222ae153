// SPDX-License-Identifier: Apache-2.0
#include "controlplane/pushapi/rest/rest_connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "controlplane/access/pem.h"

namespace sluice::pushapi {
namespace {

constexpr size_t kWireSlack = 64 * 1024;
constexpr std::chrono::seconds kLinger{2};

std::string ToPem(X509* certificate) {
  const std::unique_ptr<BIO, access::FreeBy<BIO_free_all>> bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return {bytes, static_cast<size_t>(size)};
}

using AddressOf = int (*)(int, sockaddr*, socklen_t*);

void TellAddress(int socket, AddressOf address_of, std::string& ip, int& port) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  auto* const address = reinterpret_cast<sockaddr*>(&storage);
  if (address_of(socket, address, &size) != 0) return;
  char text[INET6_ADDRSTRLEN] = {};
  if (storage.ss_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&storage);
    inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text));
    port = ntohs(v4->sin_port);
  } else if (storage.ss_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&storage);
    inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text));
    port = ntohs(v6->sin6_port);
  }
  ip = text;
}

}  // namespace

RestConnection::RestConnection(int socket, const ConnectionLimits& limits)
    : socket_(socket), limits_(limits) {
  fcntl(socket_, F_SETFL, fcntl(socket_, F_GETFL) | O_NONBLOCK);
}

RestConnection::~RestConnection() {
  ssl_.reset();
  close(socket_);
}

bool RestConnection::Handshake(SSL_CTX* context) {
  ssl_.reset(SSL_new(context));
  if (ssl_ == nullptr || SSL_set_fd(ssl_.get(), socket_) != 1) return false;
  const Clock::time_point deadline = Clock::now() + limits_.head;
  for (;;) {
    ERR_clear_error();
    const int result = SSL_accept(ssl_.get());
    if (result == 1) return true;
    if (!AwaitFor(result, POLLIN, deadline)) break;
  }
  ERR_clear_error();
  is_broken_ = true;
  return false;
}

bool RestConnection::AwaitRequest() {
  if (is_broken_ || is_read_over_) return false;
  is_in_head_ = true;
  is_writing_ = is_streaming_ = false;
  part_bytes_ = line_bytes_ = 0;
  last_byte_ = 0;
  if (at_ == end_ && !Fill(Clock::now() + limits_.idle)) return false;
  read_deadline_ = Clock::now() + limits_.head;
  return true;
}

void RestConnection::Linger() {
  // An idle one has been answered long ago.
  if (is_broken_ || is_at_end_ || !is_writing_) return;
  if (ssl_ != nullptr) SSL_shutdown(ssl_.get());
  ERR_clear_error();
  shutdown(socket_, SHUT_WR);
  const Clock::time_point deadline = Clock::now() + kLinger;
  while (Poll(POLLIN, deadline)) {
    if (recv(socket_, buffer_, sizeof(buffer_), 0) <= 0) return;
  }
}

bool RestConnection::IsAbandoned() const {
  pollfd one{socket_, POLLRDHUP, 0};
  return poll(&one, 1, 0) > 0;
}

std::string RestConnection::CertificatePem() const {
  if (ssl_ == nullptr) return {};
  const access::CertificatePtr certificate(SSL_get1_peer_certificate(ssl_.get()));
  return certificate == nullptr ? std::string() : ToPem(certificate.get());
}

std::string RestConnection::ChainPem() const {
  std::string text;
  const STACK_OF(X509)* chain = ssl_ == nullptr ? nullptr : SSL_get_peer_cert_chain(ssl_.get());
  const int count = chain == nullptr ? 0 : sk_X509_num(chain);
  for (int i = 0; i < count; ++i) text += ToPem(sk_X509_value(chain, i));
  return text;
}

bool RestConnection::is_readable() const {
  return at_ < end_ || (ssl_ != nullptr && SSL_pending(ssl_.get()) > 0) ||
         Poll(POLLIN, Clock::now());
}

ssize_t RestConnection::read(char* out, size_t size) {
  if (at_ == end_ && !Fill(read_deadline_)) return is_at_end_ ? 0 : -1;
  const size_t count = std::min(size, end_ - at_);
  std::memcpy(out, buffer_ + at_, count);
  at_ += count;
  Follow(out, count);
  if (IsWithinLimits()) return static_cast<ssize_t>(count);
  at_ = end_;
  is_read_over_ = true;
  return -1;
}

void RestConnection::Follow(const char* bytes, size_t size) {
  part_bytes_ += size;
  if (!is_in_head_) return;
  for (size_t i = 0; i < size; ++i) {
    ++line_bytes_;
    // As the library has it: a line of CR LF alone, and nothing else, ends the head.
    if (bytes[i] == '\n') {
      if (line_bytes_ == 2 && last_byte_ == '\r') {
        is_in_head_ = false;
        part_bytes_ = size - i - 1;
        read_deadline_ = Clock::now() + limits_.body;
        return;
      }
      line_bytes_ = 0;
    }
    last_byte_ = bytes[i];
  }
}

bool RestConnection::IsWithinLimits() const {
  return part_bytes_ <=
         (is_in_head_ ? limits_.max_head_bytes : 2 * limits_.max_body_bytes + kWireSlack);
}

bool RestConnection::Fill(Clock::time_point deadline) {
  while (!is_broken_ && !is_read_over_) {
    ERR_clear_error();
    const int count = ssl_ != nullptr
                          ? SSL_read(ssl_.get(), buffer_, sizeof(buffer_))
                          : static_cast<int>(recv(socket_, buffer_, sizeof(buffer_), 0));
    if (count > 0) {
      at_ = 0;
      end_ = static_cast<size_t>(count);
      return true;
    }
    is_read_over_ = !AwaitFor(count, POLLIN, deadline);
  }
  return false;
}

ssize_t RestConnection::write(const char* bytes, size_t size) {
  if (!is_writing_ || is_streaming_) {
    is_writing_ = true;
    write_deadline_ = Clock::now() + limits_.answer;
  }
  while (!is_broken_ && size > 0) {
    ERR_clear_error();
    const int count =
        ssl_ != nullptr
            ? SSL_write(ssl_.get(), bytes, static_cast<int>(std::min<size_t>(size, 1 << 20)))
            : static_cast<int>(send(socket_, bytes, std::min<size_t>(size, 1 << 20), MSG_NOSIGNAL));
    if (count > 0) return count;
    if (!AwaitFor(count, POLLOUT, write_deadline_)) is_broken_ = true;
  }
  return is_broken_ ? -1 : 0;
}

bool RestConnection::AwaitFor(int result, short plain_events, Clock::time_point deadline) {
  const int error = errno;
  if (ssl_ != nullptr) {
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_WANT_READ:
        return Poll(POLLIN, deadline);
      case SSL_ERROR_WANT_WRITE:
        return Poll(POLLOUT, deadline);
      case SSL_ERROR_ZERO_RETURN:
        is_at_end_ = true;
        return false;
      default:
        is_broken_ = true;
        return false;
    }
  }
  if (result == 0) {
    is_at_end_ = true;
    return false;
  }
  if (error == EAGAIN || error == EWOULDBLOCK || error == EINTR) {
    return Poll(plain_events, deadline);
  }
  is_broken_ = true;
  return false;
}

bool RestConnection::Poll(short events, Clock::time_point deadline) const {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd one{socket_, events, 0};
    const int ready = poll(&one, 1, static_cast<int>(std::max<int64_t>(left, 0)));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

void RestConnection::get_remote_ip_and_port(std::string& ip, int& port) const {
  TellAddress(socket_, getpeername, ip, port);
}

void RestConnection::get_local_ip_and_port(std::string& ip, int& port) const {
  TellAddress(socket_, getsockname, ip, port);
}

}  // namespace sluice::pushapi
