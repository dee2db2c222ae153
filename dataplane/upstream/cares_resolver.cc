// SPDX-License-Identifier: Apache-2.0
#include "dataplane/upstream/cares_resolver.h"

#include <ares.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "dataplane/event/socket.h"

namespace sluice::upstream {

namespace {

// How often c-ares is asked whether a query has timed out, at most.
constexpr int64_t kMaxTickMs = 1000;

// A look-up as c-ares holds it: it outlives the Query, since c-ares cannot forget a single one.
struct Lookup {
  std::string name;
  config::Cluster::DnsFamily family;
  DnsResolver::OnAnswer on_answer;  // Null once nobody wants to know.
  DnsAnswer answer;
};

class CaresQuery final : public DnsResolver::Query {
 public:
  explicit CaresQuery(std::shared_ptr<Lookup> lookup) : lookup_(std::move(lookup)) {}
  ~CaresQuery() override { lookup_->on_answer = nullptr; }

 private:
  const std::shared_ptr<Lookup> lookup_;
};

absl::Status StatusOf(int status, const std::string& name) {
  const std::string text = absl::StrCat("resolve \"", name, "\": ", ares_strerror(status));
  switch (status) {
    case ARES_ENODATA:
    case ARES_ENOTFOUND:
      return absl::NotFoundError(text);
    default:
      return absl::UnavailableError(text);
  }
}

int AddressFamily(config::Cluster::DnsFamily family) {
  switch (family) {
    case config::Cluster::DnsFamily::kV4Only:
      return AF_INET;
    case config::Cluster::DnsFamily::kV6Only:
      return AF_INET6;
    default:
      return AF_UNSPEC;
  }
}

void ReadNodes(const ares_addrinfo& info, DnsAnswer& answer) {
  int64_t ttl = INT64_MAX;
  for (const ares_addrinfo_cname* c = info.cnames; c != nullptr; c = c->next) {
    ttl = std::min<int64_t>(ttl, c->ttl);
  }
  for (const ares_addrinfo_node* node = info.nodes; node != nullptr; node = node->ai_next) {
    const std::string ip =
        event::Address::FromSockaddr(node->ai_addr, static_cast<socklen_t>(node->ai_addrlen)).ip();
    if (ip.empty()) continue;
    answer.addresses.push_back(ip);
    ttl = std::min<int64_t>(ttl, node->ai_ttl);
  }
  answer.ttl_s = ttl == INT64_MAX ? 0 : std::max<int64_t>(ttl, 0);
}

}  // namespace

// The c-ares channel with its sockets on the loop. Answers are told at the end of the turn, since
// c-ares may give them from inside the call that asks, and must not be called from inside them.
class CaresResolver::Channel final : private event::TurnEnd {
 public:
  explicit Channel(event::Loop& loop) : loop_(loop), timer_(loop, [this] { OnTimer(); }) {}
  ~Channel() {
    if (channel_ != nullptr) ares_destroy(channel_);
  }

  absl::Status Open(const Options& options) {
    ares_options ares = {};
    ares.timeout = options.timeout_ms;
    ares.tries = options.tries;
    ares.sock_state_cb = &Channel::OnSocketState;
    ares.sock_state_cb_data = this;
    const int given = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
    int status = ares_init_options(&channel_, &ares, given);
    if (status == ARES_SUCCESS && !options.servers.empty()) {
      status = ares_set_servers_ports_csv(channel_, options.servers.c_str());
    }
    if (status == ARES_SUCCESS) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat("DNS resolver: ", ares_strerror(status)));
  }

  std::unique_ptr<Query> Resolve(const std::string& name, config::Cluster::DnsFamily family,
                                 OnAnswer on_answer) {
    auto lookup = std::make_shared<Lookup>();
    lookup->name = name;
    lookup->family = family;
    lookup->on_answer = std::move(on_answer);
    // c-ares asks even for these when both families are wanted.
    if (event::Address::FromIp(name, 0).ok()) {
      lookup->answer.addresses = SelectFamily({name}, family);
      if (lookup->answer.addresses.empty()) lookup->answer.status = StatusOf(ARES_ENODATA, name);
      Tell(lookup);
      return std::make_unique<CaresQuery>(std::move(lookup));
    }
    ares_addrinfo_hints hints = {};
    // Sorting by RFC 6724 would open a socket to each address.
    hints.ai_flags = ARES_AI_NOSORT;
    hints.ai_family = AddressFamily(family);
    hints.ai_socktype = SOCK_STREAM;
    ares_getaddrinfo(channel_, name.c_str(), nullptr, &hints, &Channel::OnLookup,
                     new Asked{.channel = this, .lookup = lookup});
    ArmTimer();
    return std::make_unique<CaresQuery>(std::move(lookup));
  }

