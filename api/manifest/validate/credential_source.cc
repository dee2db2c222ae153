// SPDX-License-Identifier: Apache-2.0
#include "api/manifest/validate/credential_source.h"

#include <algorithm>
#include <array>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace sluice::manifest {
namespace {

constexpr std::array<std::string_view, 10> kMessageHeaders = {
    "connection",       "content-length",    "expect", "host",    "keep-alive",
    "proxy-connection", "transfer-encoding", "te",     "trailer", "upgrade"};

void CheckSource(const v1alpha1::CredentialSource& source, const std::string& path,
                 Findings& findings) {
  const int places = (source.header().empty() ? 0 : 1) + (source.query().empty() ? 0 : 1) +
                     (source.cookie().empty() ? 0 : 1);
  if (places != 1) {
    findings.Add(path, places == 0 ? "must name a header, query or cookie."
                                   : "must name one of header, query and cookie, not several.");
  }
  if (!source.prefix().empty() && source.header().empty()) {
    findings.Add(path + ".prefix", "must be absent without header.");
  }
  if (IsMessageHeader(source.header())) {
    findings.Add(path + ".header", absl::StrCat("\"", source.header(),
                                                "\" can hold no credential: a request needs it "
                                                "for itself."));
  }
}

// What makes two places one: names of headers in any case.
std::string PlaceOf(const v1alpha1::CredentialSource& source) {
  return absl::StrCat("h:", absl::AsciiStrToLower(source.header()), "\n", source.prefix(),
                      "\nq:", source.query(), "\nc:", source.cookie());
}

}  // namespace

void CheckCredentialSources(
    const google::protobuf::RepeatedPtrField<v1alpha1::CredentialSource>& sources,
    const std::string& path, Findings& findings) {
  std::set<std::string> seen;
  for (int i = 0; i < sources.size(); ++i) {
    const std::string at = absl::StrCat(path, "[", i, "]");
    CheckSource(sources[i], at, findings);
    if (!seen.insert(PlaceOf(sources[i])).second)
      findings.Add(at, "names the same place as another.");
  }
}

bool IsMessageHeader(std::string_view name) {
  const std::string lower = absl::AsciiStrToLower(name);
  return std::find(kMessageHeaders.begin(), kMessageHeaders.end(), lower) != kMessageHeaders.end();
}

}  // namespace sluice::manifest
