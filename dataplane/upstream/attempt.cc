// SPDX-License-Identifier: Apache-2.0
#include "dataplane/upstream/attempt.h"

#include "dataplane/upstream/cluster.h"
#include "dataplane/upstream/pool.h"
#include "dataplane/upstream/upstream_connection.h"

namespace sluice::upstream {

Attempt::Attempt(AttemptOwner& owner) : owner_(owner) {}

Attempt::~Attempt() { Cancel(); }

void Attempt::Cancel() {
  if (pool_ == nullptr) return;
  if (connection_ != nullptr) {
    connection_->Abandon(*this);
  } else {
    pool_->Abandon(*this);
  }
}

void Attempt::OnReset(const http::StreamError& error) { connection_->OnStreamReset(*this, error); }

void Attempt::BecomeIdle() {
  Unlink();
  pool_ = nullptr;
  connection_ = nullptr;
  stream_ = nullptr;
}

std::string_view Attempt::address() const {
  return host_ ? std::string_view(host_->address()) : std::string_view();
}

std::string_view Attempt::hostname() const {
  return host_ ? host_->hostname() : std::string_view();
}

std::string_view Attempt::local_address() const {
  return facts_ ? std::string_view(facts_->local_address) : std::string_view();
}

http::Version Attempt::protocol() const {
  return facts_ ? facts_->version : http::Version::kHttp11;
}

std::string_view Attempt::failure() const {
  return facts_ ? std::string_view(facts_->failure) : std::string_view();
}

}  // namespace sluice::upstream
