// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::http {

enum class PolicyOutcome : uint8_t {
  kAllowed,
  kDenied,
  kWouldDeny  // In shadow: the request went on.
};

// "allowed", "denied", "would-deny".
constexpr std::string_view PolicyOutcomeName(PolicyOutcome outcome) {
  switch (outcome) {
    case PolicyOutcome::kAllowed:
      return "allowed";
    case PolicyOutcome::kDenied:
      return "denied";
    case PolicyOutcome::kWouldDeny:
      break;
  }
  return "would-deny";
}

// What one policy decided about one request. A list in the order of deciding.
//
// Lifetime: in the request's arena; its texts live until the exchange is logged.
struct PolicyDecision {
  std::string_view policy;  // "AuthPolicy/NAMESPACE/NAME"; empty if it has no name.
  std::string_view rule;    // Rule or method that decided; empty for none.
  PolicyOutcome outcome = PolicyOutcome::kAllowed;
  std::string_view reason;  // A stable token, one of few: "jwt-expired".
  PolicyDecision* next = nullptr;
};

}  // namespace sluice::http
