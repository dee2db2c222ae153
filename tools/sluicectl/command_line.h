// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/sluicectl/exit_code.h"

namespace sluice::sluicectl {

struct FlagSpec {
  std::string_view name;   // "output", typed --output
  char letter = 0;         // 'o', typed -o; 0: none
  std::string_view value;  // "FILE", "FORMAT": completed as such; empty: a switch
  std::string_view help;
};

// What was typed, once it is known to be of the verb's shape.
//
// Thread:   immutable, any.
// Lifetime: a value.
class Invocation {
 public:
  void Add(std::string_view flag, std::string value) {
    flags_[std::string(flag)].push_back(std::move(value));
  }
  void AddArgument(std::string argument) { arguments_.push_back(std::move(argument)); }

  [[nodiscard]] bool Has(std::string_view flag) const { return flags_.contains(flag); }
  // The last one given, or `fallback`.
  [[nodiscard]] std::string Get(std::string_view flag, std::string_view fallback = "") const;
  [[nodiscard]] const std::vector<std::string>& All(std::string_view flag) const;
  [[nodiscard]] const std::vector<std::string>& arguments() const { return arguments_; }

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> flags_;
  std::vector<std::string> arguments_;
};

struct Streams {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
};

struct VerbSpec {
  std::string_view name;
  std::string_view arguments;  // "KIND [NAME]"
  std::string_view summary;
  std::string_view example;
  std::vector<FlagSpec> flags;  // besides the common ones
  int min_arguments = 0;
  int max_arguments = 0;
  std::vector<std::string_view> argument_words = {};  // what completion offers as argument
  ExitCode (*run)(const Invocation& invocation, Streams& streams) = nullptr;
};

// The flags of every verb.
std::span<const FlagSpec> CommonFlags();

// Reads what comes after the verb. --name=VALUE and --name VALUE are the same, as are -nVALUE and
// -n VALUE; "--" ends the flags. Errors: kInvalidArgument, with the nearest flag.
absl::StatusOr<Invocation> ParseInvocation(const VerbSpec& verb,
                                           std::span<const std::string> words);

void PrintHelp(std::span<const VerbSpec> verbs, std::ostream& out);
void PrintVerbHelp(const VerbSpec& verb, std::ostream& out);

// The completion script of a shell: bash, zsh or fish. False: no such shell.
bool PrintCompletion(std::span<const VerbSpec> verbs, std::string_view shell, std::ostream& out);

}  // namespace sluice::sluicectl
