// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "base/arena.h"
#include "dataplane/http/message.h"

namespace sluice::filters {

// A place where a credential is looked for.
struct CredentialSource {
  enum class Kind : uint8_t { kHeader, kQuery, kCookie };
  Kind kind = Kind::kHeader;
  std::string name;  // Of a header in lower case.
  // What stands before it in a header; case does not count. With a space at its end ("Bearer ") it
  // is a word, behind which any space may stand.
  std::string prefix;
};

// Different values, in the order in which they were found.
using Credentials = absl::InlinedVector<std::string_view, 2>;

// Adds what stands at `source`, unless it is among `found` already. A header without the prefix
// holds none. Escapes in the query, of names and values, are decoded; broken ones stand for
// themselves, and so does '+'. A cookie's value is without the quotes around it.
//
// Thread: any. What had to be decoded lives in `arena`, the rest in the head's.
// Limits: those of the head.
void FindCredentials(const http::RequestHead& head, const CredentialSource& source,
                     base::Arena& arena, Credentials& found);

// Takes all that FindCredentials finds there out of the request. The rest of the query and all
// other cookies stay byte for byte.
void RemoveCredentials(const CredentialSource& source, http::RequestHead& head);

}  // namespace sluice::filters
