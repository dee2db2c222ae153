// SPDX-License-Identifier: Apache-2.0
#include "controlplane/status/keeper.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "api/manifest/manifest.h"
#include "api/manifest/object.h"
#include "controlplane/registry/registry.h"
#include "controlplane/resolve/verdict.h"
#include "controlplane/status/board.h"
#include "controlplane/store/store.h"
#include "gtest/gtest.h"

namespace sluice::status {
namespace {

constexpr size_t kMaxStatusBytes = 1000;

// A registry that takes statuses up to a length, a batch whole or not at all, and does nothing
// else.
class StatusLog : public registry::Registry {
 public:
  const std::string& name() const override { return name_; }
  registry::Capabilities capabilities() const override { return {}; }
  absl::StatusOr<registry::Listing> List() override { return Unused(); }
  std::unique_ptr<registry::Subscription> Watch(registry::Revision,
                                                registry::WatchCallback) override {
    return nullptr;
  }
  absl::StatusOr<registry::ApplyResult> Apply(const registry::Transaction&) override {
    return Unused();
  }
  absl::Status WriteStatus(const std::vector<registry::StatusWrite>& writes) override {
    for (const registry::StatusWrite& write : writes) {
      if (write.json.size() > kMaxStatusBytes) return absl::InvalidArgumentError("too long");
    }
    for (const registry::StatusWrite& write : writes) written_[write.key] = write.json;
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<registry::StatusWrite>> ListStatus() override { return Unused(); }
  absl::StatusOr<std::string> ReadStatus(const manifest::ObjectKey&) override { return Unused(); }
  absl::StatusOr<std::vector<registry::RevisionInfo>> History(int) override { return Unused(); }
  absl::StatusOr<registry::Listing> ListAt(registry::Revision) override { return Unused(); }

  const std::map<manifest::ObjectKey, std::string>& written() const { return written_; }

 private:
  static absl::Status Unused() { return absl::UnimplementedError("not of this fake"); }

  const std::string name_ = "fake";
  std::map<manifest::ObjectKey, std::string> written_;  // The Keeper's thread's until it is joined.
};

manifest::ObjectKey Class(const std::string& name) { return {"GatewayClass", "", name}; }

registry::Change PutOf(const std::string& name) {
  registry::Entry entry;
  entry.key = Class(name);
  entry.json = absl::StrCat(
      R"({"apiVersion":"gateway.networking.k8s.io/v1","kind":"GatewayClass","metadata":{"name":")",
      name, R"("},"spec":{"controllerName":"sluice.dev/gateway-controller"}})");
  entry.revision = 1;
  return registry::Put{std::move(entry)};
}

resolve::Verdict Saying(std::string message) {
  resolve::Verdict verdict;
  verdict.conditions = {resolve::True("Accepted", "Accepted", std::move(message))};
  return verdict;
}

TEST(KeeperTest, AStatusThatIsTooLongKeepsNoOtherFromBeingWritten) {
  store::Store store{manifest::ParseOptions()};
  store.OnChanges({.revision = 1, .resync = true, .changes = {PutOf("a"), PutOf("b"), PutOf("c")}});
  Board board;
  board.Publish({.revision = 1,
                 .verdicts = {{Class("a"), Saying("short")},
                              {Class("b"), Saying(std::string(kMaxStatusBytes, 'x'))},
                              {Class("c"), Saying("short")}},
                 .at = absl::FromUnixSeconds(1)});
  StatusLog registry;
  {
    Keeper keeper(registry, store, board);
    keeper.Note({Class("a"), Class("b"), Class("c")});
  }
  EXPECT_EQ(registry.written().size(), 2u);
  EXPECT_TRUE(registry.written().contains(Class("a")));
  EXPECT_FALSE(registry.written().contains(Class("b")));
}

}  // namespace
}  // namespace sluice::status
