// SPDX-License-Identifier: Apache-2.0
//
// What deploy/examples shows is valid, refers to nothing that is not there, and needs no more than
// the quickstart beneath it.
#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "controlplane/translate/pipeline/offline_for_test.h"
#include "controlplane/translate/pipeline/pipeline.h"
#include "gtest/gtest.h"

namespace sluice::translate {
namespace {

std::string ReadExample(const std::string& name) {
  std::ifstream in(absl::StrCat("deploy/examples/", name, ".yaml"));
  std::ostringstream out;
  out << in.rdbuf();
  EXPECT_NE(out.str(), "") << name;
  return out.str();
}

class ExamplesTest : public testing::TestWithParam<std::string> {};

TEST_P(ExamplesTest, AreCleanOnTopOfTheQuickstart) {
  Pipeline pipeline(KeyPairCheckForTest);
  const auto set = SetForTest(
      ObjectsForTest(absl::StrCat(ReadExample("quickstart"), "---\n", ReadExample(GetParam()))));
  pipeline.Apply(set, store::DiffOf(store::ObjectSet(), *set));
  int policies = 0;
  for (const auto& [key, verdict] : pipeline.verdicts()) {
    EXPECT_TRUE(resolve::IsClean(verdict)) << key.ToString();
    policies += key.kind == "AuthPolicy" || key.kind == "RateLimitPolicy" ? 1 : 0;
  }
  EXPECT_EQ(policies, 1);
  const ir::Listener& listener =
      pipeline.gateways().at({"Gateway", "default", "quickstart"})->gateway->ports[0]->listeners[0];
  EXPECT_NE(listener.filters, ir::PolicyFilters());
}

INSTANTIATE_TEST_SUITE_P(Example, ExamplesTest,
                         testing::Values("api-keys", "jwt", "authorization", "rate-limit"),
                         [](const auto& info) {
                           std::string name = info.param;
                           for (char& c : name) c = c == '-' ? '_' : c;
                           return name;
                         });

}  // namespace
}  // namespace sluice::translate
