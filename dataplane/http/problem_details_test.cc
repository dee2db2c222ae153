// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http/problem_details.h"

#include "gtest/gtest.h"

namespace sluice::http {
namespace {

TEST(ProblemDetailsTest, NamesStatusSentenceAndToken) {
  EXPECT_EQ(ProblemDetails(404, "No route.", "route-not-found"),
            "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,"
            "\"detail\":\"No route.\",\"reason\":\"route-not-found\"}\n");
}

TEST(ProblemDetailsTest, LeavesOutWhatIsEmpty) {
  EXPECT_EQ(ProblemDetails(400, "", "bare-lf"),
            "{\"type\":\"about:blank\",\"title\":\"Bad Request\",\"status\":400,"
            "\"reason\":\"bare-lf\"}\n");
  EXPECT_EQ(ProblemDetails(599, "", ""),
            "{\"type\":\"about:blank\",\"title\":\"Unknown\",\"status\":599}\n");
}

TEST(ProblemDetailsTest, EscapesWhatJsonCannotHold) {
  EXPECT_NE(ProblemDetails(400, "a \"b\" \\ \n\x01", "").find(R"("a \"b\" \\ \u000A\u0001")"),
            std::string::npos);
}

}  // namespace
}  // namespace sluice::http
