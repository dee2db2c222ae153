// SPDX-License-Identifier: Apache-2.0
#include "dataplane/listener/active_listener.h"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dataplane/event/plain_transport.h"
#include "dataplane/listener/sniffing_transport.h"
#include "dataplane/tls/transport.h"

namespace sluice::listener {
namespace {

constexpr int64_t kAcceptPauseMs = 100;
constexpr int64_t kDefaultHandshakeMs = 15'000;

// One turn's share: a flood of connections must not starve those that are open.
constexpr int kAcceptsPerTurn = 32;

// The longest queue of a socket: Linux's default for net.core.somaxconn.
constexpr int kMaxQueued = 4096;

telemetry::Labels Label(const std::string& name) { return {{"listener", name}}; }

// Before the chain is known, the first chain's limit stands for all. Unset, as foreign control
// planes leave it, a handshake is bounded all the same.
int64_t HandshakeTimeoutMs(const config::Listener& listener) {
  int64_t limit_ms = 0;
  if (!listener.filter_chains.empty()) {
    limit_ms = listener.filter_chains.front().transport_connect_timeout_ms;
  } else if (listener.default_filter_chain.has_value()) {
    limit_ms = listener.default_filter_chain->transport_connect_timeout_ms;
  }
  return limit_ms > 0 ? limit_ms : kDefaultHandshakeMs;
}

// By what they say: a configuration that comes anew brings equal rules as new objects.
bool SameValidation(const config::TlsValidation* a, const config::TlsValidation* b) {
  return a == b || (a != nullptr && b != nullptr && *a == *b);
}

// Whether connections made under `before` may live on under `after`.
bool SameClientRules(const config::FilterChain& before, const config::FilterChain& after) {
  if ((before.tls == nullptr) != (after.tls == nullptr)) return false;
  if (before.tls == nullptr) return true;
  return before.tls->require_client_certificate == after.tls->require_client_certificate &&
         SameValidation(before.tls->common.validation.get(), after.tls->common.validation.get());
}

// Where `chain`, which now stands at `place`, stood among `old`; the size of that if nowhere.
// Chains mostly keep their order, so that looking from `look_first` on, behind the one found last,
// finds them at once, however many there are.
size_t FindBefore(const config::FilterChain& chain,
                  const std::vector<std::shared_ptr<ActiveChain>>& old, size_t place,
                  size_t look_first) {
  const auto is_called = [&](size_t i) {
    return old[i] != nullptr && old[i]->config().name == chain.name;
  };
  if (chain.name.empty()) return place < old.size() && is_called(place) ? place : old.size();
  for (size_t n = 0; n < old.size(); ++n) {
    const size_t i = (look_first + n) % old.size();
    if (is_called(i)) return i;
  }
  return old.size();
}

// Whether the same facts lead to the same place under both.
bool ChooseAlike(const config::Listener& before, const config::Listener& after) {
  return before.default_filter_chain.has_value() == after.default_filter_chain.has_value() &&
         std::equal(before.filter_chains.begin(), before.filter_chains.end(),
                    after.filter_chains.begin(), after.filter_chains.end(),
                    [](const config::FilterChain& a, const config::FilterChain& b) {
                      return a.name == b.name && a.match == b.match;
                    });
}

// Whether a client's connection has got one of the last descriptors, which are kept for upstreams,
// files and the admin: the kernel gives the lowest that is free, so its number tells how many are.
// The limit is asked for each time, since it may be changed under a running process (prlimit).
bool IsReserved(int fd) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  const rlim_t reserve = std::clamp<rlim_t>(limit.rlim_cur / 16, 32, 1024);
  return static_cast<rlim_t>(fd) + reserve >= limit.rlim_cur;
}

bool IsAnyAddress(const event::Address& address) {
  return address.is_ip() && address.ip_bytes().find_first_not_of('\0') == std::string_view::npos;
}

// Where a client of a socket that is bound to all addresses has come to: one system call, which
// other sockets do without.
event::Address AddressOf(int fd, const event::Address& bound) {
  absl::StatusOr<event::Address> local = event::LocalAddress(fd);
  return local.ok() ? *std::move(local) : bound;
}

}  // namespace

// One listening socket on one worker.
class ActiveListener::Socket final : private event::FdHandler {
 public:
  Socket(ActiveListener& listener, std::shared_ptr<const ListenSockets> sockets)
      : listener_(listener),
        sockets_(std::move(sockets)),
        fd_(sockets_->fds[listener.worker_].get()),
        watch_(listener.loop_, fd_, *this) {
    watch_.SetInterest(true, false);
  }

  const ListenSockets* sockets() const { return sockets_.get(); }
  void SetAccepting(bool on) { watch_.SetInterest(on, false); }

