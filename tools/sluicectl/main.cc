// SPDX-License-Identifier: Apache-2.0
// sluicectl: how a person talks to sluice-control.
#include <iostream>
#include <string>
#include <vector>

#include "tools/sluicectl/verbs.h"

int main(int argc, char** argv) {
  sluice::sluicectl::Streams streams{std::cin, std::cout, std::cerr};
  const std::vector<std::string> words(argv + 1, argv + argc);
  return static_cast<int>(sluice::sluicectl::Run(words, streams));
}
