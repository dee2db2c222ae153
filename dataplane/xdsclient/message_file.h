// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "google/protobuf/message.h"

namespace sluice::xdsclient {

// Reads a message as Envoy's files hold it, YAML or JSON, strictly.
// Errors: kInvalidArgument, "FILE:LINE: ..." for text, the field's path for what is unknown or of
//         the wrong type; `message` is then in no known state.
// Limits: 16 MiB; no aliases, no tags.
absl::Status ParseMessage(std::string_view text, const std::string& file,
                          google::protobuf::Message& message);

// As ParseMessage, from a file; one that ends in .pb holds the bytes, one that ends in .pb_text
// protobuf's own text.
// Errors: and the system's if it cannot be opened or read (kNotFound if it is not there).
absl::Status ReadMessageFile(const std::string& file, google::protobuf::Message& message);

}  // namespace sluice::xdsclient
