// SPDX-License-Identifier: Apache-2.0
#include "controlplane/translate/wire.h"

#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace sluice::translate {

namespace {

using google::protobuf::io::CodedOutputStream;

constexpr size_t kMaxVarintBytes = 10;
constexpr uint32_t kLengthDelimited = 2;

uint32_t TagOf(int number) { return static_cast<uint32_t>(number) << 3 | kLengthDelimited; }

}  // namespace

std::string Serialize(const google::protobuf::Message& message) {
  std::string out;
  google::protobuf::io::StringOutputStream stream(&out);
  CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return out;
}

void Pack(const google::protobuf::Message& message, google::protobuf::Any* any) {
  any->set_type_url(absl::StrCat("type.googleapis.com/", message.GetDescriptor()->full_name()));
  any->set_value(Serialize(message));
}

void AppendField(int number, std::string_view message, std::string& out) {
  uint8_t bytes[2 * kMaxVarintBytes];
  uint8_t* end = CodedOutputStream::WriteVarint32ToArray(TagOf(number), bytes);
  end = CodedOutputStream::WriteVarint32ToArray(static_cast<uint32_t>(message.size()), end);
  out.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(end - bytes));
  out += message;
}

std::vector<std::string_view> FieldsOf(std::string_view message, int number) {
  std::vector<std::string_view> fields;
  google::protobuf::io::CodedInputStream coded(reinterpret_cast<const uint8_t*>(message.data()),
                                               static_cast<int>(message.size()));
  for (int begin = 0;; begin = coded.CurrentPosition()) {
    const uint32_t tag = coded.ReadTag();
    if (tag == 0 || (tag & 7) != kLengthDelimited) return fields;
    uint32_t size = 0;
    if (!coded.ReadVarint32(&size) || !coded.Skip(static_cast<int>(size))) return {};
    if (tag != TagOf(number)) continue;
    fields.push_back(message.substr(static_cast<size_t>(begin),
                                    static_cast<size_t>(coded.CurrentPosition() - begin)));
  }
}

void SetDuration(absl::Duration from, google::protobuf::Duration* to) {
  const int64_t seconds = absl::IDivDuration(from, absl::Seconds(1), &from);
  to->set_seconds(seconds);
  to->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(from)));
}

}  // namespace sluice::translate
