// SPDX-License-Identifier: Apache-2.0
#include "dataplane/upstream/cluster.h"

namespace sluice::upstream {

void Cluster::Hold(Attempt& attempt) { attempt.cluster_ = Ref<Cluster>(this); }

void Cluster::Refuse(Attempt& attempt, const http::StreamError& error) {
  attempt.host_ = {};
  attempt.facts_ = {};
  attempt.owner_.OnReset(error);
}

}  // namespace sluice::upstream
