// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"

namespace sluice::config {

using Sha256 = std::array<uint8_t, 32>;

// What is said of one consumer.
struct ConsumerSpec {
  struct ApiKey {
    Sha256 hash{};
    int64_t expires_at_s = 0;  // Seconds since 1970 from which it is no longer good; 0: never.
  };
  struct Password {
    std::string username;
    std::string hash;  // bcrypt or {SHA}.
  };
  struct Token {
    std::string issuer;
    std::string subject;
  };

  std::string name;  // "NAMESPACE/NAME".
  std::vector<std::string> groups;
  std::vector<ApiKey> api_keys;
  std::vector<Password> passwords;
  std::vector<Token> tokens;
  std::vector<std::string> certificate_names;
};

// A Consumer is a ConsumerSpec in one piece of memory, since a proxy may hold a hundred thousand.
//
// Thread:   immutable; any.
// Lifetime: shared; views live as long as it does.
// Limits:   255 groups and credentials of each kind, 65,535 bytes of name: who makes a spec of a
//           message checks that (compile/consumer.h).
class alignas(8) Consumer {
 public:
  struct ApiKey {
    Sha256 hash;
    int64_t expires_at_s;
  };
  struct Password {
    std::string_view username;
    std::string_view hash;
  };
  struct Token {
    std::string_view issuer;
    std::string_view subject;
  };

  static std::shared_ptr<const Consumer> Make(const ConsumerSpec& spec);

  std::string_view name() const { return {reinterpret_cast<const char*>(End()), name_size_}; }
  // What stands before the slash of the name.
  std::string_view name_space() const { return name().substr(0, name().find('/')); }
  absl::Span<const ApiKey> api_keys() const { return {First<ApiKey>(0), api_keys_}; }
  absl::Span<const Password> passwords() const {
    return {First<Password>(api_keys_ * sizeof(ApiKey)), passwords_};
  }
  absl::Span<const Token> tokens() const { return {First<Token>(TokensAt()), tokens_}; }
  absl::Span<const std::string_view> groups() const {
    return {First<std::string_view>(NamesAt()), groups_};
  }
  absl::Span<const std::string_view> certificate_names() const {
    return {First<std::string_view>(NamesAt()) + groups_, certificate_names_};
  }

 private:
  class Writer;

  Consumer() = default;

  // Behind the object, which is aligned for it, stand its arrays, in the order of these numbers,
  // and then the texts, of which the name is the first.
  template <typename T>
  const T* First(size_t at) const {
    return reinterpret_cast<const T*>(reinterpret_cast<const std::byte*>(this + 1) + at);
  }
  size_t TokensAt() const { return api_keys_ * sizeof(ApiKey) + passwords_ * sizeof(Password); }
  size_t NamesAt() const { return TokensAt() + tokens_ * sizeof(Token); }
  const std::byte* End() const {
    return First<std::byte>(NamesAt() + (groups_ + certificate_names_) * sizeof(std::string_view));
  }

  uint8_t api_keys_ = 0;
  uint8_t passwords_ = 0;
  uint8_t tokens_ = 0;
  uint8_t groups_ = 0;
  uint8_t certificate_names_ = 0;
  uint16_t name_size_ = 0;
};

}  // namespace sluice::config
