// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/log/check.h"

namespace sluice::base {

// A ListNode is a base class: what derives from it can stand in one IntrusiveList at a time.
// It leaves its list when it is destroyed.
class ListNode {
 public:
  ListNode() = default;
  ~ListNode() { Unlink(); }
  ListNode(const ListNode&) = delete;
  ListNode& operator=(const ListNode&) = delete;

  bool linked() const { return next_ != nullptr; }

  // Leaves the list it is in; does nothing outside one.
  void Unlink() {
    if (next_ == nullptr) return;
    prev_->next_ = next_;
    next_->prev_ = prev_;
    next_ = prev_ = nullptr;
  }

 private:
  template <typename T>
  friend class IntrusiveList;
  ListNode* next_ = nullptr;
  ListNode* prev_ = nullptr;
};

// An IntrusiveList of T, which derives (publicly, unambiguously) from ListNode. It never owns and
// never allocates; every operation but Splice, ForEach and the destructor is O(1).
//
// Thread:   its owner's, and so its elements'.
// Lifetime: clears itself when destroyed, leaving its elements unlinked.
template <typename T>
class IntrusiveList {
 public:
  IntrusiveList() { head_.next_ = head_.prev_ = &head_; }
  ~IntrusiveList() {
    while (!empty()) PopFront();
    head_.next_ = head_.prev_ = nullptr;
  }
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;

  bool empty() const { return head_.next_ == &head_; }

  // The first element. Requires !empty().
  T& front() {
    DCHECK(!empty());
    return static_cast<T&>(*head_.next_);
  }

  // Requires that `element` is in no list.
  void PushBack(T& element) {
    ListNode& node = element;
    DCHECK(!node.linked());
    node.prev_ = head_.prev_;
    node.next_ = &head_;
    head_.prev_->next_ = &node;
    head_.prev_ = &node;
  }

  // Removes the first element and returns it, or null when empty.
  T* PopFront() {
    if (empty()) return nullptr;
    ListNode* node = head_.next_;
    node->Unlink();
    return static_cast<T*>(node);
  }

  // Moves all of `other`, which is another list, behind our last element; costs its length.
  void Splice(IntrusiveList& other) {
    DCHECK(this != &other);
    while (T* t = other.PopFront()) PushBack(*t);
  }

  // Calls `visit` on each element, first to last. `visit` may unlink the element it is given.
  template <typename Visit>
  void ForEach(Visit visit) {
    for (ListNode* node = head_.next_; node != &head_;) {
      ListNode* next = node->next_;
      visit(static_cast<T&>(*node));
      node = next;
    }
  }

 private:
  ListNode head_;
};

}  // namespace sluice::base
