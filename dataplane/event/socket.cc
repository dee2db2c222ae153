// SPDX-License-Identifier: Apache-2.0
#include "dataplane/event/socket.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace sluice::event {
namespace {

absl::Status Refused(std::string_view text, std::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("address \"", text, "\": ", why));
}

absl::Status SocketError(std::string_view what, const Address& address, int error) {
  const std::string text = absl::StrCat(what, " ", address.ToString(), ": ", strerror(error));
  switch (error) {
    case EACCES:
    case EPERM:
      if (address.is_ip() && address.port() < 1024) {
        return absl::PermissionDeniedError(
            absl::StrCat(text,
                         " (ports below 1024 need CAP_NET_BIND_SERVICE, or a lower "
                         "net.ipv4.ip_unprivileged_port_start)"));
      }
      return absl::PermissionDeniedError(text);
    case EADDRINUSE:
      return absl::AlreadyExistsError(text);
    case EADDRNOTAVAIL:
      return absl::UnavailableError(absl::StrCat(text, " (no interface has this address)"));
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ECONNREFUSED:
    case ENOENT:
      return absl::UnavailableError(text);
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return absl::ResourceExhaustedError(text);
    default:
      return absl::InternalError(text);
  }
}

absl::StatusOr<UniqueFd> NewSocket(const Address& address) {
  UniqueFd fd(socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return SocketError("socket for", address, errno);
  return fd;
}

bool SetOption(int fd, int level, int option) {
  const int on = 1;
  return setsockopt(fd, level, option, &on, sizeof(on)) == 0;
}

absl::Status Bind(int fd, const Address& address) {
  sockaddr_storage storage;
  const socklen_t length = address.ToSockaddr(storage);
  if (bind(fd, reinterpret_cast<sockaddr*>(&storage), length) != 0) {
    return SocketError("bind", address, errno);
  }
  return absl::OkStatus();
}

// Removes a socket file that a process left behind; one that somebody still serves stays, so that
// the bind then fails. So does what is no socket: connecting to a plain file is refused just as one
// to a dead socket is, and a mistyped path must not cost anybody a file.
void RemoveStale(const Address& address) {
  if (address.family() != AF_UNIX || address.path().starts_with('@')) return;
  struct stat found = {};
  if (lstat(address.path().c_str(), &found) != 0 || !S_ISSOCK(found.st_mode)) return;
  UniqueFd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_storage storage;
  const socklen_t length = address.ToSockaddr(storage);
  if (probe.valid() && connect(probe.get(), reinterpret_cast<sockaddr*>(&storage), length) != 0 &&
      errno == ECONNREFUSED) {
    unlink(address.path().c_str());
  }
}

}  // namespace

UniqueFd::~UniqueFd() {
  if (fd_ >= 0) close(fd_);
}

absl::StatusOr<Address> Address::Parse(std::string_view text) {
  if (absl::StartsWith(text, "unix:")) return FromPath(text.substr(5));
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return Refused(text, "no port (write IP:PORT)");
  std::string_view ip = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  uint32_t port;
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit) ||
      !absl::SimpleAtoi(digits, &port) || port > 65535) {
    return Refused(text, "the port must be a number from 0 to 65535");
  }
  if (ip.starts_with('[') && ip.ends_with(']')) {
    ip = ip.substr(1, ip.size() - 2);
    if (!absl::StrContains(ip, ':')) return Refused(text, "brackets are for IPv6 addresses");
  } else if (absl::StrContains(ip, ':')) {
    return Refused(text, "an IPv6 address stands in brackets ([::1]:80)");
  }
  return FromIp(ip, static_cast<uint16_t>(port));
}

