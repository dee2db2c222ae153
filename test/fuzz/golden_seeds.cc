// SPDX-License-Identifier: Apache-2.0
//
// Makes seeds of the control plane's golden outputs, as the data plane's fuzzers read them:
//
//     golden_seeds COMPILE_CORPUS ADS_CORPUS STATE_CORPUS GOLDEN.out.yaml...
//
// One compile seed per resource, one ADS and one state file per golden. Ends with 1 at the first
// thing that it cannot read or write: a seed that is not what it should be would never be noticed.
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "api/envoy/types.h"
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/endpoint/v3/endpoint.pb.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "envoy/config/route/v3/route.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/secret.pb.h"
#include "envoy/service/discovery/v3/discovery.pb.h"
#include "google/protobuf/util/json_util.h"

namespace {

using google::protobuf::Message;

struct Kind {
  std::string_view word;  // As goldens name it.
  char choice;            // compile_fuzz's first byte.
  size_t place;           // In the state file.
  const Message& prototype;
};

const std::vector<Kind>& Kinds() {
  static const auto* const kinds = new std::vector<Kind>{
      {"Listener", 0, 2, envoy::config::listener::v3::Listener::default_instance()},
      {"RouteConfiguration", 1, 3,
       envoy::config::route::v3::RouteConfiguration::default_instance()},
      {"Cluster", 2, 0, envoy::config::cluster::v3::Cluster::default_instance()},
      {"ClusterLoadAssignment", 3, 1,
       envoy::config::endpoint::v3::ClusterLoadAssignment::default_instance()},
      {"Secret", 4, 4, envoy::extensions::transport_sockets::tls::v3::Secret::default_instance()},
  };
  return *kinds;
}

[[noreturn]] void Fail(const std::string& what) {
  std::cerr << "golden_seeds: " << what << "\n";
  std::exit(1);
}

struct Resource {
  const Kind* kind;
  std::string name;
  std::string bytes;
};

// A golden has its resources as "  KIND NAME:", then JSON four spaces deep.
std::vector<Resource> ReadGolden(const std::string& path) {
  std::vector<Resource> resources;
  const Kind* kind = nullptr;
  std::string name, json, line;
  auto finish = [&] {
    if (kind != nullptr) {
      const std::unique_ptr<Message> message(kind->prototype.New());
      if (!google::protobuf::util::JsonStringToMessage(json, message.get()).ok()) {
        Fail(path + ": " + std::string(kind->word) + " " + name + " cannot be read");
      }
      resources.push_back({kind, name, message->SerializeAsString()});
    }
    kind = nullptr;
    json.clear();
  };
  std::ifstream in(path);
  if (!in) Fail(path + " cannot be opened");
  while (std::getline(in, line)) {
    if (line.starts_with("    ")) {
      json += line;
      continue;
    }
    finish();
    if (!line.starts_with("  ") || !line.ends_with(':')) continue;
    const size_t space = line.find(' ', 2);
    for (const Kind& each : Kinds()) {
      if (line.substr(2, space - 2) == each.word) kind = &each;
    }
    if (space != std::string::npos) name = line.substr(space + 1, line.size() - space - 2);
  }
  finish();
  return resources;
}

void Write(const std::string& folder, const std::string& name, const std::string& bytes) {
  std::ofstream out(folder + "/" + name, std::ios::binary);
  out << bytes;
  if (!out.flush()) Fail(folder + "/" + name + " cannot be written");
}

// Each kind's resources as one delta response.
std::map<size_t, std::string> Responses(const std::vector<Resource>& resources) {
  std::map<size_t, envoy::service::discovery::v3::DeltaDiscoveryResponse> parts;
  for (const Resource& resource : resources) {
    auto& part = parts[resource.kind->place];
    const std::string url =
        "type.googleapis.com/" + resource.kind->prototype.GetDescriptor()->full_name();
    part.set_type_url(url);
    part.set_nonce("1");
    auto* added = part.add_resources();
    added->set_name(resource.name);
    added->set_version("1");
    added->mutable_resource()->set_type_url(url);
    added->mutable_resource()->set_value(resource.bytes);
  }
  std::map<size_t, std::string> out;
  for (const auto& [place, part] : parts) out[place] = part.SerializeAsString();
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5 || sluice::envoy_api::TypePerFile().empty()) {
    std::cerr << "golden_seeds COMPILE_CORPUS ADS_CORPUS STATE_CORPUS GOLDEN...\n";
    return 2;
  }
  for (int i = 4; i < argc; ++i) {
    const std::string stem = std::filesystem::path(argv[i]).stem().stem();
    const std::vector<Resource> resources = ReadGolden(argv[i]);
    int number = 0;
    for (const Resource& resource : resources) {
      Write(argv[1], stem + "-" + std::to_string(number++),
            std::string(1, resource.kind->choice) + resource.bytes);
    }
    std::string ads(1, '\1'), state;
    const auto responses = Responses(resources);
    for (const auto& [place, bytes] : responses) {
      // The fuzzer's input has two bytes for a length.
      if (bytes.size() > 0xffff) Fail(stem + ": a response is over 64 KiB");
      ads += std::string{static_cast<char>(bytes.size() >> 8), static_cast<char>(bytes.size())};
      ads += bytes;
    }
    for (size_t place = 0; place < Kinds().size(); ++place) {
      const auto found = responses.find(place);
      const std::string bytes = found == responses.end() ? "" : found->second;
      state += std::to_string(bytes.size()) + "\n" + bytes;
    }
    Write(argv[2], stem, ads);
    Write(argv[3], stem, state);
  }
  return 0;
}
