// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "dataplane/tls/transport.h"

namespace sluice::tls {

TlsClientTransport::TlsClientTransport(event::UniqueFd fd,
                                       std::shared_ptr<const ClientTlsContext> context,
                                       const ClientTlsTarget& target)
    : TlsTransport(std::move(fd)), context_(std::move(context)) {
  Adopt(context_->NewSsl(target, required_name_, session_key_));
}

TlsClientTransport::~TlsClientTransport() = default;

}  // namespace sluice::tls