absl::StatusOr<Address> Address::FromIp(std::string_view ip, uint16_t port) {
  Address address;
  address.port_ = port;
  std::string host(ip);
  if (inet_pton(AF_INET, host.c_str(), address.ip_) == 1) {
    address.family_ = AF_INET;
    return address;
  }
  if (const size_t percent = host.find('%'); percent != std::string::npos) {
    address.scope_id_ = if_nametoindex(host.c_str() + percent + 1);
    if (address.scope_id_ == 0) return Refused(ip, "no such interface");
    host.resize(percent);
  }
  if (inet_pton(AF_INET6, host.c_str(), address.ip_) == 1) {
    address.family_ = AF_INET6;
    return address;
  }
  return Refused(ip, "not an IP address");
}

absl::StatusOr<Address> Address::FromPath(std::string_view path) {
  if (path.empty() || path == "@") return Refused(path, "empty path");
  if (path.size() >= sizeof(sockaddr_un::sun_path)) {
    return Refused(path, absl::StrCat("path over ", sizeof(sockaddr_un::sun_path) - 1, " bytes"));
  }
  if (absl::StrContains(path, '\0')) return Refused(path, "path holds a NUL");
  Address address;
  address.family_ = AF_UNIX;
  address.path_ = std::string(path);
  return address;
}

Address Address::FromSockaddr(const sockaddr* from, socklen_t length) {
  Address address;
  if (from->sa_family == AF_INET && length >= sizeof(sockaddr_in)) {
    const auto* in = reinterpret_cast<const sockaddr_in*>(from);
    address.family_ = AF_INET;
    address.port_ = ntohs(in->sin_port);
    std::memcpy(address.ip_, &in->sin_addr, 4);
  } else if (from->sa_family == AF_INET6 && length >= sizeof(sockaddr_in6)) {
    const auto* in6 = reinterpret_cast<const sockaddr_in6*>(from);
    address.family_ = AF_INET6;
    address.port_ = ntohs(in6->sin6_port);
    address.scope_id_ = in6->sin6_scope_id;
    std::memcpy(address.ip_, &in6->sin6_addr, 16);
  } else if (from->sa_family == AF_UNIX) {
    const auto* un = reinterpret_cast<const sockaddr_un*>(from);
    address.family_ = AF_UNIX;
    const size_t size = length - std::min<size_t>(length, offsetof(sockaddr_un, sun_path));
    if (size > 1 && un->sun_path[0] == '\0') {
      address.path_ = absl::StrCat("@", std::string_view(un->sun_path + 1, size - 1));
    } else {
      address.path_ = std::string(un->sun_path, strnlen(un->sun_path, size));
    }
  }
  return address;
}

std::string_view Address::ip_bytes() const {
  const size_t size = family_ == AF_INET ? 4 : family_ == AF_INET6 ? 16 : 0;
  return {reinterpret_cast<const char*>(ip_), size};
}

std::string Address::ip() const {
  char text[INET6_ADDRSTRLEN];
  if (!is_ip() || inet_ntop(family_, ip_, text, sizeof(text)) == nullptr) return "";
  char name[IF_NAMESIZE];
  if (scope_id_ != 0 && if_indextoname(scope_id_, name) != nullptr) {
    return absl::StrCat(text, "%", name);
  }
  return text;
}

std::string Address::ToString() const {
  switch (family_) {
    case AF_INET:
      return absl::StrCat(ip(), ":", port_);
    case AF_INET6:
      return absl::StrCat("[", ip(), "]:", port_);
    case AF_UNIX:
      return absl::StrCat("unix:", path_);
    default:
      return "";
  }
}

