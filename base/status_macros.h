// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// The two macros we allow. Both return early from a function that itself returns absl::Status or
// absl::StatusOr. They add no text: a caller that has context wraps the call in a function.

// The name in it is one that no `expr` has: a member `status_` would be read before it is made.
#define SLUICE_RETURN_IF_ERROR(expr)                                                          \
  do {                                                                                        \
    if (absl::Status sluice_returned = (expr); !sluice_returned.ok()) return sluice_returned; \
  } while (false)

#define SLUICE_CONCAT_INNER_(a, b) a##b
#define SLUICE_CONCAT_(a, b) SLUICE_CONCAT_INNER_(a, b)

// ASSIGN_OR_RETURN(auto x, MakeX());
#define SLUICE_ASSIGN_OR_RETURN(lhs, expr) \
  SLUICE_ASSIGN_OR_RETURN_INNER_(SLUICE_CONCAT_(status_or_, __LINE__), lhs, expr)

#define SLUICE_ASSIGN_OR_RETURN_INNER_(name, lhs, expr) \
  auto name = (expr);                                   \
  if (!name.ok()) return std::move(name).status();      \
  lhs = *std::move(name)
