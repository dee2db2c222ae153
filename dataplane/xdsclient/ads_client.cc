// SPDX-License-Identifier: Apache-2.0
#include "dataplane/xdsclient/ads_client.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "dataplane/xdsclient/sotw_response.h"
#include "google/protobuf/message.h"

namespace sluice::xdsclient {
namespace {

using envoy::service::discovery::v3::DeltaDiscoveryRequest;
using envoy::service::discovery::v3::DeltaDiscoveryResponse;
using envoy::service::discovery::v3::DiscoveryRequest;
using envoy::service::discovery::v3::DiscoveryResponse;

constexpr int kInvalidArgument = 3;
constexpr char kFieldsKey[] = "sluice.unsupported_fields";

std::optional<ResourceType> TypeOf(std::string_view url) {
  for (const ResourceType type : kAllTypes) {
    if (TypeUrl(type) == url) return type;
  }
  return std::nullopt;
}

}  // namespace

AdsClient::AdsClient(event::Loop& loop, Options options, AdsTransportFactory factory,
                     ResourceSink& sink, std::function<uint64_t()> random)
    : loop_(loop),
      options_(std::move(options)),
      factory_(std::move(factory)),
      sink_(sink),
      random_(std::move(random)) {}

AdsClient::~AdsClient() = default;

void AdsClient::SetKnownVersions(ResourceType type, std::map<std::string, std::string> versions) {
  At(type).versions = Versions(versions.begin(), versions.end());
}

void AdsClient::Start() { Connect(); }

void AdsClient::Connect() {
  closed_ = nullptr;
  ++state_.streams;
  state_.connected = false;
  node_sent_ = false;
  fields_sent_.clear();
  for (TypeState& type : types_) {
    type.begun = false;
    type.nonce.clear();
  }
  transport_ = factory_(*this);
  for (const ResourceType type : kAllTypes) {
    if (options_.whole.contains(type) || !At(type).interest.empty()) Begin(type);
  }
}

template <typename Request>
void AdsClient::MaybeSetNode(Request& request) {
  std::vector<std::string> fields = sink_.UnsupportedFields();
  if (node_sent_ && fields == fields_sent_) return;
  envoy::config::core::v3::Node& node = *request.mutable_node();
  node = options_.node;
  if (!fields.empty() || !fields_sent_.empty()) {
    auto& list = *(*node.mutable_metadata()->mutable_fields())[kFieldsKey].mutable_list_value();
    for (const std::string& field : fields) list.add_values()->set_string_value(field);
  }
  node_sent_ = true;
  fields_sent_ = std::move(fields);
}

// The first request of a type on a stream.
void AdsClient::Begin(ResourceType type) {
  TypeState& state = At(type);
  state.begun = true;
  if (!options_.delta) return SendSotw(type, "");
  DeltaDiscoveryRequest request;
  request.set_type_url(std::string(TypeUrl(type)));
  MaybeSetNode(request);
  for (const std::string& name : state.interest) request.add_resource_names_subscribe(name);
  for (const auto& [name, version] : state.versions) {
    (*request.mutable_initial_resource_versions())[name] = version;
  }
  transport_->Send(request.SerializeAsString());
}

void AdsClient::SetInterest(ResourceType type, const std::set<std::string>& names) {
  const std::set<std::string>& before = At(type).interest;
  InterestChange change;
  std::set_difference(names.begin(), names.end(), before.begin(), before.end(),
                      std::inserter(change.added, change.added.end()));
  std::set_difference(before.begin(), before.end(), names.begin(), names.end(),
                      std::inserter(change.removed, change.removed.end()));
  ChangeInterest(type, change);
}

void AdsClient::ChangeInterest(ResourceType type, const InterestChange& change) {
  if (change.empty()) return;
  TypeState& state = At(type);
  state.interest.insert(change.added.begin(), change.added.end());
  for (const std::string& name : change.removed) {
    state.interest.erase(name);
    // Nothing is remembered of what nobody wants: if it is wanted again it is asked for again.
    state.versions.erase(name);
    if (name == kAllOfThem) state.versions.clear();
  }
  if (transport_ != nullptr) Subscribe(type, change);
}

void AdsClient::Subscribe(ResourceType type, const InterestChange& change) {
  TypeState& state = At(type);
  if (!state.begun) {
    if (!state.interest.empty()) Begin(type);
    return;
  }
  if (!options_.delta) return SendSotw(type, "");
  DeltaDiscoveryRequest request;
  request.set_type_url(std::string(TypeUrl(type)));
  for (const std::string& name : change.added) request.add_resource_names_subscribe(name);
  for (const std::string& name : change.removed) request.add_resource_names_unsubscribe(name);
  transport_->Send(request.SerializeAsString());
}

void AdsClient::OnResponse(std::string_view message) {
  // One that was given up is heard no more: nobody could answer.
  if (transport_ == nullptr) return;
  ++state_.responses;
  const auto parse = [&](google::protobuf::Message& response) {
    if (!response.ParseFromArray(message.data(), static_cast<int>(message.size()))) return false;
    state_.connected = true;
    backoff_ms_ = kFirstBackoffMs;
    return true;
  };
  if (options_.delta) {
    DeltaDiscoveryResponse response;
    if (parse(response)) return OnDelta(response);
  } else {
    DiscoveryResponse response;
    if (parse(response)) return OnSotw(response);
  }
  // Nothing can be answered to what cannot be read: the stream is of no more use.
  OnStreamClosed("a response that is no discovery response");
}

void AdsClient::OnDelta(const DeltaDiscoveryResponse& response) {
  const std::optional<ResourceType> type = TypeOf(response.type_url());
  if (!type.has_value()) return;  // Never asked for.
  std::vector<Received> received;
  std::string problem;
  for (const auto& resource : response.resources()) {
    // Without a body it only renews the life of what is there (TTL).
    if (!resource.has_resource()) continue;
    if (resource.resource().type_url() != TypeUrl(*type)) {
      AppendProblem(absl::StrCat("\"", resource.name(), "\" is a ", resource.resource().type_url(),
                                 " in a response of ", TypeUrl(*type)),
                    problem);
      continue;
    }
    received.push_back({resource.name(), resource.version(), resource.resource().value()});
  }
  std::vector<std::string> removed(response.removed_resources().begin(),
                                   response.removed_resources().end());
  AppendProblem(Take(*type, std::move(received), std::move(removed)), problem);
  WhenServed([this, type = *type, nonce = response.nonce(), problem = std::move(problem)] {
    AnswerDelta(type, nonce, problem);
  });
}

void AdsClient::OnSotw(const DiscoveryResponse& response) {
  const std::optional<ResourceType> type = TypeOf(response.type_url());
  if (!type.has_value()) return;
  TypeState& state = At(*type);
  SotwContents contents = ReadSotw(response, *type, sink_);
  std::set<std::string> seen;
  for (const Received& resource : contents.resources) seen.insert(resource.name);
  std::vector<std::string> removed;
  if (IsWildcard(*type) && contents.tells_absence) {
    for (const auto& [name, version] : state.versions) {
      if (!seen.contains(name)) removed.push_back(name);
    }
  }
  std::string problem = std::move(contents.problem);
  AppendProblem(Take(*type, std::move(contents.resources), std::move(removed)), problem);
  WhenServed([this, type = *type, nonce = response.nonce(), version = response.version_info(),
              problem = std::move(problem)] {
    // Not before: a change of subscription meanwhile would be taken for the answer.
    At(type).nonce = nonce;
    if (problem.empty()) At(type).version = version;
    SendSotw(type, problem);
  });
}

void AdsClient::WhenServed(absl::AnyInvocable<void()> answer) {
  sink_.WhenServed([this, stream = state_.streams, alive = std::weak_ptr<bool>(alive_),
                    answer = std::move(answer)]() mutable {
    if (alive.expired() || stream != state_.streams || transport_ == nullptr) return;
    answer();
  });
}

std::string AdsClient::Take(ResourceType type, std::vector<Received> received,
                            std::vector<std::string> removed) {
  TypeState& state = At(type);
  std::string problem;
  std::set<std::string> names;
  for (const Received& resource : received) {
    if (!names.insert(resource.name).second) {
      return absl::StrCat("two resources are named \"", resource.name, "\"");
    }
  }
  // What was never asked for is ignored.
  std::erase_if(received, [&](const Received& resource) { return !Asked(type, resource.name); });
  std::map<std::string, std::string> versions;
  for (const Received& resource : received) versions[resource.name] = resource.version;
  std::vector<Rejection> rejections = sink_.OnResources(type, std::move(received), removed);
  for (const std::string& name : removed) state.versions.erase(name);
  for (const Rejection& rejection : rejections) {
    AppendProblem(rejection.reason, problem);
    versions.erase(rejection.name);
  }
  for (auto& [name, version] : versions) {
    // The sink may have changed what is wanted meanwhile.
    if (Asked(type, name)) state.versions[name] = std::move(version);
  }
  return problem;
}

bool AdsClient::Asked(ResourceType type, const std::string& name) const {
  const std::set<std::string>& interest = types_[static_cast<size_t>(type)].interest;
  if (type == ResourceType::kConsumer) return interest.contains(std::string(kAllOfThem));
  return IsWildcard(type) || interest.contains(name);
}

void AdsClient::AnswerDelta(ResourceType type, const std::string& nonce,
                            const std::string& problem) {
  if (transport_ == nullptr) return;
  DeltaDiscoveryRequest request;
  request.set_type_url(std::string(TypeUrl(type)));
  MaybeSetNode(request);
  request.set_response_nonce(nonce);
  if (!problem.empty()) {
    ++state_.rejections;
    state_.last_error = problem;
    LOG(WARNING) << "refused from the control plane: " << problem;
    request.mutable_error_detail()->set_code(kInvalidArgument);
    request.mutable_error_detail()->set_message(problem);
  }
  transport_->Send(request.SerializeAsString());
}

void AdsClient::SendSotw(ResourceType type, const std::string& problem) {
  if (transport_ == nullptr) return;
  TypeState& state = At(type);
  DiscoveryRequest request;
  request.set_type_url(std::string(TypeUrl(type)));
  MaybeSetNode(request);
  request.set_version_info(state.version);
  request.set_response_nonce(state.nonce);
  for (const std::string& name : state.interest) request.add_resource_names(name);
  if (!problem.empty()) {
    ++state_.rejections;
    state_.last_error = problem;
    LOG(WARNING) << "refused from the control plane: " << problem;
    request.mutable_error_detail()->set_code(kInvalidArgument);
    request.mutable_error_detail()->set_message(problem);
  }
  transport_->Send(request.SerializeAsString());
}

void AdsClient::OnStreamClosed(std::string_view reason) {
  if (transport_ == nullptr) return;
  closed_ = std::move(transport_);
  const bool was_connected = std::exchange(state_.connected, false);
  const bool news = was_connected || state_.last_error != reason;
  state_.last_error = std::string(reason);
  const int64_t delay = static_cast<int64_t>(random_() % static_cast<uint64_t>(backoff_ms_)) + 1;
  if (was_connected) {
    LOG(INFO) << "the discovery stream ended (" << reason << "); serving on, next try in " << delay
              << " ms";
  } else if (news) {
    LOG(WARNING) << "no control plane yet (" << reason << "); trying again until there is";
  }
  backoff_ms_ = std::min(backoff_ms_ * 2, kMaxBackoffMs);
  reconnect_.Arm(delay);
}

}  // namespace sluice::xdsclient
