// SPDX-License-Identifier: Apache-2.0
#include "base/buffer.h"

#include <random>
#include <string>

#include "base/arena.h"
#include "gtest/gtest.h"

namespace sluice::base {
namespace {

// Aim: a Buffer is a byte queue whatever the slicing. Method: random operations beside a string.
TEST(BufferTest, BehavesAsAQueueOfBytes) {
  std::mt19937 random(7);
  Buffer buffer, other;
  std::string model, other_model;
  for (int step = 0; step < 20000; ++step) {
    const std::string piece(random() % 700, static_cast<char>('a' + random() % 26));
    switch (random() % 9) {
      case 0:
        buffer.AppendCopy(piece);
        model += piece;
        break;
      case 1:
        buffer.Append(Slice::Copy(piece));
        model += piece;
        break;
      case 2: {
        const size_t n = model.empty() ? 0 : random() % (model.size() + 1);
        buffer.Drain(n);
        model.erase(0, n);
        break;
      }
      case 3: {
        const size_t n = model.empty() ? 0 : random() % (model.size() + 1);
        EXPECT_EQ(buffer.Linearize(n).view(), std::string_view(model).substr(0, n));
        break;
      }
      case 4:
        other.MoveFrom(buffer);
        other_model += model;
        model.clear();
        break;
      case 5: {
        const size_t n = other_model.empty() ? 0 : random() % (other_model.size() + 1);
        buffer.MoveFrom(other, n);
        model += other_model.substr(0, n);
        other_model.erase(0, n);
        break;
      }
      case 6: {
        absl::Span<char> room = buffer.Reserve();
        ASSERT_GE(room.size(), 1024u);
        const size_t n = std::min(piece.size(), room.size());
        std::copy_n(piece.data(), n, room.data());
        buffer.Commit(n);
        model += piece.substr(0, n);
        break;
      }
      case 7:
        if (other_model.size() < 100000) {
          other.AppendShared(buffer);
          other_model += model;
        }
        break;
      case 8:
        if (model.size() > 200000) {
          buffer.Clear();
          model.clear();
        }
        break;
    }
    ASSERT_EQ(buffer.size(), model.size());
    if (step % 64 == 0) {
      ASSERT_EQ(buffer.ToString(), model);
      ASSERT_EQ(other.ToString(), other_model);
    }
  }
}

TEST(BufferTest, AppendingToASharedBlockLeavesTheOtherSliceAlone) {
  Buffer a;
  a.AppendCopy("head");
  Buffer b;
  b.AppendShared(a);
  a.AppendCopy("er");
  b.AppendCopy("line");
  EXPECT_EQ(a.ToString(), "header");
  EXPECT_EQ(b.ToString(), "headline");
}

TEST(ArenaTest, CopiesOutliveTheirSourceAndBigOnesFit) {
  Arena arena;
  std::string source(50000, 'x');
  std::string_view copy = arena.Copy(source);
  source.assign(50000, 'y');
  EXPECT_EQ(copy, std::string(50000, 'x'));
  EXPECT_EQ(arena.Concat("a", std::string("bc"), std::string_view("d")), "abcd");
  EXPECT_EQ(reinterpret_cast<uintptr_t>(arena.Allocate(8, 8)) % 8, 0u);
}

TEST(ArenaTest, AdoptedBytesOutliveTheirFirstArena) {
  Arena keeper;
  std::string_view kept;
  {
    Arena first;
    kept = first.Copy("response field");
    keeper.Adopt(first);
    EXPECT_EQ(first.Copy("reused"), "reused");
  }
  EXPECT_EQ(kept, "response field");
}

}  // namespace
}  // namespace sluice::base
