// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "dataplane/http/codec_options.h"
#include "dataplane/http/header_map.h"
#include "dataplane/http/message.h"
#include "dataplane/http1/parse_error.h"

namespace sluice::http1 {

// FieldNotes take out of a head the fields that speak to this hop: how the body is framed, whether
// the connection persists, what it should become. They never reach the HeaderMap, so no later stage
// can contradict what was decided here (RFC 9110 §7.6.1, RFC 9112 §6).
//
// Thread:   its worker's only.
// Lifetime: views of the head's bytes; lives on the stack of one head's parse.
// Errors:   from FramingOf, RemoveNominated and Note.
// Limits:   the head's. Connection names at most max_headers_count fields: a request that names
//           more is refused, of a response the rest is passed over.
class FieldNotes {
 public:
  // A response's Connection field is obeyed where it can be and never refused.
  enum class Side : uint8_t { kRequest, kResponse };
  FieldNotes(Side side, const http::Http1Options& options) : side_(side), options_(options) {}

  // Takes note of `field`. True if it also belongs into the HeaderMap.
  bool Note(const http::HeaderMap::Field& field);

  // What went wrong so far, in Note.
  const ParseError& error() const { return error_; }

  // The body's framing as Content-Length and Transfer-Encoding give it; kNone when neither is
  // there, which for a response means until close.
  ParseError FramingOf(http::Version version, http::Framing& framing) const;
  bool has_framing() const { return lengths_ + codings_ > 0; }
  // Both lengths were there and options let Transfer-Encoding win: the connection ends after it.
  bool had_both_lengths() const { return lengths_ > 0 && codings_ > 0; }

  // Takes the fields that Connection names out of `headers`. Naming one that other stages rely on
  // is refused (H1-27), else a client could strip what a hop before us had added.
  ParseError RemoveNominated(http::HeaderMap& headers) const;

  bool Persists(http::Version version) const {
    return !close_ && (version == http::Version::kHttp11 || keep_alive_);
  }

  // The one protocol that Upgrade asks for, as sent; empty without `connection: upgrade`, for
  // several, and wherever h2c is among them (H1-28).
  std::string_view upgrade() const {
    return upgrade_option_ && upgrades_ == 1 && !h2c_ ? upgrade_ : std::string_view();
  }

  uint32_t hosts() const { return hosts_; }
  std::string_view host() const { return host_; }
  bool te_trailers() const { return te_trailers_; }
  bool expects() const { return expects_ > 0; }
  // `expect: 100-continue`, once: all that we understand.
  bool expects_continue() const { return expects_ == 1 && expect_continue_; }

 private:
  bool NoteOther(const http::HeaderMap::Field& field);
  void NoteConnection(std::string_view value);
  void Nominate(std::string_view option);
  void NoteUpgrade(std::string_view value);
  void NoteTe(std::string_view value);
  void Fail(ParseError error) {
    if (error_.ok()) error_ = error;
  }

  Side side_;
  const http::Http1Options& options_;
  ParseError error_;
  uint32_t lengths_ = 0;
  uint32_t codings_ = 0;
  uint32_t hosts_ = 0;
  uint32_t expects_ = 0;
  uint32_t upgrades_ = 0;
  bool close_ = false;
  bool keep_alive_ = false;
  bool upgrade_option_ = false;
  bool h2c_ = false;
  bool te_trailers_ = false;
  bool expect_continue_ = false;
  std::string_view length_;
  std::string_view coding_;
  std::string_view host_;
  std::string_view upgrade_;
  absl::InlinedVector<std::string_view, 2> nominated_;
};

// Fields that end at this hop whatever Connection says, and those that only we may write.
bool IsHopByHop(http::HeaderId id);

}  // namespace sluice::http1
