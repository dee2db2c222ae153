// SPDX-License-Identifier: Apache-2.0
#include "controlplane/registry/dir/dir_registry.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/log/check.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "controlplane/registry/batch_log.h"
#include "controlplane/registry/temp_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::registry {
namespace {

using ::testing::HasSubstr;

using Mirror = BatchLog::Mirror;

std::string ConfigMap(const std::string& name, const std::string& value) {
  return absl::StrCat("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ", name,
                      "\n  namespace: shop\ndata:\n  key: \"", value, "\"\n---\n");
}

manifest::ObjectKey Key(std::string name) { return {"ConfigMap", "shop", std::move(name)}; }

bool Holds(const Mirror& mirror, const std::string& name, const std::string& value) {
  const auto it = mirror.entries.find(Key(name));
  return it != mirror.entries.end() &&
         it->second.json.find(absl::StrCat("\"key\":\"", value, "\"")) != std::string::npos;
}

class DirRegistryTest : public ::testing::Test {
 protected:
  void Open() {
    subscription_.reset();
    auto opened = DirRegistry::Open(folder_.path(), options_);
    CHECK_OK(opened.status());
    registry_ = *std::move(opened);
    subscription_ = registry_->Watch(0, log_.Callback());
    log_.AwaitBatches(1);
  }
  Mirror Await(const std::string& name, const std::string& value) {
    return log_.Await([&](const Mirror& mirror) { return Holds(mirror, name, value); });
  }
  Mirror AwaitGone(const std::string& name) {
    return log_.Await([&](const Mirror& mirror) { return !mirror.entries.contains(Key(name)); });
  }
  Mirror AwaitProblem(const std::string& name) {
    return log_.Await(
        [&](const Mirror& mirror) { return mirror.problems.contains(folder_.Path(name)); });
  }
  Mirror AwaitNoProblem() {
    return log_.Await([&](const Mirror& mirror) { return mirror.problems.empty(); });
  }

