// SPDX-License-Identifier: Apache-2.0
//
// partition_ends: when a partition has ended, where its rows may come by several links: once all
// those have said so. A link that finished has said so of all its sources, also one that was ended
// early by who had enough. Pure decisions.
//
// A partition may begin anew and end again, on each link: those are told apart. Memory: a number a
// link for each partition that comes by several and has ended.
//
//   link 0 (trips): [batch][end of trips/1] ─┐
//   link 1 (trips): [end of trips/1] ────────┴─> end of trips/1
//   link 2 (zones): [finished]  ───────────────> end of zones
//
//   ends.told(link, frame);
//   while (auto gone = ends.next()) ...

#pragma once

#include <weir/actors/stream/frame.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace weir {

class partition_ends {
public:
  /// The next link; rows of these sources may come by it.
  void add_link(std::vector<std::string> sources);
  /// A link said that a partition has ended. Where none is known to carry its source it has.
  void told(std::size_t link, const partition_end_frame& gone);
  /// All rows of this link have come.
  void finished(std::size_t link);
  [[nodiscard]] std::optional<partition_end_frame> next();

private:
  struct link {
    std::vector<std::string> sources;
    bool has_finished = false;
  };
  struct ending {
    const partition* of;
    std::vector<std::uint32_t> told; // how often, by link
    std::uint32_t passed_on = 0;     // how often
    bool is_complete = true;
  };

  [[nodiscard]] static bool carries(const link& one, const std::string& source);
  void pass_on(ending& one);
  void give(const partition_end_frame& gone);

  std::vector<link> links_;
  std::vector<ending> endings_;
  std::set<std::string> ended_sources_;
  std::deque<partition_end_frame> given_; // and not taken yet
};

} // namespace weir
