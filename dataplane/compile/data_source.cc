// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/data_source.h"

#include <arpa/inet.h>

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace sluice::compile {

using envoy::config::core::v3::DataSource;
using envoy::type::v3::FractionalPercent;

absl::StatusOr<std::string> ReadDataSource(const DataSource& source, std::string_view field,
                                           CompileContext& context) {
  const auto read = [&](const auto& reader, std::string_view what,
                        const std::string& name) -> absl::StatusOr<std::string> {
    if (!reader) return context.ErrorAt(field, absl::StrCat(what, " is not allowed here"));
    absl::StatusOr<std::string> text = reader(name);
    if (text.ok()) return text;
    return context.ErrorAt(field, absl::StrCat(what, " \"", name, "\": ", text.status().message()));
  };
  switch (source.specifier_case()) {
    case DataSource::kFilename:
      context.ReadsFile();
      return read(context.options().read_file, "filename", source.filename());
    case DataSource::kEnvironmentVariable:
      return read(context.options().read_environment, "environment_variable",
                  source.environment_variable());
    case DataSource::kInlineBytes:
      return source.inline_bytes();
    case DataSource::kInlineString:
      return source.inline_string();
    case DataSource::SPECIFIER_NOT_SET:
      break;
  }
  return context.ErrorAt(field,
                         "wants one of filename, inline_bytes, inline_string and "
                         "environment_variable");
}

bool IsIpLiteral(const std::string& address) {
  unsigned char bytes[sizeof(in6_addr)];
  return inet_pton(AF_INET, address.c_str(), bytes) == 1 ||
         inet_pton(AF_INET6, address.c_str(), bytes) == 1;
}

absl::StatusOr<SocketAddress> ReadAddress(const envoy::config::core::v3::Address& address,
                                          bool names, CompileContext& context) {
  if (!address.has_socket_address()) return context.ErrorAt("address", "wants a socket_address");
  const auto& socket = address.socket_address();
  if (socket.address().empty()) {
    return context.ErrorAt("address.socket_address.address", "is empty");
  }
  if (!names && !IsIpLiteral(socket.address())) {
    return context.ErrorAt("address.socket_address.address",
                           absl::StrCat("\"", socket.address(), "\" is no IP address"));
  }
  if (socket.port_value() > 65535) {
    return context.ErrorAt("address.socket_address.port_value",
                           absl::StrCat(socket.port_value(), " is over 65535"));
  }
  return SocketAddress{socket.address(), static_cast<uint16_t>(socket.port_value())};
}

uint32_t PerMillion(const FractionalPercent& percent) {
  uint64_t scale = 10'000;
  if (percent.denominator() == FractionalPercent::TEN_THOUSAND) scale = 100;
  if (percent.denominator() == FractionalPercent::MILLION) scale = 1;
  return static_cast<uint32_t>(std::min<uint64_t>(1'000'000, percent.numerator() * scale));
}

}  // namespace sluice::compile
