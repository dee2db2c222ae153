// SPDX-License-Identifier: Apache-2.0
//
// Aim: whatever stops a write, the registry holds all of a transaction or none of it, and says what
// is wrong. Method: real kills, a real file size limit, a user without rights, damaged files.
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/log/check.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "controlplane/registry/sqlite/database.h"
#include "controlplane/registry/sqlite/sqlite_registry.h"
#include "controlplane/registry/temp_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::registry {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr int kObjects = 8;

// Every object gets the same value, so that half a transaction shows.
Transaction Generation(int value, size_t padding) {
  Transaction transaction;
  for (int i = 0; i < kObjects; ++i) {
    transaction.puts.push_back({{"Backend", "shop", absl::StrCat("b", i)},
                                absl::StrCat("{", value, std::string(padding, ' '), "}"),
                                {}});
  }
  return transaction;
}

std::unique_ptr<SqliteRegistry> MustOpen(const std::string& folder) {
  auto opened = SqliteRegistry::Open(folder, SqliteOptions());
  CHECK_OK(opened.status());
  return *std::move(opened);
}

// The value that all objects hold; -1 if they differ or some are missing, 0 if there are none.
int GenerationOf(SqliteRegistry& registry) {
  const auto listing = registry.List();
  CHECK_OK(listing.status());
  if (listing->entries.empty()) return 0;
  if (listing->entries.size() != kObjects) return -1;
  const int first = std::stoi(listing->entries[0].json.substr(1));
  for (const Entry& entry : listing->entries) {
    if (std::stoi(entry.json.substr(1)) != first) return -1;
  }
  return first;
}

// Runs in a child until it is killed; says each generation that Apply has acknowledged.
[[noreturn]] void ApplyForever(const std::string& folder, int pipe_fd) {
  auto registry = MustOpen(folder);
  for (int value = GenerationOf(*registry) + 1;; ++value) {
    CHECK_OK(registry->Apply(Generation(value, 3000)).status());
    CHECK_EQ(write(pipe_fd, &value, sizeof(value)), static_cast<ssize_t>(sizeof(value)));
  }
}

TEST(SqliteFailureTest, KillInTheMiddleLeavesAllOrNothing) {
  TempFolder folder;
  int acknowledged = 0;
  for (int round = 0; round < 12; ++round) {
    int fds[2];
    ASSERT_EQ(pipe(fds), 0);
    const pid_t child = fork();
    if (child == 0) {
      close(fds[0]);
      ApplyForever(folder.path(), fds[1]);
    }
    close(fds[1]);
    // The child is in its next apply, at a point that differs each time.
    for (int i = 0; i <= round % 4; ++i) {
      ASSERT_EQ(read(fds[0], &acknowledged, sizeof(acknowledged)),
                static_cast<ssize_t>(sizeof(acknowledged)));
    }
    for (volatile int spin = 0; spin < round * 40'000;) spin = spin + 1;
    ASSERT_EQ(kill(child, SIGKILL), 0);
    while (read(fds[0], &acknowledged, sizeof(acknowledged)) > 0) {
    }
    close(fds[0]);
    ASSERT_EQ(waitpid(child, nullptr, 0), child);

    auto registry = MustOpen(folder.path());
    const int found = GenerationOf(*registry);
    ASSERT_GE(found, acknowledged) << "an acknowledged apply was lost";
    ASSERT_LE(found, acknowledged + 1);
    EXPECT_EQ(registry->List()->revision, found);
  }
}

// Bounds how big a file of this process may grow, as a full disk would.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    previous_handler_ = signal(SIGXFSZ, SIG_IGN);
    CHECK_EQ(getrlimit(RLIMIT_FSIZE, &previous_), 0);
    const rlimit limit = {bytes, previous_.rlim_max};
    CHECK_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  }
  ~FileSizeLimit() {
    CHECK_EQ(setrlimit(RLIMIT_FSIZE, &previous_), 0);
    signal(SIGXFSZ, previous_handler_);
  }

 private:
  rlimit previous_;
  void (*previous_handler_)(int);
};

TEST(SqliteFailureTest, NoRoomForAnotherPageIsResourceExhausted) {
  TempFolder folder;
  auto database = Database::Open(folder.Path("x.db"));
  ASSERT_TRUE(database.ok());
  ASSERT_TRUE(database->Execute("PRAGMA max_page_count=3; CREATE TABLE t(x)").ok());
  const absl::Status status = database->Execute("INSERT INTO t VALUES (zeroblob(50000))");
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(status.message(), HasSubstr("no room left on the disk"));
}

