// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "sluice/field_rules.pb.h"

namespace sluice::manifest {

// What strings must look like. Each check answers an empty string, or what is wrong as a sentence
// without a subject ("must be ..."), to stand behind a field path.
//
// Limits:   linear in `text`; regular expressions compile into at most 1 MiB.

std::string CheckFormat(api::Format format, std::string_view text);

// A regular expression that RE2 compiles within 1 MiB and 4096 bytes of pattern.
std::string CheckRegex(std::string_view text);

// A path that a route may name: absolute, without empty, "." or ".." elements, escaped slashes or
// bytes that RFC 3986 does not allow in a path.
std::string CheckRoutePath(std::string_view text);

// True for IPv4 and IPv6 addresses without brackets, zone or port.
bool IsIPv4(std::string_view text);
bool IsIPv6(std::string_view text);

}  // namespace sluice::manifest
