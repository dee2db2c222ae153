// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "base/arena.h"
#include "dataplane/http/codec_options.h"
#include "dataplane/http/error.h"
#include "dataplane/http/header_map.h"
#include "dataplane/http/message.h"

namespace sluice::http2 {

// How a header block stands. Once it is not kFine it stays so, and nothing more is copied.
enum class BlockVerdict : uint8_t {
  kFine,
  kMalformed,  // The stream is reset with PROTOCOL_ERROR.
  kRefused     // Well formed, but answered by the codec with status().
};

// Reads the fields of one message, header section and trailers, as nghttp2 decodes them: checks
// each, counts it, and copies it to the stream's arena.
//
// We check fields ourselves, with nghttp2's own checks switched off: its version 1.68 answers a
// malformed message with GOAWAY, which would take every other stream of the connection along, and
// it lets pass much that we refuse (paths, authorities, duplicates).
//
// Fields are copied and not kept as counted nghttp2 buffers: a field is some thirty bytes, so the
// copy costs no more than the two counts and the list of what to release would, and a table entry
// that is referred to thousands of times is not held by its readers.
//
// Thread: its worker's only.
// Limits: MessageLimits, counted over head and trailers together, discarded fields included.
class FieldReader {
 public:
  BlockVerdict verdict() const { return verdict_; }

  // A stable token; set when the verdict is not kFine.
  std::string_view detail() const { return detail_; }
  uint16_t status() const { return status_; }
  http::ErrorKind kind() const { return kind_; }

  // Switches to the trailers.
  void BeginTrailers(http::HeaderMap& trailers) { trailers_ = &trailers; }

 protected:
  FieldReader(const http::MessageLimits& limits, http::UnderscorePolicy underscores,
              base::Arena& arena)
      : limits_(limits), underscores_(underscores), arena_(arena) {}

  // Counts a field and checks its length. False: do not look at it.
  bool Count(std::string_view name, std::string_view value, bool pseudo);

  // Checks a regular field's characters and that it is not connection-specific. False: drop it.
  bool CheckRegular(std::string_view name, std::string_view value, http::HeaderId id);

  void ReadTrailer(std::string_view name, std::string_view value);
  void ReadContentLength(std::string_view value, http::Framing& framing);
  void Copy(http::HeaderMap& to, std::string_view name, std::string_view value, http::HeaderId id);

  void Malformed(std::string_view detail);
  void Refuse(uint16_t status, http::ErrorKind kind, std::string_view detail);

  bool in_trailers() const { return trailers_ != nullptr; }
  bool fine() const { return verdict_ == BlockVerdict::kFine; }
  const http::MessageLimits& limits() const { return limits_; }
  base::Arena& arena() { return arena_; }

  // A copy in the arena; of nothing, a view of nothing (an arena without a block yet has no
  // address to copy even that to).
  std::string_view Keep(std::string_view bytes) {
    return bytes.empty() ? std::string_view("") : arena_.Copy(bytes);
  }

 private:
  const http::MessageLimits& limits_;
  const http::UnderscorePolicy underscores_;
  base::Arena& arena_;
  http::HeaderMap* trailers_ = nullptr;
  uint64_t bytes_ = 0;
  uint32_t fields_ = 0;
  BlockVerdict verdict_ = BlockVerdict::kFine;
  uint16_t status_ = 0;
  http::ErrorKind kind_ = http::ErrorKind::kNone;
  std::string_view detail_;
};

// Reads a request (attacks.md H2-01 to H2-10, H2-12).
class RequestReader : public FieldReader {
 public:
  // All three must outlive the reader.
  RequestReader(const http::Http2Options& options, http::RequestHead& head);

  void OnField(std::string_view name, std::string_view value);

  // The header section has ended: checks what concerns it as a whole and completes the head.
  void Finish(bool end_stream);

 private:
  void OnPseudo(std::string_view name, std::string_view value);
  void OnRegular(std::string_view name, std::string_view value);
  void OnPath(std::string_view value);
  void OnScheme(std::string_view value);
  void OnHost(std::string_view value);
  void SetOnce(std::string_view& field, std::string_view value, bool& seen);
  void CheckPseudoHeaders();
  void FinishAuthority();
  void JoinCookies();

  const http::Http2Options& options_;
  http::RequestHead& head_;
  bool saw_method_ = false;
  bool saw_scheme_ = false;
  bool saw_authority_ = false;
  bool saw_path_ = false;
  bool saw_protocol_ = false;
  bool saw_regular_ = false;
  bool saw_host_ = false;
  std::string_view host_;
  size_t cookie_index_ = 0;  // Where the first crumb stands in head_.headers.
  size_t cookie_bytes_ = 0;
  absl::InlinedVector<std::string_view, 8> cookies_;
};

// Reads responses, interim ones included: Begin starts each.
class ResponseReader : public FieldReader {
 public:
  ResponseReader(const http::Http2Options& options, base::Arena& arena);

  // Starts a header section that is read into `head`.
  void Begin(http::ResponseHead& head);
  void OnField(std::string_view name, std::string_view value);

  // `head_request`: the request was HEAD, so that the length says nothing of what follows.
  void Finish(bool end_stream, bool head_request);

 private:
  http::ResponseHead* head_ = nullptr;
  bool saw_status_ = false;
  bool saw_regular_ = false;
};

}  // namespace sluice::http2
