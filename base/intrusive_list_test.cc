// SPDX-License-Identifier: Apache-2.0
#include "base/intrusive_list.h"

#include <memory>

#include "gtest/gtest.h"

namespace sluice::base {
namespace {

struct Item : ListNode {
  explicit Item(int v) : value(v) {}
  int value;
};

TEST(IntrusiveListTest, KeepsOrderAndForgetsTheDead) {
  IntrusiveList<Item> list;
  Item a(1), c(3);
  {
    Item b(2);
    list.PushBack(a);
    list.PushBack(b);
    list.PushBack(c);
    EXPECT_TRUE(b.linked());
  }
  EXPECT_EQ(list.PopFront()->value, 1);
  EXPECT_EQ(list.PopFront()->value, 3);
  EXPECT_EQ(list.PopFront(), nullptr);
}

TEST(IntrusiveListTest, VisitorMayUnlinkWhatItIsGiven) {
  IntrusiveList<Item> list;
  Item a(1), b(2), c(3);
  list.PushBack(a);
  list.PushBack(b);
  list.PushBack(c);
  int sum = 0;
  list.ForEach([&sum](Item& item) {
    sum += item.value;
    item.Unlink();
  });
  EXPECT_EQ(sum, 6);
  EXPECT_TRUE(list.empty());
}

}  // namespace
}  // namespace sluice::base
