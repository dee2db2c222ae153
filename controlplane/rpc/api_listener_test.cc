// SPDX-License-Identifier: Apache-2.0
// The push API's port over loopback, with a stand-in for the API.
#include "controlplane/rpc/api_listener.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "controlplane/access/credential_table.h"
#include "controlplane/access/gate.h"
#include "controlplane/access/tls_material.h"
#include "controlplane/pushapi/call_port.h"
#include "controlplane/rpc/raw_client.h"
#include "gtest/gtest.h"

namespace sluice::rpc {
namespace {

constexpr char kWriter[] = "token a-token-of-the-ci-job ci write\n";
constexpr char kReader[] = "token a-token-of-dashboards dash read\n";
constexpr int kOk = 0, kDeadlineExceeded = 4, kResourceExhausted = 8, kUnauthenticated = 16;

// Answers /echo with who calls, and keeps every other call open until it is over.
class FakePort : public pushapi::CallPort {
 public:
  void Start(const pushapi::Caller& caller, std::string_view method, std::string_view request,
             std::shared_ptr<pushapi::CallSink> sink) override {
    if (method == "/echo") {
      sink->Send(caller.name + (caller.may_write ? " write " : " read ") + std::string(request));
      sink->Finish({});
      return;
    }
    if (method == "/hold") sink->Hold(std::make_shared<Held>(*this));
    sink->Send("begun");
    const std::lock_guard<std::mutex> lock(mutex_);
    last_ = std::move(sink);
  }

  [[nodiscard]] std::shared_ptr<pushapi::CallSink> TakeLast() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return std::move(last_);
  }

  void AwaitEndOfHeld() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return ended_ > 0; });
  }

 private:
  struct Held {
    explicit Held(FakePort& port) : port(port) {}
    ~Held() {
      const std::lock_guard<std::mutex> lock(port.mutex_);
      ++port.ended_;
      port.changed_.notify_all();
    }
    FakePort& port;
  };

  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<pushapi::CallSink> last_;
  int ended_ = 0;
};

class ApiListenerTest : public ::testing::Test {
 protected:
  static access::Gate::Rules Rules(const std::string& text) {
    access::Gate::Rules rules{access::CredentialTable(access::Audience::kOperators), nullptr};
    EXPECT_EQ(rules.table.Parse(text), "");
    return rules;
  }

  void Start(const std::string& operators, size_t max_calls = 1000) {
    options_.address = "127.0.0.1:0";
    gate_ = std::make_unique<access::Gate>(Rules(operators),
                                           access::Gate::Options{operators.empty(), max_calls});
    std::string error;
    listener_ = ApiListener::Start(options_, *gate_, tls_, port_, &error);
    ASSERT_NE(listener_, nullptr) << error;
    client_.target = "127.0.0.1:" + std::to_string(listener_->bound_port());
    client_.authorization = "Bearer a-token-of-the-ci-job";
  }

  std::unique_ptr<RawClient::Stream> Call(const std::string& method,
                                          const std::string& request = "x") {
    auto call = RawClient::Open(client_, method);
    call->Write(request);
    return call;
  }

  int Status(const std::string& request = "x") {
    const auto call = Call("/echo", request);
    while (call->Read().has_value()) {
    }
    return call->Finish(nullptr);
  }

  FakePort port_;
  access::TlsSource tls_{access::TlsMaterial{}};
  std::unique_ptr<access::Gate> gate_;
  ApiListenerOptions options_;
  std::unique_ptr<ApiListener> listener_;
  RawClient::Options client_;
};

TEST_F(ApiListenerTest, ACallIsMadeInTheNameOfItsToken) {
  Start(std::string(kWriter) + kReader);
  EXPECT_EQ(Call("/echo")->Read(), "ci write x");
  client_.authorization = "bearer a-token-of-dashboards";
  EXPECT_EQ(Call("/echo")->Read(), "dash read x");
  client_.authorization = "Bearer wrong-token-of-sixteen";
  EXPECT_EQ(Status(), kUnauthenticated);
  client_.authorization.clear();
  EXPECT_EQ(Status(), kUnauthenticated);
}

