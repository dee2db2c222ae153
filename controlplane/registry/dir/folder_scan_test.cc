// SPDX-License-Identifier: Apache-2.0
#include "controlplane/registry/dir/folder_scan.h"

#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "controlplane/registry/temp_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::registry {
namespace {

using ::testing::ElementsAre;

class FolderScanTest : public ::testing::Test {
 protected:
  absl::StatusOr<FolderScan> Scan(const ScanLimits& limits = {}) {
    return ScanFolder(folder_.path(), limits, [this](const std::string& folder) {
      visited_.push_back(folder.substr(folder_.path().size()));
    });
  }
  std::vector<std::string> Names() {
    std::vector<std::string> names;
    const absl::StatusOr<FolderScan> scan = Scan();
    EXPECT_TRUE(scan.ok());
    for (const auto& [path, signature] : scan->files) {
      names.push_back(path.substr(folder_.path().size() + 1));
    }
    return names;
  }
  void Folder(const std::string& name) { std::filesystem::create_directory(folder_.Path(name)); }
  void Link(const std::string& target, const std::string& name) {
    std::filesystem::create_symlink(target, folder_.Path(name));
  }

  TempFolder folder_;
  std::vector<std::string> visited_;
};

TEST_F(FolderScanTest, TakesManifestsAtAnyDepthAndNothingElse) {
  Folder("shop");
  Folder(".git");
  for (const char* name : {"a.yaml", "b.yml", "c.json", "README.md", ".hidden.yaml", "a.yaml~",
                           "shop/d.yaml", ".git/e.yaml"}) {
    folder_.Write(name, "");
  }
  ASSERT_EQ(mkfifo(folder_.Path("fifo.yaml").c_str(), 0600), 0);
  EXPECT_THAT(Names(), ElementsAre("a.yaml", "b.yml", "c.json", "shop/d.yaml"));
  EXPECT_THAT(visited_, ElementsAre("", "/shop"));
}

TEST_F(FolderScanTest, FollowsLinksButNotInCircles) {
  Folder("..data");
  folder_.Write("..data/a.yaml", "");
  Link("..data/a.yaml", "a.yaml");
  Folder("sub");
  folder_.Write("sub/b.yaml", "");
  Link("../sub", "sub/again");
  EXPECT_THAT(Names(), ElementsAre("a.yaml", "sub/b.yaml"));
}

TEST_F(FolderScanTest, LinkBackToTheFolderItselfGivesNoFileTwice) {
  folder_.Write("a.yaml", "");
  Folder("sub");
  Link("..", "sub/up");
  Link(".", "here");
  EXPECT_THAT(Names(), ElementsAre("a.yaml"));
  EXPECT_THAT(visited_, ElementsAre("", "/sub"));
}

TEST_F(FolderScanTest, DanglingLinkIsUnreadableNotGone) {
  Link("nowhere", "a.yaml");
  const absl::StatusOr<FolderScan> scan = Scan();
  ASSERT_TRUE(scan.ok());
  EXPECT_TRUE(scan->files.empty());
  EXPECT_TRUE(scan->unreadable.contains(folder_.Path("a.yaml")));
}

TEST_F(FolderScanTest, LinkToAFolderThatIsAwayIsUnreadableToo) {
  Folder("..releases");
  folder_.Write("..releases/a.yaml", "");
  Link("..releases", "current");
  EXPECT_THAT(Names(), ElementsAre("current/a.yaml"));
  folder_.Remove("..releases");
  const absl::StatusOr<FolderScan> scan = Scan();
  ASSERT_TRUE(scan.ok());
  EXPECT_TRUE(scan->files.empty());
  EXPECT_TRUE(scan->unreadable.contains(folder_.Path("current")));
}

TEST_F(FolderScanTest, MissingFolderIsUnreadable) {
  const auto scan = ScanFolder(folder_.Path("nowhere"), {}, [](const std::string&) {});
  ASSERT_TRUE(scan.ok());
  EXPECT_TRUE(scan->unreadable.contains(folder_.Path("nowhere")));
}

TEST_F(FolderScanTest, OverALimitNothingIsKnown) {
  Folder("sub");
  folder_.Write("a.yaml", "");
  folder_.Write("sub/b.yaml", "");
  EXPECT_TRUE(Scan({.max_files = 2, .max_folders = 2, .max_depth = 1}).ok());
  for (const ScanLimits& limits :
       {ScanLimits{.max_files = 1}, ScanLimits{.max_folders = 1}, ScanLimits{.max_depth = 0}}) {
    EXPECT_EQ(Scan(limits).status().code(), absl::StatusCode::kResourceExhausted);
  }
}

TEST_F(FolderScanTest, SignatureTellsAReplacedFile) {
  folder_.Write("a.yaml", "one");
  const FileSignature before = Scan()->files.at(folder_.Path("a.yaml"));
  EXPECT_EQ(Scan()->files.at(folder_.Path("a.yaml")), before);
  folder_.Replace("a.yaml", "two");
  EXPECT_NE(Scan()->files.at(folder_.Path("a.yaml")), before);
}

TEST_F(FolderScanTest, ReadIsBounded) {
  folder_.Write("a.yaml", std::string(100'000, 'x'));
  EXPECT_EQ(ReadWholeFile(folder_.Path("a.yaml"), 100'000)->size(), 100'000u);
  EXPECT_EQ(ReadWholeFile(folder_.Path("a.yaml"), 99'999).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReadWholeFile(folder_.Path("none"), 1).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace sluice::registry
