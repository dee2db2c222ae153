// SPDX-License-Identifier: Apache-2.0
#include "tools/sluicectl/verbs.h"

#include <string>
#include <string_view>
#include <vector>

#include "absl/base/no_destructor.h"
#include "absl/strings/str_cat.h"
#include "api/manifest/kinds.h"
#include "base/nearest.h"

namespace sluice::sluicectl {
namespace {

constexpr FlagSpec kFilename = {"filename", 'f', "FILE", "file, folder, or - for standard input"};
constexpr FlagSpec kNamespace = {"namespace", 'n', "NAMESPACE", "for objects that name none"};
constexpr FlagSpec kOutput = {"output", 'o', "FORMAT", "table, yaml or json"};
constexpr FlagSpec kDryRun = {"dry-run", 0, "", "do everything but keep the result"};
constexpr FlagSpec kMessage = {"message", 'm', "TEXT", "why, for the history"};

ExitCode RunCompletion(const Invocation& invocation, Streams& streams) {
  if (PrintCompletion(AllVerbs(), invocation.arguments()[0], streams.out)) return ExitCode::kOk;
  streams.err << "sluicectl: completion is for bash, zsh or fish\n";
  return ExitCode::kUsage;
}

std::vector<std::string_view> KindWords() {
  std::vector<std::string_view> words;
  for (const manifest::KindInfo& kind : manifest::AllKinds()) words.push_back(kind.plural);
  return words;
}

const VerbSpec* FindVerb(std::string_view name) {
  for (const VerbSpec& verb : AllVerbs()) {
    if (verb.name == name) return &verb;
  }
  return nullptr;
}

ExitCode UnknownVerb(std::string_view name, Streams& streams) {
  std::vector<std::string_view> names;
  for (const VerbSpec& verb : AllVerbs()) names.push_back(verb.name);
  const std::string_view nearest = base::NearestName(name, names);
  streams.err << "sluicectl: there is no verb \"" << name << "\"";
  if (!nearest.empty()) streams.err << "; did you mean " << nearest << "?";
  streams.err << "\nsluicectl --help lists the verbs.\n";
  return ExitCode::kUsage;
}

// How many words a flag before the verb takes. Of flags that not every verb has it cannot be known
// before the verb is, so they are taken for such that want a value.
size_t WordsOfFlag(std::string_view word) {
  if (word.find('=') != word.npos) return 1;
  for (const FlagSpec& flag : CommonFlags()) {
    const bool is_short = flag.letter != 0 && word.size() > 1 && word[1] == flag.letter;
    if (!is_short && word != absl::StrCat("--", flag.name)) continue;
    const bool holds_value = is_short && word.size() > 2;
    return flag.value.empty() || holds_value ? 1 : 2;
  }
  return 2;
}

ExitCode NoVerb(std::span<const std::string> words, Streams& streams) {
  for (const std::string& word : words) {
    if (word != "--help" && word != "-h") continue;
    PrintHelp(AllVerbs(), streams.out);
    return ExitCode::kOk;
  }
  streams.err << "sluicectl: name a verb\nsluicectl --help lists the verbs.\n";
  return ExitCode::kUsage;
}

}  // namespace

std::span<const VerbSpec> AllVerbs() {
  static const absl::NoDestructor<std::vector<VerbSpec>> kVerbs({
      {.name = "apply",
       .summary = "creates and changes objects: all of them or none",
       .example = "  sluicectl apply -f deploy/examples/quickstart.yaml --wait",
       .flags = {kFilename,
                 kNamespace,
                 {"wait", 0, "", "until every connected proxy serves it; prints milliseconds"},
                 {"timeout", 0, "DURATION", "of --wait (30s, at most 10m)"},
                 {"strict", 0, "", "refuse dangling, conflicting and unsupported too"},
                 kDryRun,
                 kMessage,
                 kOutput},
       .run = RunApply},
      {.name = "get",
       .arguments = "[KIND[,KIND] [NAME]]",
       .summary = "shows objects, with their status",
       .example = "  sluicectl get httproutes\n  sluicectl get httproute colors -o yaml",
       .flags = {{"namespace", 'n', "NAMESPACE", "only this one (of one object: default)"},
                 {"watch", 'w', "", "show changes as they come"},
                 kOutput},
       .max_arguments = 2,
       .argument_words = KindWords(),
       .run = RunGet},
      {.name = "delete",
       .arguments = "KIND NAME...",
       .summary = "deletes objects: all of them or none",
       .example = "  sluicectl delete httproute colors\n  sluicectl delete -f routes.yaml",
       .flags = {kFilename, kNamespace, kDryRun, kMessage, kOutput},
       .max_arguments = 1000,
       .argument_words = KindWords(),
       .run = RunDelete},
      {.name = "diff",
       .summary = "shows what an apply would change; 1 if it would",
       .example = "  sluicectl diff -f routes.yaml",
       .flags = {kFilename, kNamespace, kOutput},
       .run = RunDiff},
      {.name = "validate",
       .summary = "checks files, without a control plane",
       .example = "  sluicectl validate -f deploy/examples --strict",
       .flags = {kFilename,
                 kNamespace,
                 {"strict", 0, "", "dangling, conflicting and unsupported are errors too"},
                 kOutput},
       .run = RunValidate},
      {.name = "explain",
       .arguments = "METHOD URL",
       .summary = "shows where a request would go, and why every other route lost",
       .example =
           "  sluicectl explain GET http://127.0.0.1:8080/blue -H 'Host: api.localhost'\n"
           "  sluicectl explain GET http://127.0.0.1:8080/ -f deploy/examples/quickstart.yaml",
       .flags = {kFilename,
                 kNamespace,
                 {"header", 'H', "HEADER", "NAME: VALUE, any number of times"},
                 {"gateway", 'g', "NS/NAME", "only this one"},
                 {"limit", 0, "N", "of candidates shown (50)"},
                 kOutput},
       .min_arguments = 2,
       .max_arguments = 2,
       .run = RunExplain},
      {.name = "policies",
       .arguments = "METHOD URL",
       .summary = "shows the filters of a request's route, and whose policy each acts on",
       .example = "  sluicectl policies GET http://127.0.0.1:8080/blue\n"
                  "  sluicectl policies GET http://127.0.0.1:8080/ -f deploy/examples",
       .flags = {kFilename,
                 kNamespace,
                 {"header", 'H', "HEADER", "NAME: VALUE, any number of times"},
                 {"gateway", 'g', "NS/NAME", "only this one"},
                 kOutput},
       .min_arguments = 2,
       .max_arguments = 2,
       .run = RunPolicies},
      {.name = "fleet",
       .arguments = "[PROXY]",
       .summary = "shows each proxy: version, lag, what it refused and why; of one proxy also the "
                  "fields that it does not act on",
       .example = "  sluicectl fleet\n  sluicectl fleet edge-1",
       .flags = {{"gateway", 'g', "NS/NAME", "only this one's proxies"}, kOutput},
       .max_arguments = 1,
       .run = RunFleet},
      {.name = "history",
       .summary = "shows the newest revisions",
       .example = "  sluicectl history",
       .flags = {kOutput},
       .run = RunHistory},
      {.name = "completion",
       .arguments = "bash|zsh|fish",
       .summary = "prints a completion script",
       .example = "  source <(sluicectl completion bash)",
       .min_arguments = 1,
       .max_arguments = 1,
       .argument_words = {"bash", "zsh", "fish"},
       .run = RunCompletion},
  });
  return *kVerbs;
}

ExitCode Run(std::span<const std::string> words, Streams& streams) {
  if (words.empty()) {
    PrintHelp(AllVerbs(), streams.err);
    return ExitCode::kUsage;
  }
  if (words[0] == "help" || words[0] == "--help" || words[0] == "-h") {
    PrintHelp(AllVerbs(), streams.out);
    return ExitCode::kOk;
  }
  std::vector<std::string> rest(words.begin(), words.end());
  // Common flags may stand before the verb: sluicectl --server HOST:PORT VERB.
  size_t at = 0;
  while (at < rest.size() && rest[at].starts_with("-")) at += WordsOfFlag(rest[at]);
  if (at >= rest.size()) return NoVerb(rest, streams);
  const VerbSpec* verb = FindVerb(rest[at]);
  if (verb == nullptr) return UnknownVerb(rest[at], streams);
  rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(at));
  const absl::StatusOr<Invocation> invocation = ParseInvocation(*verb, rest);
  if (!invocation.ok()) {
    streams.err << "sluicectl: " << invocation.status().message() << "\n";
    return ExitCode::kUsage;
  }
  if (invocation->Has("help")) {
    PrintVerbHelp(*verb, streams.out);
    return ExitCode::kOk;
  }
  return verb->run(*invocation, streams);
}

}  // namespace sluice::sluicectl
