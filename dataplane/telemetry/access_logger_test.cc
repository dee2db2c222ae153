// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/log/log_sink.h"
#include "absl/log/log_sink_registry.h"
#include "base/manual_clock.h"
#include "dataplane/telemetry/access_log.h"
#include "dataplane/telemetry/sample_entry.h"

namespace sluice::telemetry {
namespace {

std::string Contents(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class AccessLoggerTest : public testing::Test {
 protected:
  AccessLoggerTest() {
    std::string name = testing::TempDir() + "/sluice_log_XXXXXX";
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
    path_ = directory_ + "/access.log";
  }
  ~AccessLoggerTest() override {
    unlink(path_.c_str());
    unlink((path_ + ".1").c_str());
    rmdir(directory_.c_str());
  }

  std::shared_ptr<config::AccessLog> ConfigFor(const std::string& path) {
    auto config = std::make_shared<config::AccessLog>();
    config->sink = config::AccessLog::Sink::kFile;
    config->path = path;
    config->text = "%RESPONSE_CODE% %REQ(USER-AGENT)%";
    return config;
  }

  std::unique_ptr<AccessLogger> Make(std::shared_ptr<const config::AccessLog> config) {
    auto format = LogFormat::Compile(*config);
    auto file = files_.Open(*config);
    EXPECT_TRUE(format.ok() && file.ok()) << file.status();
    if (!format.ok() || !file.ok()) return nullptr;
    return std::make_unique<AccessLogger>(config, *std::move(format), *std::move(file));
  }

  std::string directory_;
  std::string path_;
  LogFiles files_;
  SampleEntry sample_;
};

TEST_F(AccessLoggerTest, LinesAreHeldUntilAFlush) {
  auto logger = Make(ConfigFor(path_));
  logger->Log(sample_.entry());
  EXPECT_EQ(Contents(path_), "");
  logger->Flush();
  EXPECT_EQ(Contents(path_), "503 curl/8\n");
  logger->Log(sample_.entry());
  logger.reset();
  EXPECT_EQ(Contents(path_), "503 curl/8\n503 curl/8\n") << "the last lines are not lost";
}

TEST_F(AccessLoggerTest, AFullBufferIsWritten) {
  auto logger = Make(ConfigFor(path_));
  const std::string line = "503 curl/8\n";
  size_t logged = 0;
  while (logged < AccessLogger::kFlushAt) {
    logger->Log(sample_.entry());
    logged += line.size();
  }
  EXPECT_EQ(Contents(path_).size(), logged);
}

TEST_F(AccessLoggerTest, AFileIsMadeForItsOwnerAndGroupAlone) {
  const mode_t before = umask(0);
  auto logger = Make(ConfigFor(path_));
  umask(before);
  struct stat facts;
  ASSERT_EQ(stat(path_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0640u);
}

TEST_F(AccessLoggerTest, StatusesOutsideTheRangeAreNotLogged) {
  auto config = ConfigFor(path_);
  config->min_status = 400;
  config->max_status = 499;
  auto logger = Make(config);
  for (const uint16_t status : {0, 200, 399, 400, 499, 500}) {
    sample_.info.status = status;
    logger->Log(sample_.entry());
  }
  logger->Flush();
  EXPECT_EQ(Contents(path_), "400 curl/8\n499 curl/8\n");
}

TEST_F(AccessLoggerTest, ReopeningFollowsThePath) {
  auto logger = Make(ConfigFor(path_));
  logger->Log(sample_.entry());
  logger->Flush();
  ASSERT_EQ(rename(path_.c_str(), (path_ + ".1").c_str()), 0);
  logger->Log(sample_.entry());
  logger->Flush();
  files_.Reopen();
  logger->Log(sample_.entry());
  logger->Flush();
  EXPECT_EQ(Contents(path_ + ".1"), "503 curl/8\n503 curl/8\n");
  EXPECT_EQ(Contents(path_), "503 curl/8\n");
}

TEST_F(AccessLoggerTest, AFailedReopenKeepsTheOldFile) {
  auto logger = Make(ConfigFor(path_));
  ASSERT_EQ(rename(path_.c_str(), (path_ + ".1").c_str()), 0);
  ASSERT_EQ(mkdir(path_.c_str(), 0700), 0);
  files_.Reopen();
  logger->Log(sample_.entry());
  logger->Flush();
  EXPECT_EQ(Contents(path_ + ".1"), "503 curl/8\n");
  rmdir(path_.c_str());
}

TEST_F(AccessLoggerTest, OnePathIsOneFile) {
  auto first = files_.Open(*ConfigFor(path_));
  auto second = files_.Open(*ConfigFor(path_));
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(*first, *second);
}

TEST_F(AccessLoggerTest, WorkersDoNotMixTheirLines) {
  constexpr int kThreads = 4;
  constexpr int kLines = 5000;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    auto logger = Make(ConfigFor(path_));
    threads.emplace_back([logger = std::move(logger)] {
      const SampleEntry sample;
      for (int i = 0; i < kLines; ++i) logger->Log(sample.entry());
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::istringstream lines(Contents(path_));
  std::string line;
  int count = 0;
  while (std::getline(lines, line)) {
    ASSERT_EQ(line, "503 curl/8");
    ++count;
  }
  EXPECT_EQ(count, kThreads * kLines);
}

TEST_F(AccessLoggerTest, WhatADiskRefusesIsCounted) {
  auto logger = Make(ConfigFor("/dev/full"));
  for (int i = 0; i < 3; ++i) logger->Log(sample_.entry());
  logger->Flush();
  EXPECT_EQ(logger->dropped(), 3u);
  logger->Flush();
  EXPECT_EQ(logger->dropped(), 3u);
}

// Collects what goes to the process' log.
class CollectedLog final : public absl::LogSink {
 public:
  CollectedLog() { absl::AddLogSink(this); }
  ~CollectedLog() override { absl::RemoveLogSink(this); }
  void Send(const absl::LogEntry& entry) override { lines.emplace_back(entry.text_message()); }
  std::vector<std::string> lines;
};

TEST(LogFileTest, DroppedLinesAreReportedOnceAMinute) {
  base::ManualClock clock;
  LogFiles files(clock);
  auto config = std::make_shared<config::AccessLog>();
  config->sink = config::AccessLog::Sink::kFile;
  config->path = "/dev/full";
  AccessLogger logger(config, *LogFormat::Compile(*config), *files.Open(*config));
  const SampleEntry sample;
  CollectedLog log;
  for (int second = 0; second < 130; ++second) {
    logger.Log(sample.entry());
    logger.Flush();
    clock.AdvanceMs(1000);
  }
  const std::vector<std::string> expected = {
      "access log /dev/full: 1 lines dropped: No space left on device",
      "access log /dev/full: 60 lines dropped: No space left on device",
      "access log /dev/full: 60 lines dropped: No space left on device"};
  EXPECT_EQ(log.lines, expected);
}

TEST_F(AccessLoggerTest, ASlowReaderIsWaitedForWithABound) {
  // Aim: a pipe that nobody reads neither blocks the worker nor grows its memory; when it is read
  // again, whole lines come out.
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  const int reader = open(path_.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  auto logger = Make(ConfigFor(path_));
  const std::string line = "503 curl/8\n";
  size_t logged = 0;
  for (; logged * line.size() < AccessLogger::kMaxHeld / 2; ++logged) logger->Log(sample_.entry());
  EXPECT_EQ(logger->dropped(), 0u) << "held back, not lost";
  std::string received;
  char bytes[65536];
  for (int i = 0; i < 1000 && received.size() < logged * line.size(); ++i) {
    logger->Flush();
    ssize_t n;
    while ((n = read(reader, bytes, sizeof(bytes))) > 0) received.append(bytes, n);
  }
  ASSERT_EQ(received.size(), logged * line.size());
  for (size_t at = 0; at < received.size(); at += line.size()) {
    ASSERT_EQ(received.compare(at, line.size(), line), 0);
  }
  for (size_t held = 0; held < 2 * AccessLogger::kMaxHeld; held += line.size()) {
    logger->Log(sample_.entry());
  }
  EXPECT_GT(logger->dropped(), 0u);
  close(reader);
}

TEST_F(AccessLoggerTest, APathThatCannotBeOpenedIsNamed) {
  const auto file = files_.Open(*ConfigFor(directory_ + "/no/such.log"));
  ASSERT_FALSE(file.ok());
  EXPECT_NE(file.status().message().find(directory_ + "/no/such.log"), std::string_view::npos);
}

}  // namespace
}  // namespace sluice::telemetry
