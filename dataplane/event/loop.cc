// SPDX-License-Identifier: Apache-2.0
#include "dataplane/event/loop.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <optional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/log/check.h"
#include "absl/synchronization/mutex.h"
#include "dataplane/event/timer_wheel.h"

namespace sluice::event {
namespace {

// The loop that runs on this thread, so that it need not wake itself.
thread_local const Loop* running_loop = nullptr;

event_base* NewBase() {
  event_config* config = event_config_new();
  CHECK(config != nullptr);
  // Other threads reach a loop by Post alone, which has its own lock.
  event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
  event_base* base = event_base_new_with_config(config);
  event_config_free(config);
  CHECK(base != nullptr) << "no event base: out of descriptors or memory";
  return base;
}

}  // namespace

struct Loop::Internals {
  Internals(Loop& owner, int64_t start) : loop(owner), libevent(NewBase()), start_ns(start) {
    wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    PCHECK(wake_fd >= 0) << "eventfd";
    event_assign(
        &wake_event, libevent, wake_fd, EV_READ | EV_PERSIST,
        [](evutil_socket_t fd, short, void* self) noexcept {
          static_cast<Internals*>(self)->BeginTurn();
          uint64_t count;
          [[maybe_unused]] const ssize_t n = read(fd, &count, sizeof(count));
        },
        this);
    event_add(&wake_event, nullptr);
    // Only ends the wait: due timers run after the descriptors of the turn, whatever woke it.
    evtimer_assign(
        &wheel_event, libevent,
        [](evutil_socket_t, short, void* self) noexcept {
          static_cast<Internals*>(self)->wheel_event_tick = TimerWheel::kNever;
        },
        this);
  }

  ~Internals() {
    for (auto& signal : signals) event_free(signal->event);
    event_del(&wake_event);
    event_del(&wheel_event);
    event_base_free(libevent);
    close(wake_fd);
  }

  // Reads the clock once a turn, when the first handler of the turn runs.
  void BeginTurn() {
    if (turn_begun) return;
    turn_begun = true;
    loop.now_ns_ = loop.clock_.MonotonicNs();
  }

  void Wake() {
    const uint64_t one = 1;
    // A full counter means that a wake is pending already.
    [[maybe_unused]] const ssize_t n = write(wake_fd, &one, sizeof(one));
  }

  void Turn(bool wait);
  void PrepareWait();
  void RunPosted();
  void RunTurnEnd();
  void RunDeferred();

  struct Signal {
    Internals* owner;
    ::event* event;
    absl::AnyInvocable<void()> handler;
  };

