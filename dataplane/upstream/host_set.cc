// SPDX-License-Identifier: Apache-2.0
#include "dataplane/upstream/host_set.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>

namespace sluice::upstream {

namespace {

using Member = HostSet::Member;
using config::Health;

// How often a choice is thrown again when it was tried before, until all are looked through.
constexpr int kRethrows = 3;

bool WasTried(const Host* host, absl::Span<const Host* const> tried) {
  return std::find(tried.begin(), tried.end(), host) != tried.end();
}

// One priority.
struct Level {
  std::vector<Member> all, healthy, degraded;
  uint32_t healthy_percent = 0;  // Of the load it could carry, at most 100.
  uint32_t degraded_percent = 0;
  uint32_t healthy_load = 0;  // Of a hundred requests.
  uint32_t degraded_load = 0;

  uint32_t PercentUsable() const {
    return all.empty()
               ? 0
               : static_cast<uint32_t>(100 * (healthy.size() + degraded.size()) / all.size());
  }
};

uint32_t Capacity(size_t good, size_t total, uint32_t overprovisioning_percent) {
  if (total == 0) return 0;
  return static_cast<uint32_t>(
      std::min<uint64_t>(100, uint64_t{overprovisioning_percent} * good / total));
}

std::vector<Level> SortByPriority(const std::vector<Member>& members, bool take_draining,
                                  uint32_t overprovisioning_percent) {
  std::map<uint32_t, Level> by_priority;
  for (const Member& member : members) {
    const Health health = member.endpoint->health;
    if (health == Health::kDraining && !take_draining) continue;
    Level& level = by_priority[member.endpoint->priority];
    level.all.push_back(member);
    if (health == Health::kHealthy || health == Health::kDraining) level.healthy.push_back(member);
    if (health == Health::kDegraded) level.degraded.push_back(member);
  }
  std::vector<Level> levels;
  for (auto& [priority, level] : by_priority) {
    const size_t total = level.all.size();
    level.healthy_percent = Capacity(level.healthy.size(), total, overprovisioning_percent);
    level.degraded_percent = Capacity(level.degraded.size(), total, overprovisioning_percent);
    levels.push_back(std::move(level));
  }
  return levels;
}

// Fills the hundred from the first priority on, all healthy hosts before any degraded one. Where
// together they cannot carry it, all are scaled up.
void SpreadLoad(std::vector<Level>& levels) {
  uint32_t available = 0;
  for (const Level& level : levels) available += level.healthy_percent + level.degraded_percent;
  available = std::min<uint32_t>(available, 100);
  if (available == 0) return;
  uint32_t left = 100;
  Level* first = nullptr;
  const auto take = [&](uint32_t percent, uint32_t& load, Level& level) {
    load = std::min(left, percent * 100 / available);
    left -= load;
    if (load != 0 && first == nullptr) first = &level;
  };
  for (Level& level : levels) take(level.healthy_percent, level.healthy_load, level);
  for (Level& level : levels) take(level.degraded_percent, level.degraded_load, level);
  if (first == nullptr) return;
  // What rounding left over.
  (first->healthy_load != 0 ? first->healthy_load : first->degraded_load) += left;
}

}  // namespace

class HostSet::Builder {
 public:
  Builder(const config::Cluster& cluster, uint32_t overprovisioning_percent, Dice& dice,
          HostSet& out)
      : cluster_(cluster),
        overprovisioning_percent_(overprovisioning_percent),
        dice_(dice),
        out_(out) {}

  void Build(const std::vector<Member>& members) {
    const bool only_draining = std::all_of(members.begin(), members.end(), [](const Member& m) {
      return m.endpoint->health == Health::kDraining;
    });
    std::vector<Level> levels = SortByPriority(members, only_draining, overprovisioning_percent_);
    SpreadLoad(levels);
    uint32_t available = 0;
    for (const Level& level : levels) available += level.healthy_percent + level.degraded_percent;
    std::vector<bool> panics(levels.size());
    bool all_panic = !levels.empty();
    for (size_t i = 0; i < levels.size(); ++i) {
      panics[i] = available < 100 && levels[i].PercentUsable() < cluster_.panic_threshold_percent;
      all_panic = all_panic && panics[i];
      out_.panicking_ = out_.panicking_ || panics[i];
    }
    if (all_panic) return ShareByCount(levels);
    for (size_t i = 0; i < levels.size(); ++i) {
      const Level& level = levels[i];
      if (panics[i]) {
        AddShare(level.healthy_load + level.degraded_load, level.all, level.all);
        continue;
      }
      AddShare(level.healthy_load, level.healthy, level.all);
      AddShare(level.degraded_load, level.degraded, level.all);
    }
  }

