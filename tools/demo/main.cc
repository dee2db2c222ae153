// SPDX-License-Identifier: Apache-2.0
//
// demo-upstream: a small HTTP server for examples and tests. It tells what it received.
//
//   demo-upstream --listen 127.0.0.1:9001 --name blue
//
// --help lists its paths.

#include <signal.h>

#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "tools/demo/demo_server.h"

ABSL_FLAG(std::string, listen, "127.0.0.1:9001", "address and port; port 0 takes a free one");
ABSL_FLAG(std::string, name, "demo", "what it calls itself in its answers");

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "answers HTTP/1.1 with what it received.\n"
      "Example: demo-upstream --listen 127.0.0.1:9001 --name blue\n\n"
      "  any path        200 and JSON: who answered, method, path, host, header fields, body size\n"
      "  /status/CODE    that status, from 200 to 599\n"
      "  /delay/MS       answers after MS milliseconds\n"
      "  /bytes/N        N bytes of body\n"
      "  /trailers       a chunked body with a trailer field\n"
      "  /close          closes the connection instead of answering");
  absl::ParseCommandLine(argc, argv);
  signal(SIGPIPE, SIG_IGN);

  auto address = sluice::event::Address::Parse(absl::GetFlag(FLAGS_listen));
  if (!address.ok()) {
    std::cerr << "--listen: " << address.status().message() << "\n";
    return 2;
  }
  sluice::event::Loop loop;
  auto server = sluice::demo::DemoServer::Listen(loop, *address, absl::GetFlag(FLAGS_name));
  if (!server.ok()) {
    std::cerr << server.status().message() << "\n";
    return 1;
  }
  std::cout << "listening on " << (*server)->address().ToString() << std::endl;
  for (const int signal_number : {SIGINT, SIGTERM}) {
    loop.OnSignal(signal_number, [&loop] { loop.Stop(); });
  }
  loop.Run();
  return 0;
}
