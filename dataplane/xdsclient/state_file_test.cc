// SPDX-License-Identifier: Apache-2.0
#include "dataplane/xdsclient/state_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "dataplane/upstream/dns_resolver_fake.h"
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "gtest/gtest.h"

namespace sluice::xdsclient {
namespace {

class StateFileTest : public testing::Test {
 protected:
  StateFileTest() {
    std::string pattern = testing::TempDir() + "/state.XXXXXX";
    parent = mkdtemp(pattern.data());
    folder = parent + "/kept";
  }
  void AddCluster(const std::string& name) {
    envoy::config::cluster::v3::Cluster cluster;
    cluster.set_name(name);
    ASSERT_TRUE(
        store.OnResources(ResourceType::kCluster, {{name, "7", cluster.SerializeAsString()}}, {})
            .empty());
  }

  event::Loop loop;
  upstream::FakeDnsResolver resolver;
  ConfigStore store{loop,
                    resolver,
                    {},
                    {.publish = [](auto) {},
                     .acquire_sockets = [](const config::Listener&) { return absl::OkStatus(); },
                     .interest = [](ResourceType, const InterestChange&) {}}};
  std::string parent, folder;
};

TEST_F(StateFileTest, WhatIsSavedIsLoadedWithItsVersions) {
  auto file = StateFile::Open(folder);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->Load().status().code(), absl::StatusCode::kNotFound);
  AddCluster("a");
  AddCluster("b");
  ASSERT_TRUE(file->Save(store).ok());
  const auto contents = file->Load();
  ASSERT_TRUE(contents.ok()) << contents.status();
  ASSERT_EQ(contents->at(ResourceType::kCluster).size(), 2u);
  EXPECT_EQ(contents->at(ResourceType::kCluster)[0].name, "a");
  EXPECT_EQ(contents->at(ResourceType::kCluster)[0].version, "7");
  EXPECT_EQ(contents->at(ResourceType::kCluster)[1].body,
            store.raw(ResourceType::kCluster).at("b").body);
}

TEST_F(StateFileTest, FolderAndFileAreForTheOwnerAlone) {
  auto file = StateFile::Open(folder);
  ASSERT_TRUE(file.ok());
  AddCluster("a");
  ASSERT_TRUE(file->Save(store).ok());
  struct stat info;
  ASSERT_EQ(stat(folder.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
  ASSERT_EQ(stat((folder + "/last-good.pb").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(StateFileTest, AFolderThatOthersMayReadIsRefused) {
  ASSERT_EQ(mkdir(folder.c_str(), 0755), 0);
  ASSERT_EQ(chmod(folder.c_str(), 0755), 0);
  const auto file = StateFile::Open(folder);
  EXPECT_NE(file.status().message().find("0755"), std::string::npos) << file.status();
}

TEST_F(StateFileTest, EveryDamagedByteIsNoticed) {
  auto file = StateFile::Open(folder);
  ASSERT_TRUE(file.ok());
  AddCluster("a");
  ASSERT_TRUE(file->Save(store).ok());
  const std::string path = folder + "/last-good.pb";
  std::ifstream in(path, std::ios::binary);
  const std::string good((std::istreambuf_iterator<char>(in)), {});
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    std::ofstream(path, std::ios::binary) << bad;
    EXPECT_FALSE(file->Load().ok()) << "byte " << i;
  }
  std::ofstream(path, std::ios::binary) << good.substr(0, good.size() / 2);
  EXPECT_FALSE(file->Load().ok());
}

}  // namespace
}  // namespace sluice::xdsclient
