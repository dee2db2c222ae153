// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace sluice::access {

// How a port proves itself, and what it verifies its callers' certificates by. PEM texts; without
// certificate and key a port is plaintext.
struct TlsMaterial {
  std::string certificate_pem;  // the leaf first, then its intermediates
  std::string key_pem;
  std::string client_ca_pem;

  [[nodiscard]] bool has_tls() const { return !certificate_pem.empty(); }
};

// Empty, or why no port can be opened by it: halves of a pair, a text that does not parse, a key
// that is not the certificate's. Shows nothing of a key.
[[nodiscard]] std::string ObjectionTo(const TlsMaterial& material);

// TlsSource holds what new connections are made by. It is replaced while ports are open; those that
// are made already keep what they have.
//
// Thread:   any.
// Lifetime: outlives the ports that ask it.
class TlsSource {
 public:
  explicit TlsSource(TlsMaterial material)
      : current_(std::make_shared<const TlsMaterial>(std::move(material))) {}

  // Another pointer each time it was replaced.
  [[nodiscard]] std::shared_ptr<const TlsMaterial> Current() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return current_;
  }

  // `material` must have no objection, and has TLS if the first one had.
  void Replace(TlsMaterial material) {
    auto next = std::make_shared<const TlsMaterial>(std::move(material));
    const std::lock_guard<std::mutex> lock(mutex_);
    current_.swap(next);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const TlsMaterial> current_;
};

}  // namespace sluice::access
