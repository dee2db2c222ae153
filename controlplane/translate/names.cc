// SPDX-License-Identifier: Apache-2.0
#include "controlplane/translate/names.h"

#include "absl/strings/str_cat.h"

namespace sluice::translate {

std::string RouteTableName(const ir::Port& port, const ir::Listener& listener) {
  if (!port.tls) return absl::StrCat("http/", port.port);
  return absl::StrCat("https/", port.port, "/", listener.name);
}

std::string ListenerName(const ir::Port& port, std::string_view address) {
  return absl::StrCat(port.port, "/", address);
}

}  // namespace sluice::translate
