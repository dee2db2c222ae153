// SPDX-License-Identifier: Apache-2.0
// Cookies, queries and Basic credentials of clients. What was found is gone once it is taken out;
// everything else is still there, in order; a Basic credential is read back from what it says.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/arena.h"
#include "dataplane/filters/identify/basic.h"
#include "dataplane/filters/identify/credentials.h"

namespace sluice::filters {
namespace {

void Check(bool holds) {
  if (!holds) __builtin_trap();
}

void CheckGone(const CredentialSource& source, http::RequestHead& head, base::Arena& arena) {
  Credentials before, after;
  FindCredentials(head, source, arena, before);
  const std::string path(head.path);
  RemoveCredentials(source, head);
  FindCredentials(head, source, arena, after);
  Check(after.empty());
  if (before.empty()) Check(head.path == path);
}

void CheckQuery(std::string_view path) {
  base::Arena arena;
  http::RequestHead head(arena);
  head.path = path;
  const std::vector<std::string_view> pieces = absl::StrSplit(path.substr(path.find('?') + 1), '&');
  CheckGone({CredentialSource::Kind::kQuery, "key", ""}, head, arena);
  if (head.path == path) return;
  // The rest is a subsequence of what there was.
  size_t at = 0;
  const size_t mark = head.path.find('?');
  if (mark == std::string_view::npos) return;
  for (const std::string_view kept : absl::StrSplit(head.path.substr(mark + 1), '&')) {
    while (at < pieces.size() && pieces[at] != kept) ++at;
    Check(at++ < pieces.size());
  }
}

void CheckCookies(std::string_view line) {
  base::Arena arena;
  http::RequestHead head(arena);
  head.headers.Add("cookie", line);
  head.headers.Add("cookie", "last=1");
  CheckGone({CredentialSource::Kind::kCookie, "key", ""}, head, arena);
  Check(head.headers.Count("cookie") >= 1);
}

void CheckBasic(std::string_view text) {
  const auto credential = ParseBasic(text);
  if (!credential.has_value()) return;
  Check(absl::Base64Escape(absl::StrCat(credential->username, ":", credential->password)) == text);
  Check(credential->username.find(':') == std::string::npos);
}

}  // namespace
}  // namespace sluice::filters

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t middle = input.find('\0');
  const std::string_view first = input.substr(0, middle);
  sluice::filters::CheckCookies(first);
  sluice::filters::CheckBasic(first);
  if (middle != std::string_view::npos) {
    sluice::filters::CheckQuery(input.substr(middle + 1));
  }
  return 0;
}
