// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>

#include "api/envoy/types.h"

namespace sluice::compile {

// The message that `text` says; Any is written `[type.googleapis.com/name] { ... }`. A text that is
// no such message fails the test.
template <typename T>
T FromText(const std::string& text) {
  envoy_api::TypePerFile();  // So that every type can stand in an Any.
  T message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

}  // namespace sluice::compile
