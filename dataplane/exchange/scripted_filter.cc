// SPDX-License-Identifier: Apache-2.0
#include "dataplane/exchange/scripted_filter.h"

#include <algorithm>
#include <new>

namespace sluice::exchange {

using filters::Verdict;

ScriptedFilter::ScriptedFilter(filters::FilterHost& host, const FilterScript& script)
    : host_(host), script_(script) {
  if (script_.alive != nullptr) script_.alive->push_back(this);
}

ScriptedFilter::~ScriptedFilter() {
  if (script_.alive != nullptr) std::erase(*script_.alive, this);
}

Verdict ScriptedFilter::Play(std::string_view event, base::Buffer* data, http::HeaderMap* trailers,
                             bool end_stream) {
  if (script_.on == nullptr) return Verdict::kContinue;
  this->data = data;
  this->trailers = trailers;
  this->end_stream = end_stream;
  return script_.on(*this, event);
}

Verdict ScriptedFilter::OnRequest(http::RequestHead&, bool end_stream) {
  return Play("request", nullptr, nullptr, end_stream);
}
Verdict ScriptedFilter::OnRequestData(base::Buffer& data, bool end_stream) {
  return Play("request-data", &data, nullptr, end_stream);
}
Verdict ScriptedFilter::OnRequestTrailers(http::HeaderMap& trailers) {
  return Play("request-trailers", nullptr, &trailers, true);
}
Verdict ScriptedFilter::OnResponse(http::ResponseHead&, bool end_stream) {
  return Play("response", nullptr, nullptr, end_stream);
}
Verdict ScriptedFilter::OnResponseData(base::Buffer& data, bool end_stream) {
  return Play("response-data", &data, nullptr, end_stream);
}
Verdict ScriptedFilter::OnResponseTrailers(http::HeaderMap& trailers) {
  return Play("response-trailers", nullptr, &trailers, true);
}

}  // namespace sluice::exchange

namespace sluice::filters {
namespace {

Filter* Create(FilterHost& host, const config::FilterConfig* config, base::Arena& arena) {
  using exchange::ScriptedFilter;
  return new (arena.Allocate(sizeof(ScriptedFilter), alignof(ScriptedFilter)))
      ScriptedFilter(host, static_cast<const exchange::FilterScript&>(*config));
}

Filter* CreateNothing(FilterHost&, const config::FilterConfig*, base::Arena&) { return nullptr; }

constexpr uint8_t kAll = 63;
constexpr FilterType kTypes[] = {
    {"test.connection", Phase::kConnection, kAll, &Create},
    {"test.authorize", Phase::kAuthorize, kAll, &Create},
    {"test.shape", Phase::kShape, kAll, &Create},
    {"test.nothing", Phase::kShape, kAll, &CreateNothing},
};

}  // namespace

const FilterType* FindFilterType(std::string_view type) {
  for (const FilterType& known : kTypes) {
    if (known.type == type) return &known;
  }
  return nullptr;
}

}  // namespace sluice::filters
