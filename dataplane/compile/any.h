// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "dataplane/compile/context.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/message.h"

namespace sluice::compile {

// An extension's configuration taken out of its Any. A TypedStruct is converted to the message that
// it names (xds.type.v3, udpa.type.v1).
struct Extension {
  std::string type;                                    // Full name of the message.
  std::unique_ptr<google::protobuf::Message> message;  // Null if the type is not linked.
};

// Errors: bytes that are no such message, a struct that does not fit it.
absl::StatusOr<Extension> OpenAny(const google::protobuf::Any& any, const CompileContext& context);

// The message of `extension` as a T; null if it is another.
template <typename T>
const T* As(const Extension& extension) {
  if (extension.message == nullptr || extension.type != T::descriptor()->full_name())
    return nullptr;
  return static_cast<const T*>(extension.message.get());
}

// As OpenAny, and the message is a T, walked for what is not implemented.
template <typename T>
absl::StatusOr<T> UnpackAs(const google::protobuf::Any& any, CompileContext& context) {
  absl::StatusOr<Extension> extension = OpenAny(any, context);
  if (!extension.ok()) return extension.status();
  const T* message = As<T>(*extension);
  if (message == nullptr) {
    const std::string_view known[] = {T::descriptor()->full_name()};
    return context.UnknownName("type", extension->type, known);
  }
  if (absl::Status status = context.Walk(*message); !status.ok()) return status;
  return *message;
}

}  // namespace sluice::compile
