// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "dataplane/compile/context.h"
#include "envoy/config/core/v3/address.pb.h"
#include "envoy/config/core/v3/base.pb.h"
#include "envoy/type/v3/percent.pb.h"

namespace sluice::compile {

// The bytes of a DataSource, read through the options if it is a file or a variable.
absl::StatusOr<std::string> ReadDataSource(const envoy::config::core::v3::DataSource& source,
                                           std::string_view field, CompileContext& context);

struct SocketAddress {
  std::string address;
  uint16_t port = 0;
};

// A TCP address; a literal IP unless `names` are allowed too.
absl::StatusOr<SocketAddress> ReadAddress(const envoy::config::core::v3::Address& address,
                                          bool names, CompileContext& context);

// Parts of a million, at most a million.
uint32_t PerMillion(const envoy::type::v3::FractionalPercent& percent);

// Whether `address` is an IPv4 or IPv6 literal.
bool IsIpLiteral(const std::string& address);

}  // namespace sluice::compile
