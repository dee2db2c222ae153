// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "absl/time/time.h"
#include "api/manifest/object.h"
#include "api/manifest/origin.h"
#include "controlplane/certificate/inspector.h"

namespace sluice::certificate {

// What is wrong with the pair in a Secret of type kubernetes.io/tls: that proxies will refuse it,
// or that at `now` it is past its time or before it. Nothing for other objects.
std::vector<manifest::Problem> SecretProblems(const manifest::Object& object, absl::Time now,
                                              Inspector& inspector);

}  // namespace sluice::certificate