TEST_F(ApiListenerTest, WithdrawnTokenEndsWhatItHoldsOpen) {
  Start(std::string(kWriter) + kReader);
  const auto call = Call("/hold");
  ASSERT_EQ(call->Read(), "begun");
  EXPECT_EQ(gate_->Replace(Rules(kReader)), 1u);
  EXPECT_FALSE(call->Read().has_value());
  std::string reason;
  EXPECT_EQ(call->Finish(&reason), kUnauthenticated);
  EXPECT_EQ(reason, "the credential was withdrawn: the bearer token is not known here");
  EXPECT_EQ(Status(), kUnauthenticated);
}

// What is being done is done: to say otherwise would be a lie.
TEST_F(ApiListenerTest, WithdrawnTokenLetsACallBeAnswered) {
  Start(kWriter);
  const auto call = Call("/slow");
  ASSERT_EQ(call->Read(), "begun");
  std::shared_ptr<pushapi::CallSink> sink;
  while (sink == nullptr) sink = port_.TakeLast();
  gate_->Replace(Rules(kReader));
  sink->Send("done");
  sink->Finish({});
  EXPECT_EQ(call->Read(), "done");
  EXPECT_FALSE(call->Read().has_value());
  EXPECT_EQ(call->Finish(nullptr), kOk);
}

// The revocation comes between the request and what it begins to hold.
TEST_F(ApiListenerTest, WithdrawnTokenEndsWhatBeginsToHoldLater) {
  Start(kWriter);
  const auto call = Call("/slow");
  ASSERT_EQ(call->Read(), "begun");
  std::shared_ptr<pushapi::CallSink> sink;
  while (sink == nullptr) sink = port_.TakeLast();
  gate_->Replace(Rules(kReader));
  sink->Hold(std::make_shared<int>());
  EXPECT_FALSE(call->Read().has_value());
  EXPECT_EQ(call->Finish(nullptr), kUnauthenticated);
}

// The status would wait behind a message that the peer never reads.
TEST_F(ApiListenerTest, WithdrawnTokenEndsACallThatReadsNothing) {
  Start(kWriter);
  const auto call = Call("/hold");
  std::shared_ptr<pushapi::CallSink> sink;
  while (sink == nullptr) sink = port_.TakeLast();
  sink->Send(std::string(100 << 20, 'x'));
  sink.reset();
  gate_->Replace(Rules(kReader));
  port_.AwaitEndOfHeld();
  while (call->Read().has_value()) {
  }
  EXPECT_NE(call->Finish(nullptr), kDeadlineExceeded);
}

// Else what waits for it, and what the call holds, would stay for as long as the peer likes.
TEST_F(ApiListenerTest, AnErrorEndsACallThatReadsNothing) {
  Start("");
  const auto call = Call("/hold");
  std::shared_ptr<pushapi::CallSink> sink;
  while (sink == nullptr) sink = port_.TakeLast();
  sink->Send(std::string(100 << 20, 'x'));
  sink->Finish({kResourceExhausted, "too slow", {}});
  sink.reset();
  port_.AwaitEndOfHeld();
  while (call->Read().has_value()) {
  }
  EXPECT_NE(call->Finish(nullptr), kDeadlineExceeded);
}

TEST_F(ApiListenerTest, OneCredentialHasABoundedNumberOfCalls) {
  Start(std::string(kWriter) + kReader, 1);
  const auto call = Call("/hold");
  ASSERT_EQ(call->Read(), "begun");
  EXPECT_EQ(Status(), kResourceExhausted);
  client_.authorization = "Bearer a-token-of-dashboards";
  EXPECT_EQ(Status(), kOk);
}

TEST_F(ApiListenerTest, RequestsAreBoundedAloneAndTogether) {
  options_.max_message_bytes = 2000;
  options_.max_request_bytes = 1000;
  Start("");
  EXPECT_EQ(Status(std::string(2001, 'x')), kResourceExhausted);
  EXPECT_EQ(Status(std::string(1001, 'x')), kResourceExhausted);
  EXPECT_EQ(Status(std::string(900, 'x')), kOk);
  EXPECT_EQ(Status(std::string(900, 'x')), kOk) << "given back";
}

}  // namespace
}  // namespace sluice::rpc
