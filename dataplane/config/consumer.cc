// SPDX-License-Identifier: Apache-2.0
#include "dataplane/config/consumer.h"

#include <cstring>
#include <new>
#include <type_traits>

namespace sluice::config {
namespace {

// The one allocation is of such words, so that all in it is aligned.
using Word = uint64_t;

constexpr size_t Words(size_t bytes) { return (bytes + sizeof(Word) - 1) / sizeof(Word); }

}  // namespace

// Lays arrays and text out behind the object.
class Consumer::Writer {
 public:
  explicit Writer(const ConsumerSpec& spec)
      : arrays_(spec.api_keys.size() * sizeof(ApiKey) + spec.passwords.size() * sizeof(Password) +
                spec.tokens.size() * sizeof(Token) +
                (spec.groups.size() + spec.certificate_names.size()) * sizeof(std::string_view)) {
    text_ = spec.name.size();
    for (const std::string& group : spec.groups) text_ += group.size();
    for (const auto& password : spec.passwords) {
      text_ += password.username.size() + password.hash.size();
    }
    for (const auto& token : spec.tokens) text_ += token.issuer.size() + token.subject.size();
    for (const std::string& name : spec.certificate_names) text_ += name.size();
    block_ = std::make_shared<Word[]>(Words(sizeof(Consumer)) + Words(arrays_ + text_));
    next_array_ = reinterpret_cast<std::byte*>(block_.get() + Words(sizeof(Consumer)));
    next_text_ = next_array_ + arrays_;
  }

  // Nothing in it has a destructor to run: the block is all that there is to free.
  static_assert(std::is_trivially_destructible_v<Consumer> && alignof(Consumer) <= sizeof(Word) &&
                sizeof(Consumer) % sizeof(Word) == 0);
  Consumer* object() { return new (block_.get()) Consumer; }
  std::shared_ptr<const Consumer> Take(const Consumer* object) {
    return {std::move(block_), object};
  }

  std::string_view Text(std::string_view text) {
    std::byte* at = next_text_;
    if (!text.empty()) std::memcpy(at, text.data(), text.size());
    next_text_ += text.size();
    return {reinterpret_cast<const char*>(at), text.size()};
  }

  // Returns how many there are.
  template <typename To, typename From, typename Convert>
  uint8_t Array(const std::vector<From>& from, Convert convert) {
    static_assert(alignof(To) <= sizeof(Word) && sizeof(To) % sizeof(Word) == 0);
    To* first = reinterpret_cast<To*>(next_array_);
    for (size_t i = 0; i < from.size(); ++i) new (first + i) To(convert(from[i]));
    next_array_ += from.size() * sizeof(To);
    return static_cast<uint8_t>(from.size());
  }

 private:
  const size_t arrays_;
  size_t text_ = 0;
  std::shared_ptr<Word[]> block_;
  std::byte* next_array_;
  std::byte* next_text_;
};

std::shared_ptr<const Consumer> Consumer::Make(const ConsumerSpec& spec) {
  Writer writer(spec);
  Consumer* consumer = writer.object();
  const auto text = [&writer](const std::string& s) { return writer.Text(s); };
  // In the order in which the accessors find them.
  writer.Text(spec.name);
  consumer->name_size_ = static_cast<uint16_t>(spec.name.size());
  consumer->api_keys_ = writer.Array<ApiKey>(spec.api_keys, [](const ConsumerSpec::ApiKey& key) {
    return ApiKey{key.hash, key.expires_at_s};
  });
  consumer->passwords_ =
      writer.Array<Password>(spec.passwords, [&writer](const ConsumerSpec::Password& password) {
        return Password{writer.Text(password.username), writer.Text(password.hash)};
      });
  consumer->tokens_ = writer.Array<Token>(spec.tokens, [&writer](const ConsumerSpec::Token& token) {
    return Token{writer.Text(token.issuer), writer.Text(token.subject)};
  });
  consumer->groups_ = writer.Array<std::string_view>(spec.groups, text);
  consumer->certificate_names_ = writer.Array<std::string_view>(spec.certificate_names, text);
  return writer.Take(consumer);
}

}  // namespace sluice::config