  void Accept(int limit) {
    for (int i = 0; i < limit; ++i) {
      event::Accepted accepted = event::AcceptSocket(fd_);
      if (!accepted.fd.valid()) {
        if (accepted.error == EMFILE || accepted.error == ENFILE || accepted.error == ENOBUFS ||
            accepted.error == ENOMEM) {
          listener_.OnDescriptorsExhausted();
        }
        return;
      }
      listener_.Begin(std::move(accepted), sockets_->address);
    }
  }

 private:
  void OnReadable() override { Accept(kAcceptsPerTurn); }
  void OnWritable() override {}

  ActiveListener& listener_;
  const std::shared_ptr<const ListenSockets> sockets_;
  const int fd_;
  event::FdWatch watch_;
};

ActiveListener::ActiveListener(event::Loop& loop, uint32_t worker, uint32_t workers,
                               telemetry::StatsShard& stats, std::string name,
                               ChainHandlerFactory factory)
    : loop_(loop),
      worker_(worker),
      workers_(workers),
      name_(std::move(name)),
      factory_(std::move(factory)),
      lobby_(std::make_shared<Lobby>()),
      next_id_(worker),
      accepted_(stats.GetCounter("downstream_connections_total", Label(name_))),
      refused_(stats.GetCounter("downstream_connections_refused_total", Label(name_))),
      active_(stats.GetGauge("downstream_connections_active", Label(name_))) {
  lobby_->listener = this;
}

ActiveListener::~ActiveListener() { lobby_->listener = nullptr; }

std::shared_ptr<ActiveChain> ActiveListener::Adopt(
    const std::shared_ptr<const config::Listener>& config, const config::FilterChain& chain,
    ConnectionCounts& counts, std::vector<std::shared_ptr<ActiveChain>>& old, size_t place,
    size_t& look_first) {
  std::shared_ptr<ActiveChain> kept;
  if (const size_t at = FindBefore(chain, old, place, look_first); at < old.size()) {
    look_first = at + 1;
    if (SameClientRules(*old[at]->config_, chain)) kept = std::move(old[at]);
  }
  if (kept == nullptr) {
    kept = std::make_shared<ActiveChain>();
    kept->active_ = &active_;
    kept->count_ = counts.Of(chain.name.empty() ? absl::StrCat("#", place) : chain.name);
  }
  // Only a change of what the handler works by makes a new one: its plans are warm.
  if (kept->config_ == nullptr || kept->config_->http != chain.http) {
    kept->handler_ = factory_(*config, chain);
  }
  kept->listener_ = config;
  kept->config_ = &chain;
  return kept;
}

void ActiveListener::Apply(std::shared_ptr<const config::Listener> config,
                           std::vector<std::shared_ptr<const ListenSockets>> sockets) {
  // Most publishes are about something else.
  const bool same_sockets = std::equal(
      sockets.begin(), sockets.end(), sockets_.begin(), sockets_.end(),
      [](const auto& wanted, const auto& have) { return have->sockets() == wanted.get(); });
  if (config == config_ && same_sockets) return;
  std::vector<std::shared_ptr<ActiveChain>> old = std::move(chains_);
  std::vector<std::shared_ptr<ActiveChain>> old_default{std::move(default_chain_)};
  chains_.clear();
  default_chain_ = nullptr;
  any_tls_ = any_plain_ = false;
  ConnectionCounts& counts = *sockets.front()->counts;
  const auto note = [this](const config::FilterChain& chain) {
    (chain.tls != nullptr ? any_tls_ : any_plain_) = true;
  };
  size_t look_first = 0;
  for (size_t i = 0; i < config->filter_chains.size(); ++i) {
    const config::FilterChain& chain = config->filter_chains[i];
    chains_.push_back(Adopt(config, chain, counts, old, i, look_first));
    note(chain);
  }
  if (config->default_filter_chain.has_value()) {
    look_first = 0;
    default_chain_ =
        Adopt(config, *config->default_filter_chain, counts, old_default, 0, look_first);
    note(*config->default_filter_chain);
  }
  old.insert(old.end(), old_default.begin(), old_default.end());
  std::erase_if(retired_, [](const auto& chain) { return chain->connections() == 0; });
  for (std::shared_ptr<ActiveChain>& chain : old) {
    if (chain == nullptr) continue;
    chain->list_.ForEach([](DownstreamConnection& connection) { connection.Drain(); });
    retired_.push_back(std::move(chain));
  }
  if (config_ == nullptr || !ChooseAlike(*config_, *config)) ++generation_;
  config_ = std::move(config);
  index_ = std::make_shared<const ChainIndex>(*config_);
  PlaceChains();

  // Sockets that stay are left alone: their queues hold clients.
  std::vector<std::unique_ptr<Socket>> next;
  for (std::shared_ptr<const ListenSockets>& wanted : sockets) {
    std::unique_ptr<Socket> socket;
    for (std::unique_ptr<Socket>& have : sockets_) {
      if (have != nullptr && have->sockets() == wanted.get()) socket = std::move(have);
    }
    if (socket == nullptr) socket = std::make_unique<Socket>(*this, std::move(wanted));
    next.push_back(std::move(socket));
  }
  sockets_ = std::move(next);
}

