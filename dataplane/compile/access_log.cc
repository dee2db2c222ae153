// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/access_log.h"

#include <google/protobuf/util/json_util.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "dataplane/compile/any.h"
#include "dataplane/compile/data_source.h"
#include "envoy/config/core/v3/substitution_format_string.pb.h"
#include "envoy/extensions/access_loggers/file/v3/file.pb.h"
#include "envoy/extensions/access_loggers/stream/v3/stream.pb.h"

namespace sluice::compile {

using config::AccessLog;
using envoy::config::accesslog::v3::ComparisonFilter;
using envoy::config::core::v3::SubstitutionFormatString;
using envoy::extensions::access_loggers::file::v3::FileAccessLog;
using envoy::extensions::access_loggers::stream::v3::StderrAccessLog;
using envoy::extensions::access_loggers::stream::v3::StdoutAccessLog;

namespace {

constexpr std::string_view kTypes[] = {"envoy.extensions.access_loggers.file.v3.FileAccessLog",
                                       "envoy.extensions.access_loggers.stream.v3.StderrAccessLog",
                                       "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog"};

absl::Status SetText(const std::string& text, std::string_view field, AccessLog& out,
                     const CompileContext& context) {
  out.format = AccessLog::Format::kText;
  out.text = text;
  if (!context.options().check_text_format) return absl::OkStatus();
  const absl::Status status = context.options().check_text_format(text);
  return status.ok() ? status : context.ErrorAt(field, status.message());
}

absl::Status CheckLeaves(const nlohmann::json& node, std::string_view field,
                         const CompileContext& context) {
  if (node.is_string()) {
    const absl::Status status =
        context.options().check_text_format(node.get_ref<const std::string&>());
    return status.ok() ? status : context.ErrorAt(field, status.message());
  }
  for (const auto& [key, child] : node.items()) {
    if (!node.is_structured()) break;  // items() of a number is the number.
    SLUICE_RETURN_IF_ERROR(CheckLeaves(child, absl::StrCat(field, ".", key), context));
  }
  return absl::OkStatus();
}

absl::Status SetJson(const google::protobuf::Struct& format, std::string_view field, AccessLog& out,
                     const CompileContext& context) {
  out.format = AccessLog::Format::kJson;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(format, &json);
  const nlohmann::json parsed = nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!status.ok() || parsed.is_discarded()) {
    return context.ErrorAt(field, "holds a value that JSON cannot say");
  }
  // Keys in one order, whatever order the map has: a log keeps its shape over restarts.
  out.json_template = parsed.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (!context.options().check_text_format) return absl::OkStatus();
  return CheckLeaves(parsed, field, context);
}

absl::Status SetFormat(const SubstitutionFormatString& format, AccessLog& out,
                       CompileContext& context) {
  const Scope at(context, "log_format");
  out.omit_empty = format.omit_empty_values();
  for (int i = 0; i < format.formatters_size(); ++i) {
    // If an operator needs it, the check of the format says so.
    context.List(absl::StrCat("formatters[", i, "]"), format.formatters(i).name());
  }
  switch (format.format_case()) {
    case SubstitutionFormatString::kTextFormat:
      return SetText(format.text_format(), "text_format", out, context);
    case SubstitutionFormatString::kTextFormatSource: {
      SLUICE_ASSIGN_OR_RETURN(
          const std::string text,
          ReadDataSource(format.text_format_source(), "text_format_source", context));
      return SetText(text, "text_format_source", out, context);
    }
    case SubstitutionFormatString::kJsonFormat:
      return SetJson(format.json_format(), "json_format", out, context);
    case SubstitutionFormatString::FORMAT_NOT_SET:
      break;
  }
  return context.Error("wants one of text_format, json_format and text_format_source");
}

absl::Status SetFile(const FileAccessLog& log, AccessLog& out, CompileContext& context) {
  if (log.path().empty()) return context.ErrorAt("path", "is empty");
  if (log.path() == "/dev/stdout") {
    out.sink = AccessLog::Sink::kStdout;
  } else if (log.path() == "/dev/stderr") {
    out.sink = AccessLog::Sink::kStderr;
  } else {
    out.sink = AccessLog::Sink::kFile;
    out.path = log.path();
  }
  switch (log.access_log_format_case()) {
    case FileAccessLog::kFormat:
      return SetText(log.format(), "format", out, context);
    case FileAccessLog::kJsonFormat:
      return SetJson(log.json_format(), "json_format", out, context);
    case FileAccessLog::kTypedJsonFormat:
      return SetJson(log.typed_json_format(), "typed_json_format", out, context);
    case FileAccessLog::kLogFormat:
      return SetFormat(log.log_format(), out, context);
    case FileAccessLog::ACCESS_LOG_FORMAT_NOT_SET:
      break;
  }
  return absl::OkStatus();
}

absl::Status SetFilter(const envoy::config::accesslog::v3::AccessLogFilter& filter, AccessLog& out,
                       CompileContext& context) {
  out.min_status = 0;
  out.max_status = 999;
  if (!filter.has_status_code_filter()) return absl::OkStatus();  // Walk has listed the others.
  const ComparisonFilter& comparison = filter.status_code_filter().comparison();
  const uint32_t value = comparison.value().default_value();
  if (value > 999) {
    return context.ErrorAt("filter.status_code_filter.comparison.value",
                           absl::StrCat(value, " is no status code"));
  }
  if (comparison.op() == ComparisonFilter::NE) return absl::OkStatus();
  if (comparison.op() != ComparisonFilter::LE) out.min_status = static_cast<uint16_t>(value);
  if (comparison.op() != ComparisonFilter::GE) out.max_status = static_cast<uint16_t>(value);
  return absl::OkStatus();
}

absl::StatusOr<AccessLog> CompileAccessLog(const envoy::config::accesslog::v3::AccessLog& log,
                                           CompileContext& context) {
  AccessLog out;
  out.omit_empty = false;
  SLUICE_RETURN_IF_ERROR(SetFilter(log.filter(), out, context));
  const Scope at(context, "typed_config");
  SLUICE_ASSIGN_OR_RETURN(const Extension extension, OpenAny(log.typed_config(), context));
  if (extension.message == nullptr) {
    return context.UnknownName("access log type", extension.type, kTypes);
  }
  SLUICE_RETURN_IF_ERROR(context.Walk(*extension.message));
  if (const auto* file = As<FileAccessLog>(extension)) {
    SLUICE_RETURN_IF_ERROR(SetFile(*file, out, context));
    return out;
  }
  const auto stream = [&](AccessLog::Sink sink, const auto& config) -> absl::StatusOr<AccessLog> {
    out.sink = sink;
    if (config.has_log_format()) {
      SLUICE_RETURN_IF_ERROR(SetFormat(config.log_format(), out, context));
    }
    return out;
  };
  if (const auto* config = As<StdoutAccessLog>(extension)) {
    return stream(AccessLog::Sink::kStdout, *config);
  }
  if (const auto* config = As<StderrAccessLog>(extension)) {
    return stream(AccessLog::Sink::kStderr, *config);
  }
  return context.UnknownName("access log type", extension.type, kTypes);
}

}  // namespace

absl::StatusOr<std::vector<std::shared_ptr<const AccessLog>>> CompileAccessLogs(
    const google::protobuf::RepeatedPtrField<envoy::config::accesslog::v3::AccessLog>& logs,
    CompileContext& context) {
  std::vector<std::shared_ptr<const AccessLog>> out;
  for (int i = 0; i < logs.size(); ++i) {
    const Scope at(context, "access_log", i);
    SLUICE_ASSIGN_OR_RETURN(AccessLog log, CompileAccessLog(logs.Get(i), context));
    out.push_back(std::make_shared<const AccessLog>(std::move(log)));
  }
  return out;
}

}  // namespace sluice::compile