  Loop& loop;
  event_base* const libevent;
  const int64_t start_ns;
  int wake_fd = -1;
  ::event wake_event;
  ::event wheel_event;
  // When wheel_event will end the wait; kNever if it is not armed.
  int64_t wheel_event_tick = TimerWheel::kNever;
  TimerWheel wheel;
  bool turn_begun = false;
  std::vector<std::unique_ptr<Deferred>> deferred;
  base::IntrusiveList<TurnEnd> next_turn;
  std::vector<std::unique_ptr<Signal>> signals;
  std::atomic<bool> stop{false};
  // Mirrors !posted.empty(), so that a turn without posted tasks takes no lock.
  std::atomic<bool> has_posted{false};
  absl::Mutex mutex;
  std::vector<absl::AnyInvocable<void()>> posted ABSL_GUARDED_BY(mutex);
};

// One turn: wait, descriptors, timers, tasks, end-of-turn work, deletions.
void Loop::Internals::Turn(bool wait) {
  wait = wait && !has_posted.load(std::memory_order_acquire) && loop.turn_end_.empty() &&
         next_turn.empty() && deferred.empty();
  if (wait) PrepareWait();
  loop.turn_end_.Splice(next_turn);
  turn_begun = false;
  event_base_loop(libevent, wait ? EVLOOP_ONCE : EVLOOP_ONCE | EVLOOP_NONBLOCK);
  BeginTurn();
  wheel.Advance((loop.now_ns_ - start_ns) / TimerWheel::kTickNs);
  RunPosted();
  do {
    RunTurnEnd();
    RunDeferred();
  } while (!loop.turn_end_.empty());
}

// Sees to it that the wait ends when a timer is due. An armed wake that comes too early is kept:
// it costs one empty turn, where moving it would cost something on each request.
void Loop::Internals::PrepareWait() {
  const int64_t next = wheel.NextTick();
  if (next >= wheel_event_tick) return;
  if (next == TimerWheel::kNever) return;
  const int64_t now_ns = loop.clock_.MonotonicNs();
  const int64_t due_ns = start_ns + next * TimerWheel::kTickNs;
  const int64_t wait_us = std::max<int64_t>((due_ns - now_ns + 999) / 1000, 0);
  const timeval delay = {.tv_sec = wait_us / 1'000'000, .tv_usec = wait_us % 1'000'000};
  evtimer_add(&wheel_event, &delay);
  wheel_event_tick = next;
}

void Loop::Internals::RunPosted() {
  if (!has_posted.load(std::memory_order_acquire)) return;
  std::vector<absl::AnyInvocable<void()>> tasks;
  {
    absl::MutexLock lock(&mutex);
    tasks.swap(posted);
    has_posted.store(false, std::memory_order_release);
  }
  for (auto& task : tasks) task();
}

void Loop::Internals::RunTurnEnd() {
  while (TurnEnd* work = loop.turn_end_.PopFront()) work->OnTurnEnd();
}

void Loop::Internals::RunDeferred() {
  while (!deferred.empty()) {
    std::vector<std::unique_ptr<Deferred>> dying;
    dying.swap(deferred);  // Destructors may defer more.
    dying.clear();
    if (deferred.empty()) {
      deferred.swap(dying);  // Keeps the room for the next turn.
      return;
    }
  }
}

Loop::Loop(const base::Clock& clock) : clock_(clock), now_ns_(clock.MonotonicNs()) {
  internals_ = std::make_unique<Internals>(*this, now_ns_);
}

Loop::~Loop() {
  // What waits may own watches and timers, and may defer or post more: it dies before the base.
  std::vector<absl::AnyInvocable<void()>> tasks;
  do {
    tasks.clear();
    internals_->RunDeferred();
    absl::MutexLock lock(&internals_->mutex);
    tasks.swap(internals_->posted);
  } while (!tasks.empty());
}

void Loop::Run() {
  const Loop* outer = std::exchange(running_loop, this);
  while (!internals_->stop.load(std::memory_order_relaxed)) internals_->Turn(/*wait=*/true);
  internals_->stop.store(false, std::memory_order_relaxed);
  running_loop = outer;
}

void Loop::RunOnce() {
  const Loop* outer = std::exchange(running_loop, this);
  internals_->Turn(/*wait=*/false);
  running_loop = outer;
}

void Loop::Stop() {
  internals_->stop.store(true, std::memory_order_relaxed);
  internals_->Wake();
}

void Loop::Post(absl::AnyInvocable<void()> task) {
  bool first;
  {
    absl::MutexLock lock(&internals_->mutex);
    first = internals_->posted.empty();
    internals_->posted.push_back(std::move(task));
    internals_->has_posted.store(true, std::memory_order_release);
  }
  if (first && running_loop != this) internals_->Wake();
}

void Loop::AtNextTurnEnd(TurnEnd& work) {
  if (!work.linked()) internals_->next_turn.PushBack(work);
}

void Loop::DeleteLater(std::unique_ptr<Deferred> object) {
  if (object != nullptr) internals_->deferred.push_back(std::move(object));
}

void Loop::OnSignal(int signal_number, absl::AnyInvocable<void()> handler) {
  auto signal = std::make_unique<Internals::Signal>();
  signal->owner = internals_.get();
  signal->handler = std::move(handler);
  signal->event = evsignal_new(
      internals_->libevent, signal_number,
      [](evutil_socket_t, short, void* self) noexcept {
        auto* signal = static_cast<Internals::Signal*>(self);
        signal->owner->BeginTurn();
        signal->owner->loop.Post([signal] { signal->handler(); });
      },
      signal.get());
  CHECK(signal->event != nullptr && event_add(signal->event, nullptr) == 0)
      << "cannot watch signal " << signal_number;
  internals_->signals.push_back(std::move(signal));
}

void Timer::Arm(int64_t delay_ms) {
  Unlink();
  Loop::Internals& internals = *loop_.internals_;
  // Rounded up, so that no timer fires early; capped, so that no sum overflows.
  constexpr int64_t kMaxDelayMs = int64_t{1} << 40;
  delay_ms = std::clamp<int64_t>(delay_ms, 0, kMaxDelayMs);
  const int64_t since_start = loop_.now_ns_ - internals.start_ns + delay_ms * 1'000'000;
  internals.wheel.Add(*this, (since_start + TimerWheel::kTickNs - 1) / TimerWheel::kTickNs);
}

// The libevent side of an FdWatch. Two events, so that a change of one interest is one system call
// (libevent merges both into one registration); the one for writing exists only while it is
// wanted, since an idle connection never needs it.
class FdWatch::Registration {
 public:
  Registration(Loop& loop, int fd, FdHandler& handler)
      : internals_(*loop.internals_), fd_(fd), handler_(handler) {
    event_assign(
        &read_event_, internals_.libevent, fd, EV_READ | EV_PERSIST,
        [](evutil_socket_t, short, void* self) noexcept {
          auto* registration = static_cast<Registration*>(self);
          registration->internals_.BeginTurn();
          registration->handler_.OnReadable();
        },
        this);
  }

  ~Registration() { SetInterest(false, false); }

  void SetInterest(bool readable, bool writable) {
    // Adding comes before removing, so that going from one to the other is no re-registration.
    if (writable && !write_event_) AddWrite();
    if (readable != reading_) {
      reading_ = readable;
      readable ? event_add(&read_event_, nullptr) : event_del(&read_event_);
    }
    if (!writable && write_event_) {
      event_del(write_event_.get());
      write_event_.reset();
    }
  }

 private:
  void AddWrite() {
    write_event_ = std::make_unique<::event>();
    event_assign(
        write_event_.get(), internals_.libevent, fd_, EV_WRITE | EV_PERSIST,
        [](evutil_socket_t, short, void* self) noexcept {
          auto* registration = static_cast<Registration*>(self);
          registration->internals_.BeginTurn();
          registration->handler_.OnWritable();
        },
        this);
    event_add(write_event_.get(), nullptr);
  }

  Loop::Internals& internals_;
  const int fd_;
  FdHandler& handler_;
  bool reading_ = false;
  ::event read_event_;
  std::unique_ptr<::event> write_event_;
};

FdWatch::FdWatch(Loop& loop, int fd, FdHandler& handler)
    : registration_(std::make_unique<Registration>(loop, fd, handler)) {}

FdWatch::~FdWatch() = default;

void FdWatch::SetInterest(bool readable, bool writable) {
  registration_->SetInterest(readable, writable);
}

}  // namespace sluice::event
