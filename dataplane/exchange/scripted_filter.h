// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/filters/chain/filter.h"

namespace sluice::exchange {

class ScriptedFilter;

// What a ScriptedFilter does and where it leaves word of it. `on` is called for "request",
// "request-data", "request-trailers", "response", "response-data" and "response-trailers"; without
// it the filter lets all pass.
struct FilterScript final : config::FilterConfig {
  std::string name;
  std::function<filters::Verdict(ScriptedFilter&, std::string_view event)> on;
  std::vector<ScriptedFilter*>* alive = nullptr;  // Those made and not yet destroyed.
};

// A filter that a test writes. Linking it brings a registry of its own kinds alone, one a phase:
// "test.connection", "test.authorize", "test.shape", and "test.nothing", which has nothing to do on
// any route.
//
// Thread:   the test's.
// Lifetime: as any filter; the script outlives it.
class ScriptedFilter final : public filters::Filter {
 public:
  ScriptedFilter(filters::FilterHost& host, const FilterScript& script);
  ~ScriptedFilter() override;

  filters::FilterHost& host() { return host_; }
  const FilterScript& script() const { return script_; }

  // Of the call under way, where there is one.
  base::Buffer* data = nullptr;
  http::HeaderMap* trailers = nullptr;
  bool end_stream = false;

 private:
  filters::Verdict OnRequest(http::RequestHead& head, bool end_stream) override;
  filters::Verdict OnRequestData(base::Buffer& data, bool end_stream) override;
  filters::Verdict OnRequestTrailers(http::HeaderMap& trailers) override;
  filters::Verdict OnResponse(http::ResponseHead& head, bool end_stream) override;
  filters::Verdict OnResponseData(base::Buffer& data, bool end_stream) override;
  filters::Verdict OnResponseTrailers(http::HeaderMap& trailers) override;
  filters::Verdict Play(std::string_view event, base::Buffer* data, http::HeaderMap* trailers,
                        bool end_stream);

  filters::FilterHost& host_;
  const FilterScript& script_;
};

}  // namespace sluice::exchange
