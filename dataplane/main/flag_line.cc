// SPDX-License-Identifier: Apache-2.0
#include "dataplane/main/flag_line.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/flags/commandlineflag.h"
#include "absl/flags/reflection.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/nearest.h"

namespace sluice {
namespace {

constexpr size_t kHelpColumn = 34;

std::string Dashed(std::string_view name) { return absl::StrReplaceAll(name, {{"_", "-"}}); }

// By the name that is typed, which has dashes.
std::map<std::string, absl::CommandLineFlag*> FlagsOf(std::string_view file) {
  std::map<std::string, absl::CommandLineFlag*> flags;
  for (const auto& [name, flag] : absl::GetAllFlags()) {
    if (absl::EndsWith(flag->Filename(), file)) flags.emplace(Dashed(name), flag);
  }
  return flags;
}

// "-c", "--node-id": a name of one letter has one dash.
std::string Typed(std::string_view name) {
  return absl::StrCat(name.size() == 1 ? "-" : "--", name);
}

}  // namespace

absl::Status ParseFlagLine(std::string_view file, std::span<const std::string> words) {
  const std::map<std::string, absl::CommandLineFlag*> flags = FlagsOf(file);
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (word.size() < 2 || word[0] != '-') {
      return absl::InvalidArgumentError(absl::StrCat("\"", word, "\" is no flag"));
    }
    const size_t equals = word.find('=');
    const std::string_view typed = word.substr(0, equals);
    const std::string name = Dashed(typed.substr(typed.starts_with("--") ? 2 : 1));
    const auto found = flags.find(name);
    if (found == flags.end()) {
      std::vector<std::string_view> names;
      for (const auto& [known, flag] : flags) names.push_back(known);
      const std::string_view nearest = base::NearestName(name, names);
      return absl::InvalidArgumentError(absl::StrCat(
          "there is no flag ", typed,
          nearest.empty() ? "" : absl::StrCat("; did you mean ", Typed(nearest), "?")));
    }
    std::string value = "true";
    if (equals != std::string_view::npos) {
      value = word.substr(equals + 1);
    } else if (!found->second->IsOfType<bool>()) {
      if (++i == words.size()) {
        return absl::InvalidArgumentError(absl::StrCat(typed, " wants a value"));
      }
      value = words[i];
    }
    std::string ignored;  // says the same in Abseil's names
    if (!found->second->ParseFrom(value, &ignored)) {
      return absl::InvalidArgumentError(absl::StrCat(typed, " cannot be \"", value, "\""));
    }
  }
  return absl::OkStatus();
}

void PrintFlagLines(std::string_view file, std::ostream& out) {
  for (const auto& [name, flag] : FlagsOf(file)) {
    std::string left = absl::StrCat("  ", Typed(name), flag->IsOfType<bool>() ? "" : " VALUE");
    left.resize(std::max(left.size() + 2, kHelpColumn), ' ');
    const std::string preset = flag->DefaultValue();
    const bool is_told = !preset.empty() && preset != "0" && preset != "false";
    out << left << flag->Help() << (is_told ? absl::StrCat(" (", preset, ")") : "") << "\n";
  }
}

}  // namespace sluice
