// SPDX-License-Identifier: Apache-2.0
#include "tools/sluicectl/command_line.h"

#include <algorithm>
#include <map>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "base/nearest.h"

namespace sluice::sluicectl {
namespace {

constexpr FlagSpec kCommonFlags[] = {
    {"server", 's', "HOST:PORT", "sluice-control's API (127.0.0.1:15020)"},
    {"token-file", 0, "FILE", "holds the token that proves who you are"},
    {"ca", 0, "FILE", "certificates that sign the server's (PEM); turns TLS on"},
    {"cert", 0, "FILE", "your certificate (PEM)"},
    {"key", 0, "FILE", "its key (PEM)"},
    {"help", 'h', "", "this text"},
};

std::vector<FlagSpec> FlagsOf(const VerbSpec& verb) {
  std::vector<FlagSpec> flags = verb.flags;
  flags.insert(flags.end(), std::begin(kCommonFlags), std::end(kCommonFlags));
  return flags;
}

// Reads flags and arguments, word by word.
class Reader {
 public:
  Reader(const VerbSpec& verb, std::span<const std::string> words)
      : verb_(verb), flags_(FlagsOf(verb)), words_(words) {}

  absl::StatusOr<Invocation> Read() {
    bool is_flags_over = false;
    while (at_ < words_.size()) {
      std::string_view word = words_[at_++];
      absl::Status status;
      if (is_flags_over || word == "-" || !absl::StartsWith(word, "-")) {
        invocation_.AddArgument(std::string(word));
      } else if (word == "--") {
        is_flags_over = true;
      } else if (absl::ConsumePrefix(&word, "--")) {
        status = TakeLong(word);
      } else {
        status = TakeShort(word.substr(1));
      }
      if (!status.ok()) return status;
    }
    return CheckArguments();
  }

 private:
  absl::Status TakeLong(std::string_view word) {
    const size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    const FlagSpec* flag = nullptr;
    for (const FlagSpec& known : flags_) {
      if (known.name == name) flag = &known;
    }
    if (flag == nullptr) return Unknown(name);
    if (equals == word.npos) return TakeValue(*flag, std::nullopt);
    if (flag->value.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("--", name, " takes no value"));
    }
    return TakeValue(*flag, std::string(word.substr(equals + 1)));
  }

  absl::Status TakeShort(std::string_view word) {
    for (const FlagSpec& known : flags_) {
      if (known.letter == 0 || known.letter != word[0]) continue;
      if (word.size() == 1) return TakeValue(known, std::nullopt);
      if (known.value.empty())
        return absl::InvalidArgumentError(
            absl::StrCat("-", word, ": -", word.substr(0, 1), " takes no value"));
      return TakeValue(known, std::string(word.substr(1)));
    }
    return absl::InvalidArgumentError(absl::StrCat("unknown flag -", word));
  }

  absl::Status TakeValue(const FlagSpec& flag, std::optional<std::string> value) {
    if (flag.value.empty()) {
      invocation_.Add(flag.name, "");
      return absl::OkStatus();
    }
    if (!value.has_value()) {
      if (at_ == words_.size()) {
        return absl::InvalidArgumentError(
            absl::StrCat("--", flag.name, " needs a value: ", flag.value));
      }
      value = words_[at_++];
    }
    invocation_.Add(flag.name, *std::move(value));
    return absl::OkStatus();
  }

  absl::Status Unknown(std::string_view name) const {
    std::vector<std::string_view> names;
    for (const FlagSpec& known : flags_) names.push_back(known.name);
    const std::string_view nearest = base::NearestName(name, names);
    return absl::InvalidArgumentError(
        absl::StrCat("unknown flag --", name,
                     nearest.empty() ? "" : absl::StrCat("; did you mean --", nearest, "?")));
  }

  absl::StatusOr<Invocation> CheckArguments() const {
    const int count = static_cast<int>(invocation_.arguments().size());
    if (invocation_.Has("help")) return invocation_;
    if (count < verb_.min_arguments) {
      return absl::InvalidArgumentError(absl::StrCat(verb_.name, " needs ", verb_.arguments));
    }
    if (count > verb_.max_arguments) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", invocation_.arguments()[verb_.max_arguments], "\" is one too many"));
    }
    return invocation_;
  }

  const VerbSpec& verb_;
  const std::vector<FlagSpec> flags_;
  const std::span<const std::string> words_;
  size_t at_ = 0;
  Invocation invocation_;
};

std::string ShowFlag(const FlagSpec& flag) {
  std::string text =
      flag.letter == 0 ? "    " : absl::StrCat("-", std::string(1, flag.letter), ", ");
  absl::StrAppend(&text, "--", flag.name);
  if (!flag.value.empty()) absl::StrAppend(&text, " ", flag.value);
  return text;
}

void PrintFlags(std::span<const FlagSpec> flags, std::ostream& out) {
  for (const FlagSpec& flag : flags) {
    std::string text = ShowFlag(flag);
    text.resize(std::max<size_t>(text.size() + 2, 28), ' ');
    out << "  " << text << flag.help << "\n";
  }
}

void PrintExitCodes(std::ostream& out) {
  out << "Exit codes: 0 ok, 1 differs or failed, 2 usage, 3 invalid input, 4 cannot reach the\n"
         "control plane (or it does not let you in), 5 not within the time given.\n";
}

std::string JoinFlags(const VerbSpec& verb) {
  std::string text;
  for (const FlagSpec& flag : FlagsOf(verb)) {
    absl::StrAppend(&text, text.empty() ? "" : " ", "--", flag.name);
  }
  return text;
}

