// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "controlplane/ir/source.h"

namespace sluice::ir {

// An API key, by its hash.
struct ConsumerKey {
  std::string name;
  std::string sha256;  // 32 bytes.
  std::optional<absl::Time> expires_at;

  bool operator==(const ConsumerKey&) const = default;
};

// Somebody who calls, with the credentials that are theirs alone.
struct Consumer {
  std::string name;  // "NAMESPACE/NAME".
  std::vector<std::string> groups;
  std::vector<ConsumerKey> keys;
  std::vector<std::pair<std::string, std::string>> passwords;  // Name, hash as htpasswd writes it.
  std::vector<std::pair<std::string, std::string>> tokens;     // Issuer, subject.
  std::vector<std::string> certificates;                       // Subject alternative names.
  Source source;

  bool operator==(const Consumer&) const = default;
};

}  // namespace sluice::ir