 private:
  // Where every priority panics, each takes load by how many hosts it has.
  void ShareByCount(const std::vector<Level>& levels) {
    size_t total = 0;
    for (const Level& level : levels) total += level.all.size();
    uint32_t given = 0;
    for (size_t i = 0; i < levels.size(); ++i) {
      const bool last = i + 1 == levels.size();
      const uint32_t load =
          last ? 100 - given : static_cast<uint32_t>(100 * levels[i].all.size() / total);
      AddShare(load, levels[i].all, levels[i].all);
      given += load;
    }
  }

  void AddShare(uint32_t load, const std::vector<Member>& members, const std::vector<Member>& all) {
    if (load == 0 || members.empty()) return;
    const uint32_t before = out_.shares_.empty() ? 0 : out_.shares_.back().up_to;
    out_.shares_.push_back({.up_to = before + load, .tier = MakeTier(members, all)});
  }

  // A locality counts by its weight times the part of its hosts that is of this tier, as priorities
  // do; those without a weight get nothing as soon as one has.
  Tier MakeTier(const std::vector<Member>& members, const std::vector<Member>& all) {
    struct Locality {
      std::vector<Host*> hosts;
      size_t total = 0;
      uint32_t weight = 0;
    };
    std::map<std::tuple<std::string_view, std::string_view, std::string_view>, Locality> localities;
    for (const Member& m : all) {
      const config::Endpoint& e = *m.endpoint;
      Locality& locality = localities[{e.region, e.zone, e.sub_zone}];
      ++locality.total;
      locality.weight = std::max(locality.weight, e.locality_weight);
    }
    for (const Member& m : members) {
      const config::Endpoint& e = *m.endpoint;
      localities[{e.region, e.zone, e.sub_zone}].hosts.push_back(m.host);
    }
    Tier tier;
    std::vector<uint32_t> weights;
    for (auto& [name, locality] : localities) {
      if (locality.hosts.empty() || locality.weight == 0) continue;
      const uint64_t effective =
          uint64_t{locality.weight} *
          Capacity(locality.hosts.size(), locality.total, overprovisioning_percent_);
      weights.push_back(static_cast<uint32_t>(std::clamp<uint64_t>(effective, 1, UINT32_MAX)));
      tier.groups.push_back(std::move(locality.hosts));
    }
    if (tier.groups.empty()) {
      std::vector<Host*> hosts;
      for (const Member& m : members) hosts.push_back(m.host);
      tier.groups.push_back(std::move(hosts));
    }
    for (const std::vector<Host*>& group : tier.groups) {
      tier.balancers.push_back(MakeBalancer(cluster_, group, dice_));
    }
    if (tier.groups.size() > 1) tier.localities.emplace(weights, dice_);
    return tier;
  }

  const config::Cluster& cluster_;
  const uint32_t overprovisioning_percent_;
  Dice& dice_;
  HostSet& out_;
};

HostSet::HostSet(const config::Cluster& cluster, uint32_t overprovisioning_percent,
                 const std::vector<Member>& members, Dice& dice) {
  Builder(cluster, overprovisioning_percent, dice, *this).Build(members);
}

Host* HostSet::Choose(const LbContext& context, Dice& dice) {
  Host* first = ChooseOnce(context, dice);
  if (context.tried.empty() || first == nullptr || !WasTried(first, context.tried)) return first;
  for (int i = 0; i < kRethrows; ++i) {
    Host* other = ChooseOnce(context, dice);
    if (!WasTried(other, context.tried)) return other;
  }
  Host* untried = FindUntried(context, dice);
  return untried != nullptr ? untried : first;
}

Host* HostSet::ChooseOnce(const LbContext& context, Dice& dice) {
  if (shares_.empty()) return nullptr;
  Share* share = &shares_.front();
  if (shares_.size() > 1) {
    const uint32_t throw_of_100 = dice.Below(shares_.back().up_to);
    while (throw_of_100 >= share->up_to) ++share;
  }
  Tier& tier = share->tier;
  const uint32_t group = tier.localities.has_value() ? tier.localities->Next() : 0;
  return &tier.balancers[group]->Choose(context, dice);
}

Host* HostSet::FindUntried(const LbContext& context, Dice& dice) const {
  for (const Share& share : shares_) {
    for (const std::vector<Host*>& group : share.tier.groups) {
      const uint32_t start = dice.Below(static_cast<uint32_t>(group.size()));
      for (size_t i = 0; i < group.size(); ++i) {
        Host* host = group[(start + i) % group.size()];
        if (!WasTried(host, context.tried)) return host;
      }
    }
  }
  return nullptr;
}

}  // namespace sluice::upstream
