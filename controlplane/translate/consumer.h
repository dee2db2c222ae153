// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "controlplane/ir/consumer.h"
#include "controlplane/translate/resource.h"

namespace sluice::translate {

// A Consumer, the resource type of ours.
Resource TranslateConsumer(const ir::Consumer& consumer);

}  // namespace sluice::translate
