// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace sluice::event {

// An Address is where a socket listens or whom it talks to: an IP address and port, or the path of
// a Unix socket. A value.
class Address {
 public:
  Address() = default;

  // "192.0.2.1:80", "[2001:db8::1]:80", "unix:/run/x.sock", "unix:@abstract". Host names are
  // refused: resolving is not done here.
  static absl::StatusOr<Address> Parse(std::string_view text);
  // `ip` without brackets or port.
  static absl::StatusOr<Address> FromIp(std::string_view ip, uint16_t port);
  static absl::StatusOr<Address> FromPath(std::string_view path);
  static Address FromSockaddr(const sockaddr* address, socklen_t length);

  // AF_INET, AF_INET6, AF_UNIX, or AF_UNSPEC for an empty one.
  int family() const { return family_; }
  bool is_ip() const { return family_ == AF_INET || family_ == AF_INET6; }
  uint16_t port() const { return port_; }
  // The address' bytes in network order: 4, 16 or none.
  std::string_view ip_bytes() const;
  // "192.0.2.1", "2001:db8::1"; empty for other families.
  std::string ip() const;
  const std::string& path() const { return path_; }

  // The form that Parse reads.
  std::string ToString() const;

  // Writes the system's form and returns its length.
  socklen_t ToSockaddr(sockaddr_storage& out) const;

  friend bool operator==(const Address& a, const Address& b);

 private:
  int family_ = AF_UNSPEC;
  uint16_t port_ = 0;
  uint32_t scope_id_ = 0;
  uint8_t ip_[16] = {};
  std::string path_;
};

// A UniqueFd owns a descriptor.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~UniqueFd();

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

struct ListenOptions {
  // Several sockets on one address, between which the kernel spreads connections (one a worker).
  bool reuse_port = true;
  int backlog = 4096;
};

// Whether this machine speaks IPv6 at all; asked once. Kernels and containers may come without.
bool HasIpv6();

// A non-blocking socket that listens. What it accepts inherits TCP_NODELAY. An IPv6 socket is IPv6
// alone and may stand beside "0.0.0.0", so that no peer ever shows as "::ffff:192.0.2.1", which no
// rule about IPv4 addresses would match. A Unix socket's file is removed first if nothing listens
// there any more; a file that is no socket stays, and is an address in use.
// Errors: kPermissionDenied, kAlreadyExists (in use), kUnavailable (no such address),
//         kResourceExhausted (descriptors, memory), kInternal;
//         the text names the address: "bind 127.0.0.1:80: Permission denied (...)".
absl::StatusOr<UniqueFd> ListenSocket(const Address& address, const ListenOptions& options = {});

// What AcceptSocket found.
struct Accepted {
  UniqueFd fd;  // Invalid if there was none.
  Address peer;
  // errno when there was none: EAGAIN, EMFILE, ENFILE, ...; errors of a connection that died in the
  // queue are skipped.
  int error = 0;
};

// Takes one waiting connection, non-blocking, in one system call.
Accepted AcceptSocket(int listen_fd);

// A non-blocking socket whose connect is under way: give it to Connection::Start(true). `local`, if
// not empty, is bound first.
// Errors: as ListenSocket, kUnavailable (refused or no route at once), kResourceExhausted.
absl::StatusOr<UniqueFd> ConnectSocket(const Address& remote, const Address& local = {});

// The socket's own address (the port that the kernel chose for port 0).
absl::StatusOr<Address> LocalAddress(int fd);

}  // namespace sluice::event