 private:
  struct Asked {
    Channel* channel;
    std::shared_ptr<Lookup> lookup;
  };

  // One of c-ares' sockets.
  class Socket final : public event::FdHandler, public event::Deferred {
   public:
    Socket(Channel& channel, int fd)
        : channel_(channel), fd_(fd), watch_(channel.loop_, fd, *this) {}
    void SetInterest(bool readable, bool writable) { watch_.SetInterest(readable, writable); }

    void OnReadable() override { channel_.Process(fd_, ARES_SOCKET_BAD); }
    void OnWritable() override { channel_.Process(ARES_SOCKET_BAD, fd_); }

   private:
    Channel& channel_;
    const int fd_;
    event::FdWatch watch_;
  };

  static void OnSocketState(void* self, int fd, int readable, int writable) noexcept {
    static_cast<Channel*>(self)->SetInterest(fd, readable != 0, writable != 0);
  }
  static void OnLookup(void* arg, int status, int, ares_addrinfo* info) noexcept {
    const std::unique_ptr<Asked> asked(static_cast<Asked*>(arg));
    asked->channel->Take(std::move(asked->lookup), status, info);
    if (info != nullptr) ares_freeaddrinfo(info);
  }

  void SetInterest(int fd, bool readable, bool writable) {
    std::unique_ptr<Socket>& socket = sockets_[fd];
    if (socket == nullptr) socket = std::make_unique<Socket>(*this, fd);
    socket->SetInterest(readable, writable);
    if (readable || writable) return;
    // It is about to be closed, perhaps from inside its own event.
    loop_.DeleteLater(std::move(socket));
    sockets_.erase(fd);
  }

  void Process(int readable, int writable) {
    ares_process_fd(channel_, readable, writable);
    ArmTimer();
  }

  void OnTimer() { Process(ARES_SOCKET_BAD, ARES_SOCKET_BAD); }

  void ArmTimer() {
    timeval most = {.tv_sec = kMaxTickMs / 1000, .tv_usec = 0};
    timeval next = {};
    if (sockets_.empty()) return timer_.Disarm();
    const timeval* wait = ares_timeout(channel_, &most, &next);
    timer_.Arm(wait->tv_sec * 1000 + wait->tv_usec / 1000);
  }

  void Take(std::shared_ptr<Lookup> lookup, int status, const ares_addrinfo* info) {
    if (status == ARES_EDESTRUCTION || lookup->on_answer == nullptr) return;
    DnsAnswer& answer = lookup->answer;
    if (status == ARES_SUCCESS && info != nullptr) {
      ReadNodes(*info, answer);
      answer.addresses = SelectFamily(answer.addresses, lookup->family);
      if (answer.addresses.empty()) status = ARES_ENODATA;
    }
    if (status != ARES_SUCCESS) answer.status = StatusOf(status, lookup->name);
    Tell(std::move(lookup));
  }

  void Tell(std::shared_ptr<Lookup> lookup) {
    answered_.push_back(std::move(lookup));
    loop_.AtTurnEnd(*this);
  }

  void OnTurnEnd() override {
    std::vector<std::shared_ptr<Lookup>> answered = std::move(answered_);
    answered_.clear();
    for (const std::shared_ptr<Lookup>& lookup : answered) {
      OnAnswer on_answer = std::exchange(lookup->on_answer, nullptr);
      if (on_answer != nullptr) on_answer(std::move(lookup->answer));
    }
  }

  event::Loop& loop_;
  event::FunctionTimer timer_;
  absl::flat_hash_map<int, std::unique_ptr<Socket>> sockets_;
  std::vector<std::shared_ptr<Lookup>> answered_;
  ares_channel channel_ = nullptr;
};

CaresResolver::CaresResolver(std::unique_ptr<Channel> channel) : channel_(std::move(channel)) {}

CaresResolver::~CaresResolver() = default;

absl::StatusOr<std::unique_ptr<CaresResolver>> CaresResolver::Create(event::Loop& loop,
                                                                     Options options) {
  auto channel = std::make_unique<Channel>(loop);
  if (absl::Status status = channel->Open(options); !status.ok()) return status;
  return std::unique_ptr<CaresResolver>(new CaresResolver(std::move(channel)));
}

std::unique_ptr<DnsResolver::Query> CaresResolver::Resolve(const std::string& name,
                                                           config::Cluster::DnsFamily family,
                                                           OnAnswer on_answer) {
  return channel_->Resolve(name, family, std::move(on_answer));
}

}  // namespace sluice::upstream
