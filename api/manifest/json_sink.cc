// SPDX-License-Identifier: Apache-2.0
#include "api/manifest/json_text.h"
#include "api/manifest/value_sink.h"

namespace sluice::manifest {

void JsonSink::Separate() {
  if (needs_comma_) out_ += ',';
  needs_comma_ = true;
}

void JsonSink::Bare(std::string_view text) {
  Separate();
  out_ += text;
}

void JsonSink::Text(std::string_view text) {
  Separate();
  AppendJsonString(text, &out_);
}

void JsonSink::StartMap(bool) {
  Separate();
  out_ += '{';
  closers_ += '}';
  needs_comma_ = false;
}

void JsonSink::StartList(bool) {
  Separate();
  out_ += '[';
  closers_ += ']';
  needs_comma_ = false;
}

void JsonSink::Key(std::string_view key) {
  Text(key);
  out_ += ':';
  needs_comma_ = false;
}

void JsonSink::End() {
  out_ += closers_.back();
  closers_.pop_back();
  needs_comma_ = true;
}

}  // namespace sluice::manifest
