// SPDX-License-Identifier: Apache-2.0
#include "controlplane/xdsserver/response.h"

#include <utility>

#include "controlplane/xdsserver/content_hash.h"

namespace sluice::xdsserver {
namespace {

// Field numbers of envoy.service.discovery.v3; wire_test.cc reads the result back with the
// generated messages.
namespace sotw {
constexpr int kVersion = 1, kResources = 2, kTypeUrl = 4, kNonce = 5, kControlPlane = 6;
}  // namespace sotw
namespace delta {
constexpr int kVersion = 1, kResources = 2, kTypeUrl = 4, kNonce = 5, kRemoved = 6,
              kControlPlane = 7;
}  // namespace delta
namespace resource {
constexpr int kVersion = 1, kResource = 2, kName = 3;
}  // namespace resource
namespace any {
constexpr int kTypeUrl = 1, kValue = 2;
}  // namespace any
constexpr int kControlPlaneIdentifier = 1;
constexpr std::string_view kIdentifier = "sluice-control";

// A smaller value is copied into the framing: a slice of its own would cost more than the copy.
constexpr size_t kShareFrom = 512;

size_t VarintSize(uint64_t value) {
  size_t size = 1;
  for (; value >= 0x80; value >>= 7) ++size;
  return size;
}

// Of a length-delimited field whose number is below 16, as all of ours are.
size_t FieldSize(size_t length) { return 1 + VarintSize(length) + length; }

class ChunkWriter {
 public:
  void Varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) buffer_.push_back(static_cast<char>(value | 0x80));
    buffer_.push_back(static_cast<char>(value));
  }

  void Open(int field, size_t length) {
    buffer_.push_back(static_cast<char>(field << 3 | 2));
    Varint(length);
  }

  void Text(int field, std::string_view text) {
    Open(field, text.size());
    buffer_.append(text);
  }

  void Shared(const std::shared_ptr<const std::string>& value) {
    if (value->size() < kShareFrom) {
      buffer_.append(*value);
      return;
    }
    Flush();
    chunks_.push_back({value, *value});
  }

  std::vector<Chunk> Finish() && {
    Flush();
    return std::move(chunks_);
  }

 private:
  void Flush() {
    if (buffer_.empty()) return;
    auto owned = std::make_shared<const std::string>(std::move(buffer_));
    chunks_.push_back({owned, *owned});
    buffer_.clear();
  }

  std::string buffer_;
  std::vector<Chunk> chunks_;
};

size_t AnySize(std::string_view type_url, const Resource& res) {
  return FieldSize(type_url.size()) + FieldSize(res.value->size());
}

void WriteAny(ChunkWriter& out, int field, std::string_view type_url, const Resource& res) {
  out.Open(field, AnySize(type_url, res));
  out.Text(any::kTypeUrl, type_url);
  out.Open(any::kValue, res.value->size());
  out.Shared(res.value);
}

void WriteControlPlane(ChunkWriter& out, int field) {
  out.Open(field, FieldSize(kIdentifier.size()));
  out.Text(kControlPlaneIdentifier, kIdentifier);
}

std::vector<Chunk> EncodeStateOfTheWorld(const Response& response) {
  ChunkWriter out;
  out.Text(sotw::kVersion, response.version);
  out.Text(sotw::kTypeUrl, response.type_url);
  out.Text(sotw::kNonce, response.nonce);
  WriteControlPlane(out, sotw::kControlPlane);
  for (const ResourcePtr& res : response.resources) {
    WriteAny(out, sotw::kResources, response.type_url, *res);
  }
  return std::move(out).Finish();
}

std::vector<Chunk> EncodeDelta(const Response& response) {
  ChunkWriter out;
  out.Text(delta::kVersion, response.version);
  out.Text(delta::kTypeUrl, response.type_url);
  out.Text(delta::kNonce, response.nonce);
  WriteControlPlane(out, delta::kControlPlane);
  for (const std::string& name : response.removed) out.Text(delta::kRemoved, name);
  for (const ResourcePtr& res : response.resources) {
    const std::string version = VersionText(res->version);
    out.Open(delta::kResources, FieldSize(res->name.size()) + FieldSize(version.size()) +
                                    FieldSize(AnySize(response.type_url, *res)));
    out.Text(resource::kName, res->name);
    out.Text(resource::kVersion, version);
    WriteAny(out, resource::kResource, response.type_url, *res);
  }
  return std::move(out).Finish();
}

}  // namespace

std::vector<Chunk> EncodeResponse(StreamKind kind, const Response& response) {
  return kind == StreamKind::kDelta ? EncodeDelta(response) : EncodeStateOfTheWorld(response);
}

size_t EncodedSizeBound(std::string_view type_url, const Resource& resource) {
  constexpr size_t kFraming = 64;
  return resource.name.size() + type_url.size() + resource.value->size() + kFraming;
}

}  // namespace sluice::xdsserver
