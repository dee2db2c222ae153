// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "dataplane/compile/reference.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/message.h"

namespace sluice::jose {
class VerifyingKeySet;  // jose/verify/verifying_key_set.h
}

namespace sluice::compile {

class FilterConfigs;  // compile/filter_configs.h

// What compiling needs of the world, and how strict it is.
struct CompileOptions {
  // A field that we do not know is an error, not a finding (--reject-unknown-dynamic-fields).
  bool reject_unknown = false;
  // There is an aggregated stream; without, nothing may be asked of it.
  bool has_ads = true;
  // For DataSources; where one is empty, such a source is refused. Confining paths and bounding
  // sizes is the reader's business.
  std::function<absl::StatusOr<std::string>(const std::string& path)> read_file;
  std::function<absl::StatusOr<std::string>(const std::string& name)> read_environment;
  // Checks a text with %OPERATORS% (telemetry::TextFormat); empty checks nothing.
  std::function<absl::Status(std::string_view format)> check_text_format;
  // Makes keys of a JSON Web Key Set that check signatures; where it is empty the set is only read,
  // since that takes BoringSSL, which not every program has.
  std::function<absl::StatusOr<std::shared_ptr<const jose::VerifyingKeySet>>(
      std::string_view jwk_set)>
      make_verifying_keys;
  // Shares equal configurations of filters; null shares none.
  std::shared_ptr<FilterConfigs> filter_configs;
};

// Something that a resource asks for and does not get: accepted, counted, shown by name.
struct Finding {
  std::string path;     // In the resource: "filter_chains[0].filters[0].typed_config.tracing".
  std::string subject;  // What to count it by: "envoy...HttpConnectionManager.tracing", or words.
  bool operator==(const Finding&) const = default;
};

// A CompileContext is one resource being compiled: the options, where in it we are, and what was
// found that we do not do.
//
// Thread:   one.
// Lifetime: the options outlive it.
// Errors:   Error makes kInvalidArgument, "<resource>: <path>: <rule and value>".
class CompileContext {
 public:
  explicit CompileContext(const CompileOptions& options) : options_(options) {}
  CompileContext(const CompileContext&) = delete;
  CompileContext& operator=(const CompileContext&) = delete;

  // Names the resource and forgets all that was found of the last one: `listener "http"`.
  void Begin(std::string_view kind, std::string_view name);

  const CompileOptions& options() const { return options_; }
  const std::vector<Finding>& findings() const { return findings_; }
  const std::string& path() const { return path_; }

  // An error at the place where we are, or at a field of it.
  absl::Status Error(std::string_view text) const;
  absl::Status ErrorAt(std::string_view field, std::string_view text) const;
  // As Error, with "did you mean" where one of `known` is near.
  absl::Status UnknownName(std::string_view what, std::string_view name,
                           std::span<const std::string_view> known) const;

  void List(std::string_view field, std::string subject);

  // What the resource refers to, in the order in which it was met.
  void Refer(Reference reference) { references_.push_back(std::move(reference)); }
  const std::vector<Reference>& references() const { return references_; }

  // Notes that the outcome depends on a file, which may change while the resource does not.
  void ReadsFile() { reads_files_ = true; }
  bool reads_files() const { return reads_files_; }

  // Notes that requests are served by the consumers that the control plane knows.
  void NeedsConsumers() { needs_consumers_ = true; }
  bool needs_consumers() const { return needs_consumers_; }

  // Takes note of whatever `message` sets that is annotated as not implemented or that is unknown,
  // not looking into Any; an error if there is something that must not be skipped.
  absl::Status Walk(const google::protobuf::Message& message);

 private:
  friend class Scope;

  const CompileOptions& options_;
  std::string resource_;
  std::string path_;
  std::vector<Finding> findings_;
  std::vector<Reference> references_;
  bool reads_files_ = false;
  bool needs_consumers_ = false;
};

// Goes down into a field for as long as it lives.
class Scope {
 public:
  Scope(CompileContext& context, std::string_view field);
  Scope(CompileContext& context, std::string_view field, int index);
  Scope(CompileContext& context, std::string_view field, std::string_view key);
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
  ~Scope() { context_.path_.resize(size_); }

 private:
  CompileContext& context_;
  const size_t size_;
};

// Milliseconds, rounded up; an error unless it is within protobuf's range and not negative.
absl::StatusOr<int64_t> Milliseconds(const google::protobuf::Duration& duration,
                                     std::string_view field, const CompileContext& context);

}  // namespace sluice::compile
