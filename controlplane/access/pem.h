// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <vector>

namespace sluice::access {

// OpenSSL's objects with their owners, and PEM texts read into them. For this folder and
// pushapi/rest, which hold the control plane's door to OpenSSL.
template <auto kFree>
struct FreeBy {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

using CertificatePtr = std::unique_ptr<X509, FreeBy<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;
using StorePtr = std::unique_ptr<X509_STORE, FreeBy<X509_STORE_free>>;

// All certificates of the text, in order. Empty if one of them does not parse, or there is none.
[[nodiscard]] std::vector<CertificatePtr> ReadCertificates(const std::string& pem);

// Null if there is no key, or it asks for a passphrase.
[[nodiscard]] KeyPtr ReadKey(const std::string& pem);

}  // namespace sluice::access
