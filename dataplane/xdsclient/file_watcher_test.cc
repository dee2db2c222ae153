// SPDX-License-Identifier: Apache-2.0
#include "dataplane/xdsclient/file_watcher.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/manual_clock.h"
#include "gtest/gtest.h"

namespace sluice::xdsclient {
namespace {

class FileWatcherTest : public testing::Test {
 protected:
  FileWatcherTest() {
    std::string pattern = testing::TempDir() + "/watch-XXXXXX";
    folder = mkdtemp(pattern.data());
    watcher = *FileWatcher::Create(loop);
  }

  void Write(const std::string& name) { std::ofstream(folder + "/" + name) << "text"; }
  void Move(const std::string& from, const std::string& to) {
    Write(from);
    std::filesystem::rename(folder + "/" + from, folder + "/" + to);
  }
  std::unique_ptr<FileWatcher::Watch> Count(const std::string& name, int& count) {
    return *watcher->Add(folder, name, [&count] { ++count; });
  }

  base::ManualClock clock;
  event::Loop loop{clock};
  std::string folder;
  std::unique_ptr<FileWatcher> watcher;
};

TEST_F(FileWatcherTest, AMoveOntoTheNameIsTold) {
  int moves = 0;
  const auto watch = Count("a", moves);
  Move("x", "a");
  loop.RunOnce();
  EXPECT_EQ(moves, 1);
}

TEST_F(FileWatcherTest, AWriteInPlaceAndAnotherNameAreNot) {
  int moves = 0;
  const auto watch = Count("a", moves);
  Write("a");
  Move("x", "b");
  loop.RunOnce();
  EXPECT_EQ(moves, 0);
}

TEST_F(FileWatcherTest, WithoutANameEveryMoveIsToldOnceATurn) {
  int moves = 0;
  const auto watch = Count("", moves);
  Move("x", "a");
  Move("x", "b");
  loop.RunOnce();
  EXPECT_EQ(moves, 1);
}

TEST_F(FileWatcherTest, TwoWatchesOfAFolderAreIndependent) {
  int first = 0, second = 0;
  auto one = Count("a", first);
  const auto other = Count("a", second);
  one = nullptr;
  Move("x", "a");
  loop.RunOnce();
  EXPECT_EQ(first, 0);
  EXPECT_EQ(second, 1);
}

TEST_F(FileWatcherTest, ACallbackMayEndEveryWatch) {
  std::unique_ptr<FileWatcher::Watch> own, other;
  int moves = 0;
  own = *watcher->Add(folder, "a", [&] {
    ++moves;
    own = nullptr;
    other = nullptr;
  });
  other = Count("a", moves);
  Move("x", "a");
  loop.RunOnce();
  EXPECT_EQ(moves, 1);
}

TEST_F(FileWatcherTest, AFolderThatIsNotThereIsAnErrorThatNamesIt) {
  const auto watch = watcher->Add(folder + "/none", "a", [] {});
  EXPECT_NE(watch.status().message().find("/none"), std::string::npos) << watch.status();
}

}  // namespace
}  // namespace sluice::xdsclient
