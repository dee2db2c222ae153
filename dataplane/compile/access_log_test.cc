// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/access_log.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "dataplane/compile/text_proto.h"

namespace sluice::compile {
namespace {

using config::AccessLog;

class CompileAccessLogTest : public testing::Test {
 protected:
  CompileAccessLogTest() { context_.Begin("listener", "l"); }
  absl::StatusOr<AccessLog> Compile(const std::string& type, const std::string& config,
                                    const std::string& more = "") {
    google::protobuf::RepeatedPtrField<envoy::config::accesslog::v3::AccessLog> logs;
    *logs.Add() = FromText<envoy::config::accesslog::v3::AccessLog>(
        absl::StrCat("typed_config { [type.googleapis.com/", type, "] {", config, "} }", more));
    if (absl::Status status = context_.Walk(logs[0]); !status.ok()) return status;
    auto compiled = CompileAccessLogs(logs, context_);
    if (!compiled.ok()) return compiled.status();
    return *(*compiled)[0];
  }

  static constexpr char kFile[] = "envoy.extensions.access_loggers.file.v3.FileAccessLog";
  static constexpr char kStdout[] = "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog";
  CompileOptions options_;
  CompileContext context_{options_};
};

TEST_F(CompileAccessLogTest, StreamsAndFiles) {
  EXPECT_EQ(Compile(kStdout, "")->sink, AccessLog::Sink::kStdout);
  EXPECT_EQ(Compile("envoy.extensions.access_loggers.stream.v3.StderrAccessLog", "")->sink,
            AccessLog::Sink::kStderr);
  EXPECT_EQ(Compile(kFile, "path: '/dev/stdout'")->sink, AccessLog::Sink::kStdout);
  const AccessLog file = Compile(kFile, "path: '/log' format: '%PROTOCOL%\\n'").value();
  EXPECT_EQ(file.sink, AccessLog::Sink::kFile);
  EXPECT_EQ(file.path, "/log");
  EXPECT_EQ(file.text, "%PROTOCOL%\n");
  EXPECT_EQ(file.min_status, 0);
  EXPECT_EQ(file.max_status, 999);
}

TEST_F(CompileAccessLogTest, JsonKeepsItsNestingAndOneOrder) {
  const AccessLog log = Compile(kStdout, R"(log_format { omit_empty_values: true json_format {
      fields { key: "b" value { string_value: "%PROTOCOL%" } }
      fields { key: "a" value { struct_value {
        fields { key: "n" value { number_value: 1 } } } } } } })")
                            .value();
  EXPECT_EQ(log.format, AccessLog::Format::kJson);
  EXPECT_TRUE(log.omit_empty);
  EXPECT_EQ(log.json_template, R"({"a":{"n":1},"b":"%PROTOCOL%"})");
}

TEST_F(CompileAccessLogTest, StatusFilterIsARange) {
  const auto with = [&](const std::string& op) {
    return Compile(kStdout, "",
                   absl::StrCat("filter { status_code_filter { comparison { op: ", op,
                                " value { default_value: 500 } } } }"))
        .value();
  };
  EXPECT_EQ(with("GE").min_status, 500);
  EXPECT_EQ(with("GE").max_status, 999);
  EXPECT_EQ(with("LE").max_status, 500);
  EXPECT_EQ(with("EQ").min_status, 500);
  EXPECT_EQ(with("EQ").max_status, 500);
}

TEST_F(CompileAccessLogTest, OtherFiltersAreListedAndLogAll) {
  const AccessLog log = Compile(kStdout, "", "filter { not_health_check_filter {} }").value();
  EXPECT_EQ(log.min_status, 0);
  EXPECT_EQ(context_.findings().size(), 1u);
}

TEST_F(CompileAccessLogTest, FormatsAreChecked) {
  options_.check_text_format = [](std::string_view format) {
    return format == "%BAD%" ? absl::InvalidArgumentError("bad operator") : absl::OkStatus();
  };
  EXPECT_EQ(Compile(kStdout, R"(log_format { json_format {
      fields { key: "a" value { list_value { values { string_value: "%BAD%" } } } } } })")
                .status()
                .message(),
            "listener \"l\": access_log[0].typed_config.log_format.json_format.a.0: bad operator");
  EXPECT_FALSE(Compile(kFile, "path: '/x' format: '%BAD%'").ok());
}

TEST_F(CompileAccessLogTest, UnknownLoggerIsRefused) {
  EXPECT_NE(Compile("envoy.extensions.filters.http.cors.v3.Cors", "")
                .status()
                .message()
                .find("access log type"),
            std::string_view::npos);
}

}  // namespace
}  // namespace sluice::compile
