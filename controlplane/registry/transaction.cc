// SPDX-License-Identifier: Apache-2.0
#include "controlplane/registry/transaction.h"

#include <cstddef>
#include <set>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace sluice::registry {
namespace {

constexpr size_t kMaxNameBytes = 253;  // A DNS subdomain.
constexpr size_t kMaxNoteBytes = 4096;

bool IsPlain(std::string_view part) {
  return part.size() <= kMaxNameBytes && part.find('\0') == std::string_view::npos &&
         part.find('/') == std::string_view::npos;
}

absl::Status CheckKey(const manifest::ObjectKey& key) {
  if (key.kind.empty() || key.name.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", key.ToString(), "\": an object needs a kind and a name"));
  }
  if (!IsPlain(key.kind) || !IsPlain(key.ns) || !IsPlain(key.name)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", key.ToString(), "\": kind, namespace and name are at most ",
                     kMaxNameBytes, " bytes each, without a slash or a NUL byte"));
  }
  return absl::OkStatus();
}

absl::Status CheckWrite(const manifest::ObjectKey& key, std::set<manifest::ObjectKey>& written) {
  SLUICE_RETURN_IF_ERROR(CheckKey(key));
  if (!written.insert(key).second) {
    return absl::InvalidArgumentError(
        absl::StrCat(key.ToString(), ": written twice in one transaction"));
  }
  return absl::OkStatus();
}

absl::Status CheckCount(const Transaction& transaction, const Limits& limits) {
  const size_t operations = transaction.puts.size() + transaction.deletes.size();
  if (operations > limits.max_transaction_operations ||
      transaction.preconditions.size() > limits.max_transaction_operations) {
    return absl::InvalidArgumentError(
        absl::StrCat("the transaction holds ", operations, " writes and ",
                     transaction.preconditions.size(), " preconditions; this registry takes ",
                     limits.max_transaction_operations, " of each at once"));
  }
  if (transaction.author.size() > kMaxNoteBytes || transaction.message.size() > kMaxNoteBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("author and message are at most ", kMaxNoteBytes, " bytes each"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckTransaction(const Transaction& transaction, const Limits& limits) {
  SLUICE_RETURN_IF_ERROR(CheckCount(transaction, limits));
  std::set<manifest::ObjectKey> written;
  size_t bytes = 0;
  for (const PutRequest& put : transaction.puts) {
    SLUICE_RETURN_IF_ERROR(CheckWrite(put.key, written));
    if (put.json.size() > limits.max_object_bytes) {
      return absl::InvalidArgumentError(absl::StrCat(put.key.ToString(), ": is ", put.json.size(),
                                                     " bytes; an object is at most ",
                                                     limits.max_object_bytes));
    }
    bytes += put.json.size();
  }
  for (const manifest::ObjectKey& key : transaction.deletes) {
    SLUICE_RETURN_IF_ERROR(CheckWrite(key, written));
  }
  if (bytes > limits.max_transaction_bytes) {
    return absl::InvalidArgumentError(absl::StrCat("the transaction is ", bytes,
                                                   " bytes; this registry takes ",
                                                   limits.max_transaction_bytes, " at once"));
  }
  for (const Precondition& precondition : transaction.preconditions) {
    SLUICE_RETURN_IF_ERROR(CheckKey(precondition.key));
  }
  return absl::OkStatus();
}

}  // namespace sluice::registry