  TempFolder folder_;
  DirOptions options_;
  BatchLog log_;
  std::unique_ptr<DirRegistry> registry_;
  std::unique_ptr<Subscription> subscription_;
};

TEST_F(DirRegistryTest, WhatIsThereAtTheStartIsListedAtOnce) {
  folder_.Write("a.yaml", ConfigMap("one", "1") + ConfigMap("two", "2"));
  Open();
  const absl::StatusOr<Listing> listing = registry_->List();
  ASSERT_TRUE(listing.ok());
  ASSERT_EQ(listing->entries.size(), 2u);
  EXPECT_EQ(listing->entries[0].key, Key("one"));
  EXPECT_EQ(listing->entries[0].origin, (manifest::Origin{folder_.Path("a.yaml"), 1}));
  EXPECT_NE(listing->entries[0].object, nullptr);
}

TEST_F(DirRegistryTest, NewChangedAndDeletedFilesAreFollowed) {
  Open();
  folder_.Write("a.yaml", ConfigMap("one", "1"));
  const Revision created = Await("one", "1").entries.at(Key("one")).revision;
  folder_.Write("a.yaml", ConfigMap("one", "2"));
  EXPECT_GT(Await("one", "2").entries.at(Key("one")).revision, created);
  folder_.Remove("a.yaml");
  AwaitGone("one");
}

TEST_F(DirRegistryTest, RenameOverAFileIsAChangeAndNotADeletion) {
  folder_.Write("a.yaml", ConfigMap("one", "1"));
  Open();
  folder_.Replace("a.yaml", ConfigMap("one", "2"));
  for (const ChangeBatch& batch : Await("one", "2").batches) {
    for (const Change& change : batch.changes) EXPECT_FALSE(std::holds_alternative<Delete>(change));
  }
}

TEST_F(DirRegistryTest, NewSubfoldersAreWatched) {
  Open();
  std::filesystem::create_directories(folder_.Path("x/y"));
  folder_.Write("x/y/a.yml", ConfigMap("one", "1"));
  Await("one", "1");
  folder_.Write("x/y/a.yml", ConfigMap("one", "2"));
  Await("one", "2");
  std::filesystem::rename(folder_.Path("x"), folder_.Path("z"));
  log_.Await([&](const Mirror& mirror) {
    const auto it = mirror.entries.find(Key("one"));
    return it != mirror.entries.end() && it->second.origin.file == folder_.Path("z/y/a.yml");
  });
  folder_.Remove("z");
  AwaitGone("one");
}

TEST_F(DirRegistryTest, BrokenFileServesOnAndSaysWhereItIsBroken) {
  folder_.Write("a.yaml", ConfigMap("one", "1"));
  folder_.Write("b.yaml", ConfigMap("two", "1"));
  Open();
  folder_.Write("a.yaml", ConfigMap("one", "2") +
                              "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: bad\n  "
                              "namespace: shop\ndatta:\n  key: x\n");
  const Mirror broken = AwaitProblem("a.yaml");
  EXPECT_TRUE(Holds(broken, "one", "1"));
  const manifest::Problem problem = broken.problems.at(folder_.Path("a.yaml")).at(0);
  EXPECT_EQ(problem.origin.file, folder_.Path("a.yaml"));
  EXPECT_EQ(problem.origin.line, 14);
  EXPECT_EQ(problem.resource, "ConfigMap shop/bad");
  EXPECT_THAT(problem.field_path, HasSubstr("datta"));
  EXPECT_THAT(problem.reason, HasSubstr("data"));
  // The other files go on meanwhile.
  folder_.Write("b.yaml", ConfigMap("two", "2"));
  EXPECT_TRUE(Holds(Await("two", "2"), "one", "1"));
  folder_.Write("a.yaml", ConfigMap("one", "3"));
  EXPECT_TRUE(Holds(AwaitNoProblem(), "one", "3"));
}

TEST_F(DirRegistryTest, FileBrokenFromTheStartGivesNothingButItsProblem) {
  folder_.Write("a.yaml", ConfigMap("one", "1") + "kind: [");
  Open();
  EXPECT_TRUE(AwaitProblem("a.yaml").entries.empty());
  folder_.Remove("a.yaml");
  AwaitNoProblem();
}

TEST_F(DirRegistryTest, ObjectInTwoFilesIsAProblemThatNamesBoth) {
  folder_.Write("a.yaml", ConfigMap("one", "1"));
  Open();
  folder_.Write("b.yaml", ConfigMap("two", "1") + ConfigMap("one", "2"));
  const Mirror mirror = AwaitProblem("b.yaml");
  EXPECT_TRUE(Holds(mirror, "one", "1"));
  EXPECT_FALSE(mirror.entries.contains(Key("two")));
  const std::string told = mirror.problems.at(folder_.Path("b.yaml")).at(0).ToString();
  EXPECT_THAT(told, HasSubstr(folder_.Path("a.yaml")));
  EXPECT_THAT(told, HasSubstr(folder_.Path("b.yaml")));
  folder_.Remove("a.yaml");
  EXPECT_TRUE(Holds(Await("one", "2"), "two", "1"));
  AwaitNoProblem();
}

TEST_F(DirRegistryTest, FileThatIsBeingWrittenIsLeftUntilItIsClosed) {
  folder_.Write("a.yaml", ConfigMap("one", "1") + ConfigMap("two", "1"));
  Open();
  const int fd = open(folder_.Path("a.yaml").c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  const std::string half = ConfigMap("one", "2");
  ASSERT_EQ(write(fd, half.data(), half.size()), static_cast<ssize_t>(half.size()));
  // Another file makes it look at the folder while the first is half written.
  folder_.Write("b.yaml", ConfigMap("three", "1"));
  const Mirror mirror = Await("three", "1");
  EXPECT_TRUE(Holds(mirror, "one", "1"));
  EXPECT_TRUE(Holds(mirror, "two", "1"));
  const std::string rest = ConfigMap("two", "2");
  ASSERT_EQ(write(fd, rest.data(), rest.size()), static_cast<ssize_t>(rest.size()));
  close(fd);
  EXPECT_TRUE(Holds(Await("one", "2"), "two", "2"));
}

TEST_F(DirRegistryTest, KubernetesVolumeIsSwappedAsOne) {
  std::filesystem::create_directory(folder_.Path("..1"));
  folder_.Write("..1/a.yaml", ConfigMap("one", "1"));
  folder_.Write("..1/b.yaml", ConfigMap("two", "1"));
  std::filesystem::create_symlink("..1", folder_.Path("..data"));
  std::filesystem::create_symlink("..data/a.yaml", folder_.Path("a.yaml"));
  std::filesystem::create_symlink("..data/b.yaml", folder_.Path("b.yaml"));
  Open();
  ASSERT_EQ(registry_->List()->entries.size(), 2u);
  std::filesystem::create_directory(folder_.Path("..2"));
  folder_.Write("..2/a.yaml", ConfigMap("one", "2"));
  folder_.Write("..2/b.yaml", ConfigMap("two", "2"));
  std::filesystem::create_symlink("..2", folder_.Path("..data_tmp"));
  std::filesystem::rename(folder_.Path("..data_tmp"), folder_.Path("..data"));
  folder_.Remove("..1");
  for (const ChangeBatch& batch : Await("one", "2").batches) {
    if (!batch.resync) EXPECT_EQ(batch.changes.size(), 2u) << "both files in one batch";
  }
}

TEST_F(DirRegistryTest, FolderThatVanishesChangesNothing) {
  options_.rescan_interval_ms = 20;  // Nothing watches a folder that is not there.
  folder_.Write("a.yaml", ConfigMap("one", "1"));
  Open();
  const std::string aside = folder_.path() + "_aside";
  std::filesystem::rename(folder_.path(), aside);
  const Mirror mirror =
      log_.Await([&](const Mirror& mirror) { return mirror.problems.contains(folder_.path()); });
  EXPECT_TRUE(Holds(mirror, "one", "1"));
  std::filesystem::rename(aside, folder_.path());
  AwaitNoProblem();
  folder_.Write("a.yaml", ConfigMap("one", "2"));
  Await("one", "2");
}

TEST_F(DirRegistryTest, TooManyFilesChangeNothing) {
  options_.scan.max_files = 2;
  folder_.Write("a.yaml", ConfigMap("one", "1"));
  Open();
  folder_.Write("b.yaml", "");
  folder_.Write("c.yaml", "");
  const Mirror mirror =
      log_.Await([&](const Mirror& mirror) { return mirror.problems.contains(folder_.path()); });
  EXPECT_TRUE(Holds(mirror, "one", "1"));
  folder_.Remove("b.yaml");
  AwaitNoProblem();
}

TEST_F(DirRegistryTest, OversizedObjectIsAProblemOfItsFile) {
  options_.limits.max_object_bytes = 200;
  folder_.Write("a.yaml", ConfigMap("one", std::string(300, 'x')));
  Open();
  EXPECT_EQ(AwaitProblem("a.yaml").problems.at(folder_.Path("a.yaml"))[0].resource,
            "ConfigMap shop/one");
}

TEST_F(DirRegistryTest, WatcherThatComesBackHearsWhatItMissed) {
  folder_.Write("a.yaml", ConfigMap("one", "1") + ConfigMap("two", "1"));
  Open();
  const Revision left = registry_->List()->revision;
  folder_.Write("a.yaml", ConfigMap("two", "1"));
  AwaitGone("one");
  BatchLog again, stranger;
  auto subscription = registry_->Watch(left, again.Callback());
  const ChangeBatch batch = again.AwaitBatches(1).batches[0];
  EXPECT_FALSE(batch.resync);
  EXPECT_TRUE(std::holds_alternative<Delete>(batch.changes.back()));
  // A revision of an earlier process.
  auto other = registry_->Watch(5, stranger.Callback());
  EXPECT_TRUE(stranger.AwaitBatches(1).batches[0].resync);
}

TEST_F(DirRegistryTest, IsReadOnlyToApplyButKeepsStatus) {
  folder_.Write("a.yaml", ConfigMap("one", "1"));
  Open();
  EXPECT_TRUE(registry_->capabilities().read_only);
  EXPECT_EQ(registry_->Apply({}).status().code(), absl::StatusCode::kFailedPrecondition);
  ASSERT_TRUE(registry_->WriteStatus({{Key("one"), "{ok}"}, {Key("none"), "{}"}}).ok());
  EXPECT_EQ(*registry_->ReadStatus(Key("one")), "{ok}");
  EXPECT_EQ(registry_->ListStatus()->size(), 1u);
  EXPECT_EQ(registry_->ReadStatus(Key("none")).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(DirRegistryTest, MissingFolderIsAnErrorAtTheStart) {
  const auto opened = DirRegistry::Open(folder_.Path("nowhere"), options_);
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(opened.status().message(), HasSubstr("nowhere"));
}

}  // namespace
}  // namespace sluice::registry
