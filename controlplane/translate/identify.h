// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "controlplane/ir/identify.h"
#include "sluice/identity/v1/identify.pb.h"

namespace sluice::translate {

// What a place says of who may call.
identity::v1::IdentifyPerRoute TranslateIdentify(const ir::Identify& from);

}  // namespace sluice::translate
