// SPDX-License-Identifier: Apache-2.0
#include "dataplane/tls/server_hello.h"

#include <openssl/bytestring.h>

#include <optional>
#include <utility>

#include "dataplane/tls/names.h"

namespace sluice::tls {

bool ReadClientHello(const SSL_CLIENT_HELLO& hello, ClientHelloInfo& info) {
  if (hello.client_hello_len > kMaxClientHello) return false;
  if (const char* raw = SSL_get_servername(hello.ssl, TLSEXT_NAMETYPE_host_name)) {
    std::optional<std::string> name = NormalizeServerName(raw);
    if (!name.has_value()) return false;
    info.server_name = *std::move(name);
  }
  const uint8_t* data = nullptr;
  size_t size = 0;
  if (!SSL_early_callback_ctx_extension_get(
          &hello, TLSEXT_TYPE_application_layer_protocol_negotiation, &data, &size)) {
    return true;
  }
  CBS extension, list, protocol;
  CBS_init(&extension, data, size);
  if (!CBS_get_u16_length_prefixed(&extension, &list) || CBS_len(&extension) != 0) return false;
  while (CBS_len(&list) > 0) {
    if (!CBS_get_u8_length_prefixed(&list, &protocol) || CBS_len(&protocol) == 0) return false;
    info.alpn.emplace_back(reinterpret_cast<const char*>(CBS_data(&protocol)), CBS_len(&protocol));
  }
  return true;
}

}  // namespace sluice::tls