// A host that has got a chain of its own is not served on by the one that it had before: its
// clients are asked to come again.
void ActiveListener::PlaceChains() {
  const auto place = [this](ActiveChain& chain, int at) {
    const bool check = chain.generation_ != generation_;
    chain.index_ = index_;
    chain.place_ = at;
    chain.generation_ = generation_;
    if (!check) return;
    chain.admissions_.ForEach([](Admission& admission) {
      if (!admission.StillBelongs()) admission.connection().Drain();
    });
  };
  for (size_t i = 0; i < chains_.size(); ++i) place(*chains_[i], static_cast<int>(i));
  if (default_chain_ != nullptr) place(*default_chain_, ChainIndex::kDefault);
}

void ActiveListener::Begin(event::Accepted accepted, const event::Address& bound) {
  if (IsReserved(accepted.fd.get())) {
    refused_.Add();
    return;  // Closes the descriptor.
  }
  accepted_.Add();
  next_id_ += workers_;
  const event::Address local = IsAnyAddress(bound) ? AddressOf(accepted.fd.get(), bound) : bound;
  // Owns itself once started.
  auto connection = std::make_unique<DownstreamConnection>(
      loop_, DownstreamConnection::Accepted{.remote = accepted.peer,
                                            .local = local,
                                            .listener = name_,
                                            .id = next_id_,
                                            .handshake_timeout_ms = HandshakeTimeoutMs(*config_)});
  if (any_tls_) {
    auto admission = std::make_unique<Admission>(lobby_, *connection, accepted.peer, local.port());
    std::unique_ptr<event::Transport> transport;
    if (any_plain_) {
      transport = std::make_unique<SniffingTransport>(
          std::move(accepted.fd), *admission,
          [&admission = *admission] { return admission.AdmitPlain(); });
    } else {
      transport = std::make_unique<tls::TlsServerTransport>(std::move(accepted.fd), *admission);
    }
    connection->HoldSelector(std::move(admission));
    return connection.release()->Start(std::move(transport));
  }
  const int found = index_->Find({.destination_port = local.port(), .source = &accepted.peer});
  if (Assign(*connection, found, /*tls=*/false) == nullptr) return;  // Closes the descriptor.
  connection.release()->Start(std::make_unique<event::PlainTransport>(std::move(accepted.fd)));
}

ActiveChain* ActiveListener::Assign(DownstreamConnection& connection, int found, bool tls) {
  const std::shared_ptr<ActiveChain> chain = ChainAt(found);
  if (chain == nullptr || (chain->config_->tls != nullptr) != tls ||
      !chain->count_->Add(chain->config_->max_connections)) {
    refused_.Add();
    return nullptr;
  }
  ++chain->connections_;
  active_.Add(1);
  chain->list_.PushBack(connection);
  connection.SetOwner(chain);
  return chain.get();
}

std::shared_ptr<ActiveChain> ActiveListener::ChainAt(int found) const {
  if (found == ChainIndex::kNone) return nullptr;
  return found == ChainIndex::kDefault ? default_chain_ : chains_[static_cast<size_t>(found)];
}

void ActiveListener::OnDescriptorsExhausted() {
  for (const std::unique_ptr<Socket>& socket : sockets_) socket->SetAccepting(false);
  accept_again_.Arm(kAcceptPauseMs);
}

void ActiveListener::ResumeAccepting() {
  for (const std::unique_ptr<Socket>& socket : sockets_) socket->SetAccepting(true);
}

// Chains stay where they are: handshakes that are under way lead to them yet.
void ActiveListener::Drain() {
  // Who is connected as far as the kernel is concerned may have sent a request, and would be reset.
  for (const std::unique_ptr<Socket>& socket : sockets_) socket->Accept(kMaxQueued);
  sockets_.clear();
  accept_again_.Disarm();
  ForEachConnection([](DownstreamConnection& connection) { connection.Drain(); });
}

void ActiveListener::CloseAll() {
  sockets_.clear();
  accept_again_.Disarm();
  ForEachConnection([](DownstreamConnection& connection) { connection.CloseNow(); });
}

template <typename Visit>
void ActiveListener::ForEachConnection(Visit visit) {
  lobby_->list.ForEach([&](Admission& admission) { visit(admission.connection()); });
  for (const auto* chains : {&chains_, &retired_}) {
    for (const std::shared_ptr<ActiveChain>& chain : *chains) chain->list_.ForEach(visit);
  }
  if (default_chain_ != nullptr) default_chain_->list_.ForEach(visit);
}

size_t ActiveListener::connections() const {
  size_t n = lobby_->connections;
  if (default_chain_ != nullptr) n += default_chain_->connections();
  for (const std::shared_ptr<ActiveChain>& chain : chains_) n += chain->connections();
  for (const std::shared_ptr<ActiveChain>& chain : retired_) n += chain->connections();
  return n;
}

}  // namespace sluice::listener