socklen_t Address::ToSockaddr(sockaddr_storage& out) const {
  std::memset(&out, 0, sizeof(out));
  out.ss_family = static_cast<sa_family_t>(family_);
  if (family_ == AF_INET) {
    auto* in = reinterpret_cast<sockaddr_in*>(&out);
    in->sin_port = htons(port_);
    std::memcpy(&in->sin_addr, ip_, 4);
    return sizeof(sockaddr_in);
  }
  if (family_ == AF_INET6) {
    auto* in6 = reinterpret_cast<sockaddr_in6*>(&out);
    in6->sin6_port = htons(port_);
    in6->sin6_scope_id = scope_id_;
    std::memcpy(&in6->sin6_addr, ip_, 16);
    return sizeof(sockaddr_in6);
  }
  auto* un = reinterpret_cast<sockaddr_un*>(&out);
  const size_t size = std::min(path_.size(), sizeof(un->sun_path) - 1);
  std::memcpy(un->sun_path, path_.data(), size);
  if (path_.starts_with('@')) {
    un->sun_path[0] = '\0';  // The abstract namespace; there the length counts, not a NUL.
    return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size);
  }
  return sizeof(sockaddr_un);
}

bool operator==(const Address& a, const Address& b) {
  return a.family_ == b.family_ && a.port_ == b.port_ && a.scope_id_ == b.scope_id_ &&
         a.ip_bytes() == b.ip_bytes() && a.path_ == b.path_;
}

bool HasIpv6() {
  static const bool has =
      UniqueFd(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)).valid() || errno != EAFNOSUPPORT;
  return has;
}

absl::StatusOr<UniqueFd> ListenSocket(const Address& address, const ListenOptions& options) {
  SLUICE_ASSIGN_OR_RETURN(UniqueFd fd, NewSocket(address));
  if (address.is_ip()) {
    if (!SetOption(fd.get(), SOL_SOCKET, SO_REUSEADDR) ||
        (options.reuse_port && !SetOption(fd.get(), SOL_SOCKET, SO_REUSEPORT)) ||
        (address.family() == AF_INET6 && !SetOption(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY)) ||
        !SetOption(fd.get(), IPPROTO_TCP, TCP_NODELAY)) {
      return SocketError("set options of", address, errno);
    }
  }
  RemoveStale(address);
  SLUICE_RETURN_IF_ERROR(Bind(fd.get(), address));
  if (listen(fd.get(), options.backlog) != 0) return SocketError("listen on", address, errno);
  return fd;
}

Accepted AcceptSocket(int listen_fd) {
  sockaddr_storage storage;
  // Bounded by the queue: each turn of it takes one dead connection away.
  for (;;) {
    socklen_t length = sizeof(storage);
    Accepted accepted;
    auto* peer = reinterpret_cast<sockaddr*>(&storage);
    accepted.fd = UniqueFd(accept4(listen_fd, peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (accepted.fd.valid()) {
      accepted.peer = Address::FromSockaddr(peer, length);
      return accepted;
    }
    if (errno == EINTR || errno == ECONNABORTED || errno == EPROTO) continue;
    accepted.error = errno;
    return accepted;
  }
}

absl::StatusOr<UniqueFd> ConnectSocket(const Address& remote, const Address& local) {
  SLUICE_ASSIGN_OR_RETURN(UniqueFd fd, NewSocket(remote));
  if (remote.is_ip()) SetOption(fd.get(), IPPROTO_TCP, TCP_NODELAY);
  if (local.family() != AF_UNSPEC) {
    // The port is chosen at connect, so that one port may serve many destinations.
    if (local.is_ip() && local.port() == 0) {
      SetOption(fd.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT);
    }
    SLUICE_RETURN_IF_ERROR(Bind(fd.get(), local));
  }
  sockaddr_storage storage;
  const socklen_t length = remote.ToSockaddr(storage);
  if (connect(fd.get(), reinterpret_cast<sockaddr*>(&storage), length) != 0 &&
      errno != EINPROGRESS) {
    return SocketError("connect to", remote, errno);
  }
  return fd;
}

absl::StatusOr<Address> LocalAddress(int fd) {
  sockaddr_storage storage;
  socklen_t length = sizeof(storage);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length) != 0) {
    return absl::InternalError(absl::StrCat("getsockname: ", strerror(errno)));
  }
  return Address::FromSockaddr(reinterpret_cast<sockaddr*>(&storage), length);
}

}  // namespace sluice::event