// A shell's pattern of a flag's spellings: "-o | --output".
std::string FlagPattern(const FlagSpec& flag) {
  const std::string letter =
      flag.letter == 0 ? "" : absl::StrCat("-", std::string(1, flag.letter), " | ");
  return absl::StrCat(letter, "--", flag.name);
}

// The flags that want a value, each spelling once: verbs share names, not always letters.
std::map<std::string, std::string_view> ValuesOfFlags(std::span<const VerbSpec> verbs) {
  std::map<std::string, std::string_view> values;
  for (const VerbSpec& verb : verbs) {
    for (const FlagSpec& flag : FlagsOf(verb)) {
      if (!flag.value.empty()) values.emplace(FlagPattern(flag), flag.value);
    }
  }
  return values;
}

void PrintBash(std::span<const VerbSpec> verbs, std::ostream& out) {
  std::string names;
  for (const VerbSpec& verb : verbs) {
    absl::StrAppend(&names, names.empty() ? "" : " ", verb.name);
  }
  // Flags may stand before the verb, so it is looked for.
  out << "_sluicectl() {\n"
         "  local word=\"${COMP_WORDS[COMP_CWORD]}\" verb=\"\" flags=\"--help\" words=\"\" i\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    [[ \" "
      << names
      << " \" == *\" ${COMP_WORDS[i]} \"* ]] && verb=\"${COMP_WORDS[i]}\" && break\n"
         "  done\n"
         "  case \"${COMP_WORDS[COMP_CWORD - 1]}\" in\n";
  for (const auto& [pattern, value] : ValuesOfFlags(verbs)) {
    out << "    " << pattern << ") ";
    if (value == "FORMAT") {
      out << "COMPREPLY=($(compgen -W \"table yaml json\" -- \"$word\"))";
    } else if (value == "FILE") {
      out << "COMPREPLY=($(compgen -f -- \"$word\"))";
    } else {
      out << "COMPREPLY=()";
    }
    out << "; return ;;\n";
  }
  out << "  esac\n  case \"$verb\" in\n    \"\") words=\"" << names << "\" ;;\n";
  for (const VerbSpec& verb : verbs) {
    out << "    " << verb.name << ") flags=\"" << JoinFlags(verb) << "\" words=\""
        << absl::StrJoin(verb.argument_words, " ") << "\" ;;\n";
  }
  out << "  esac\n"
         "  [[ \"$word\" == -* ]] && words=\"$flags\"\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
         "}\n"
         "complete -o filenames -F _sluicectl sluicectl\n";
}

void PrintFish(std::span<const VerbSpec> verbs, std::ostream& out) {
  for (const VerbSpec& verb : verbs) {
    out << "complete -c sluicectl -n __fish_use_subcommand -f -a " << verb.name << " -d '"
        << verb.summary << "'\n";
    if (!verb.argument_words.empty()) {
      out << "complete -c sluicectl -n '__fish_seen_subcommand_from " << verb.name << "' -f -a '"
          << absl::StrJoin(verb.argument_words, " ") << "'\n";
    }
    for (const FlagSpec& flag : FlagsOf(verb)) {
      out << "complete -c sluicectl -n '__fish_seen_subcommand_from " << verb.name << "' -l "
          << flag.name;
      if (flag.letter != 0) out << " -s " << flag.letter;
      if (!flag.value.empty()) out << " -r";
      out << "\n";
    }
  }
}

}  // namespace

std::string Invocation::Get(std::string_view flag, std::string_view fallback) const {
  const auto it = flags_.find(flag);
  return it == flags_.end() ? std::string(fallback) : it->second.back();
}

const std::vector<std::string>& Invocation::All(std::string_view flag) const {
  static const std::vector<std::string> kNone;
  const auto it = flags_.find(flag);
  return it == flags_.end() ? kNone : it->second;
}

std::span<const FlagSpec> CommonFlags() { return kCommonFlags; }

absl::StatusOr<Invocation> ParseInvocation(const VerbSpec& verb,
                                           std::span<const std::string> words) {
  return Reader(verb, words).Read();
}

void PrintHelp(std::span<const VerbSpec> verbs, std::ostream& out) {
  out << "sluicectl: speaks to sluice-control, and looks at manifests without it.\n\n"
         "Usage: sluicectl VERB [flags]\n\n";
  for (const VerbSpec& verb : verbs) {
    std::string name(verb.name);
    name.resize(12, ' ');
    out << "  " << name << verb.summary << "\n";
  }
  out << "\nFlags of every verb:\n";
  PrintFlags(kCommonFlags, out);
  out << "\n`sluicectl VERB --help` shows the verb's flags and an example.\n";
  PrintExitCodes(out);
}

void PrintVerbHelp(const VerbSpec& verb, std::ostream& out) {
  out << "sluicectl " << verb.name << ": " << verb.summary << "\n\nUsage: sluicectl " << verb.name;
  if (!verb.arguments.empty()) out << " " << verb.arguments;
  out << " [flags]\n\nExample:\n" << verb.example << "\n\nFlags:\n";
  PrintFlags(verb.flags, out);
  PrintFlags(kCommonFlags, out);
  out << "\n";
  PrintExitCodes(out);
}

bool PrintCompletion(std::span<const VerbSpec> verbs, std::string_view shell, std::ostream& out) {
  if (shell == "bash") {
    PrintBash(verbs, out);
  } else if (shell == "zsh") {
    out << "#compdef sluicectl\nautoload -U +X bashcompinit && bashcompinit\n";
    PrintBash(verbs, out);
  } else if (shell == "fish") {
    PrintFish(verbs, out);
  } else {
    return false;
  }
  return true;
}

}  // namespace sluice::sluicectl
