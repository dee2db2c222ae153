// SPDX-License-Identifier: Apache-2.0
#include "controlplane/registry/dir/file_set.h"

#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A version whose text says which file it is from and which edition it is.
std::vector<FileObject> Version(const std::string& path, int edition,
                                const std::vector<std::string>& names) {
  std::vector<FileObject> objects;
  int line = 1;
  for (const std::string& name : names) {
    auto object = std::make_shared<manifest::Object>();
    object->key = {"Backend", "shop", name};
    object->origin = {path, line++};
    objects.push_back({std::move(object), absl::StrCat(path, "#", edition)});
  }
  return objects;
}

manifest::Problem Broken() {
  manifest::Problem problem;
  problem.reason = "broken";
  return problem;
}

// "name=path#edition".
std::vector<std::string> Shown(const FileSet& files) {
  std::vector<std::string> shown;
  for (const auto& [key, object] : files.Objects()) {
    shown.push_back(absl::StrCat(key.name, "=", object->json));
  }
  return shown;
}

TEST(FileSetTest, BrokenFileKeepsItsLastGoodVersion) {
  FileSet files(100);
  files.SetVersion("a", Version("a", 1, {"x", "y"}));
  files.Settle();
  files.SetBroken("a", {Broken()});
  files.Settle();
  EXPECT_THAT(Shown(files), ElementsAre("x=a#1", "y=a#1"));
  EXPECT_EQ(files.Problems().at("a")[0].reason, "broken");
  files.SetVersion("a", Version("a", 2, {"y"}));
  files.Settle();
  EXPECT_THAT(Shown(files), ElementsAre("y=a#2"));
  EXPECT_THAT(files.Problems(), IsEmpty());
}

TEST(FileSetTest, RemovedFileTakesItsObjectsAndProblemsAlong) {
  FileSet files(100);
  files.SetVersion("a", Version("a", 1, {"x"}));
  files.SetBroken("b", {Broken()});
  files.Settle();
  files.Remove("a");
  files.Remove("b");
  files.Settle();
  EXPECT_THAT(Shown(files), IsEmpty());
  EXPECT_THAT(files.Problems(), IsEmpty());
}

TEST(FileSetTest, WhoGaveTheObjectFirstKeepsIt) {
  FileSet files(100);
  files.SetVersion("b", Version("b", 1, {"x"}));
  files.Settle();
  files.SetVersion("a", Version("a", 1, {"w", "x"}));
  files.Settle();
  EXPECT_THAT(Shown(files), ElementsAre("x=b#1")) << "and nothing else of a, not even w";
  const manifest::Problem problem = files.Problems().at("a").at(0);
  EXPECT_EQ(problem.resource, "Backend shop/x");
  EXPECT_EQ(problem.origin, (manifest::Origin{"a", 2}));
  EXPECT_THAT(problem.reason, HasSubstr("b:1"));
  EXPECT_THAT(problem.reason, HasSubstr("a:2"));
}

TEST(FileSetTest, AmongNewcomersTheFirstPathWins) {
  FileSet files(100);
  files.SetVersion("b", Version("b", 1, {"x"}));
  files.SetVersion("a", Version("a", 1, {"x"}));
  files.Settle();
  EXPECT_THAT(Shown(files), ElementsAre("x=a#1"));
  EXPECT_TRUE(files.Problems().contains("b"));
}

TEST(FileSetTest, ConflictEndsWhenTheOtherFileGivesTheObjectUp) {
  FileSet files(100);
  files.SetVersion("a", Version("a", 1, {"x"}));
  files.SetVersion("b", Version("b", 1, {"x", "y"}));
  files.Settle();
  files.SetVersion("a", Version("a", 2, {"z"}));
  files.Settle();
  EXPECT_THAT(Shown(files), ElementsAre("x=b#1", "y=b#1", "z=a#2"));
  EXPECT_THAT(files.Problems(), IsEmpty());
}

TEST(FileSetTest, ObjectMayMoveBetweenFilesInOneStep) {
  FileSet files(100);
  files.SetVersion("a", Version("a", 1, {"x", "y"}));
  files.SetVersion("b", Version("b", 1, {"z"}));
  files.Settle();
  files.SetVersion("a", Version("a", 2, {"y"}));
  files.SetVersion("b", Version("b", 2, {"x", "z"}));
  files.Settle();
  EXPECT_THAT(Shown(files), ElementsAre("x=b#2", "y=a#2", "z=b#2"));
}

TEST(FileSetTest, RefusalThatRevivesAnObjectRefusesWhoTookIt) {
  FileSet files(100);
  files.SetVersion("a", Version("a", 1, {"x"}));
  files.SetVersion("c", Version("c", 1, {"z"}));
  files.Settle();
  // b takes over x from a; but a may not have z, so it still says x.
  files.SetVersion("a", Version("a", 2, {"z"}));
  files.SetVersion("b", Version("b", 1, {"x"}));
  files.Settle();
  EXPECT_THAT(Shown(files), ElementsAre("x=a#1", "z=c#1"));
  EXPECT_TRUE(files.Problems().contains("a"));
  EXPECT_TRUE(files.Problems().contains("b"));
}

TEST(FileSetTest, FileThatWouldExceedTheLimitIsNotTaken) {
  FileSet files(3);
  files.SetVersion("a", Version("a", 1, {"x", "y"}));
  files.SetVersion("b", Version("b", 1, {"z", "zz"}));
  files.Settle();
  EXPECT_THAT(Shown(files), ElementsAre("x=a#1", "y=a#1"));
  EXPECT_THAT(files.Problems().at("b")[0].reason, HasSubstr("at most 3"));
  files.SetVersion("a", Version("a", 2, {"x"}));
  files.Settle();
  EXPECT_THAT(Shown(files), ElementsAre("x=a#2", "z=b#1", "zz=b#1"));
}

// Aim: the invariant of FileSet holds whatever happens, and a file that cannot conflict says what
// is on disk. Method: random edits of five files over few names.
TEST(FileSetTest, AcceptedVersionsNeverConflictAndNeverExceed) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    FileSet files(9);
    std::map<std::string, bool> exists;
    for (int step = 0; step < 30; ++step) {
      const std::string path(1, static_cast<char>('a' + random() % 5));
      switch (random() % 6) {
        case 0:
          files.Remove(path);
          exists.erase(path);
          break;
        case 1:
          files.SetBroken(path, {Broken()});
          exists[path] = false;
          break;
        default: {
          std::vector<std::string> names;
          for (int i = 0; i < 6; ++i) {
            if (random() % 3 == 0) names.push_back(absl::StrCat("o", i));
          }
          files.SetVersion(path, Version(path, step, names));
          exists[path] = true;
        }
      }
      if (random() % 2 == 0) continue;  // Several edits at once.
      files.Settle();
      const auto objects = files.Objects();
      ASSERT_LE(objects.size(), 9u);
      ASSERT_EQ(objects.size(), files.CountForTest()) << "a key is in two accepted versions";
      for (const auto& [key, object] : objects) {
        ASSERT_TRUE(exists.contains(object->object->origin.file));
      }
      for (const auto& [name, is_good] : exists) {
        ASSERT_TRUE(is_good || files.Problems().contains(name));
      }
    }
  }
}

}  // namespace
}  // namespace sluice::registry