TEST(SqliteFailureTest, FullDiskIsAClearErrorAndLosesNothing) {
  TempFolder folder;
  auto registry = MustOpen(folder.path());
  ASSERT_TRUE(registry->Apply(Generation(1, 10)).ok());
  {
    FileSizeLimit limit(512 * 1024);
    absl::Status status = registry->Apply(Generation(2, 200'000)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
    EXPECT_THAT(status.message(), HasSubstr(folder.path()));
    EXPECT_THAT(status.message(), HasSubstr("no room left"));
    EXPECT_EQ(GenerationOf(*registry), 1);
  }
  ASSERT_TRUE(registry->Apply(Generation(3, 10)).ok()) << "the room is back";
  EXPECT_EQ(GenerationOf(*registry), 3);
  registry.reset();
  EXPECT_EQ(GenerationOf(*MustOpen(folder.path())), 3);
}

// In a child without root's rights; the message it fails with, or empty.
std::string RunWithoutRights(const std::function<std::string()>& body) {
  int fds[2];
  CHECK_EQ(pipe(fds), 0);
  const pid_t child = fork();
  if (child == 0) {
    constexpr uid_t kNobody = 65534;
    if (geteuid() == 0) CHECK_EQ(setuid(kNobody), 0);
    const std::string answer = body();
    CHECK_EQ(write(fds[1], answer.data(), answer.size()), static_cast<ssize_t>(answer.size()));
    _exit(0);
  }
  close(fds[1]);
  std::string answer;
  char buffer[512];
  for (ssize_t n; (n = read(fds[0], buffer, sizeof(buffer))) > 0;) answer.append(buffer, n);
  close(fds[0]);
  CHECK_EQ(waitpid(child, nullptr, 0), child);
  return answer;
}

TEST(SqliteFailureTest, ReadOnlyFolderIsAClearError) {
  TempFolder folder;
  ASSERT_EQ(chmod(folder.path().c_str(), 0555), 0);
  EXPECT_THAT(RunWithoutRights([&] {
                return SqliteRegistry::Open(folder.path(), SqliteOptions()).status().ToString();
              }),
              AllOf(HasSubstr("PERMISSION_DENIED"), HasSubstr(folder.path())));
  ASSERT_EQ(chmod(folder.path().c_str(), 0700), 0);
}

TEST(SqliteFailureTest, ReadOnlyFileIsAClearErrorAndStaysAsItIs) {
  TempFolder folder;
  ASSERT_TRUE(MustOpen(folder.path())->Apply(Generation(1, 10)).ok());
  ASSERT_EQ(chmod(folder.path().c_str(), 0777), 0);
  ASSERT_EQ(chmod(folder.Path("registry.db").c_str(), 0444), 0);
  ASSERT_EQ(chmod(folder.Path("registry.lock").c_str(), 0666), 0);
  EXPECT_THAT(RunWithoutRights([&] {
                return SqliteRegistry::Open(folder.path(), SqliteOptions()).status().ToString();
              }),
              AllOf(HasSubstr("PERMISSION_DENIED"), HasSubstr("registry.db")));
  ASSERT_EQ(chmod(folder.Path("registry.db").c_str(), 0600), 0);
  EXPECT_EQ(GenerationOf(*MustOpen(folder.path())), 1);
}

TEST(SqliteFailureTest, SecondControlPlaneOnOneFolderIsRefused) {
  TempFolder folder;
  auto registry = MustOpen(folder.path());
  const auto second = SqliteRegistry::Open(folder.path(), SqliteOptions());
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(second.status().message(), HasSubstr("in use"));
}

TEST(SqliteFailureTest, DamagedFileIsNotTakenForAnEmptyOne) {
  TempFolder folder;
  folder.Write("registry.db", std::string(8192, 'x'));
  const auto opened = SqliteRegistry::Open(folder.path(), SqliteOptions());
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(opened.status().message(), HasSubstr("registry.db"));
}

TEST(SqliteFailureTest, AnotherProgramsDatabaseIsLeftAlone) {
  TempFolder folder;
  {
    auto database = Database::Open(folder.Path("registry.db"));
    ASSERT_TRUE(database.ok());
    ASSERT_TRUE(database->Execute("CREATE TABLE theirs(x)").ok());
  }
  const auto opened = SqliteRegistry::Open(folder.path(), SqliteOptions());
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(opened.status().message(), HasSubstr("not a Sluice registry"));
}

TEST(SqliteFailureTest, SchemaOfANewerReleaseIsRefused) {
  TempFolder folder;
  MustOpen(folder.path());
  {
    auto database = Database::Open(folder.Path("registry.db"));
    ASSERT_TRUE(database.ok());
    ASSERT_TRUE(database->Execute("PRAGMA user_version=999").ok());
  }
  const auto opened = SqliteRegistry::Open(folder.path(), SqliteOptions());
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(opened.status().message(), HasSubstr("999"));
}

TEST(SqliteFailureTest, FilesAreForTheirOwnerOnly) {
  TempFolder folder;
  auto registry = MustOpen(folder.Path("data"));
  ASSERT_TRUE(registry->Apply(Generation(1, 10)).ok());
  for (const char* name : {"data", "data/registry.db", "data/registry.db-wal"}) {
    struct stat file;
    ASSERT_EQ(stat(folder.Path(name).c_str(), &file), 0) << name;
    EXPECT_EQ(file.st_mode & 0077, 0u) << name;
  }
}

}  // namespace
}  // namespace sluice::registry
