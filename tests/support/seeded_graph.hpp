// SPDX-License-Identifier: Apache-2.0
//
// seeded_graph: graphs of the pieces of runtime_pieces.hpp for seeded_job.hpp, and what a test says
// of them.
//
//   graph g;
//   const auto from = g.source(counted(500));
//   const auto to = g.sink();
//   g.link(from, to);
//   seeded_job job{seed, g.made};

#pragma once

#include "runtime_pieces.hpp"
#include "seeded_job.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace weir::testing {

using rows = std::vector<std::int64_t>;

/// A graph under construction, and what its ends saw.
struct graph {
  plan made{"test", {}, {}};
  std::vector<std::shared_ptr<source_log>> sources;
  std::vector<std::shared_ptr<sink_log>> sinks;

  std::size_t source(count_options options, bool has_history = true) {
    auto log = sources.emplace_back(std::make_shared<source_log>());
    auto make = [=]() -> result<std::unique_ptr<any_source>> {
      return erase<std::int64_t>(std::make_unique<count_source>(options, log));
    };
    return add("source " + std::to_string(made.actors.size()), source_plan{make, has_history});
  }
  std::size_t chain(std::vector<shape_options> stages) {
    chain_plan plan;
    for (const auto& options : stages)
      plan.stages.push_back({"shape " + std::to_string(plan.stages.size()),
                             [=]() -> result<std::unique_ptr<any_operator>> {
                               return make_erased<shape_operator>(options);
                             }});
    return add("chain " + std::to_string(made.actors.size()), plan);
  }
  std::size_t zip() {
    return add("zip", chain_plan{{{"zip", []() -> result<std::unique_ptr<any_operator>> {
                                     return std::unique_ptr<any_operator>{
                                         std::make_unique<zip_operator>()};
                                   }}}});
  }
  std::size_t sink(collect_options options = {}) {
    auto log = sinks.emplace_back(std::make_shared<sink_log>());
    auto make = [=]() -> result<std::unique_ptr<any_sink>> {
      return erase<std::int64_t>(std::make_unique<collect_sink>(options, log));
    };
    return add("sink " + std::to_string(made.actors.size()), sink_plan{make});
  }
  struct kept_rejects {
    std::size_t count = 0;
    bool is_closed = false;
  };
  /// Adds a sink for the rejects of a source, and the link.
  std::shared_ptr<kept_rejects> keep_rejects_of(std::size_t source) {
    struct keep final : weir::sink<reject> {
      explicit keep(std::shared_ptr<kept_rejects> to) : kept{std::move(to)} {}
      result<void> open(sink_context) override { return {}; }
      result<std::size_t> write(batch_view<reject> in) override {
        kept->count += in.size();
        return in.size();
      }
      result<bool> close() override {
        kept->is_closed = true;
        return true;
      }
      std::shared_ptr<kept_rejects> kept;
    };
    auto kept = std::make_shared<kept_rejects>();
    auto make = [kept]() -> result<std::unique_ptr<any_sink>> {
      return erase<reject>(std::make_unique<keep>(kept));
    };
    link(source, add("rejects", sink_plan{make}), 0, reject_outlet);
    return kept;
  }
  void link(std::size_t from, std::size_t to, std::size_t inlet = 0, std::size_t outlet = 0) {
    made.links.push_back({from, outlet, to, inlet});
  }

  /// Wakes whatever waits for its device, now and then.
  void drive(seeded_job& job) {
    for (const auto& log : sources)
      job.may_happen([log] {
        if (log->is_idle && log->wake) log->wake();
      });
    for (const auto& log : sinks)
      job.may_happen([log] {
        if (std::exchange(log->is_stalled, false)) log->wake();
      });
  }

private:
  std::size_t add(std::string name, decltype(actor_plan::hosts) hosts) {
    made.actors.push_back({std::move(name), std::move(hosts)});
    return made.actors.size() - 1;
  }
};

inline rows numbers(std::int64_t first, std::int64_t count) {
  rows all(static_cast<std::size_t>(count));
  std::iota(all.begin(), all.end(), first);
  return all;
}

/// Nothing committed that is not safe downstream: the core of at-least-once.
inline void expect_no_row_lost_by_commit(const source_log& from, const sink_log& to) {
  EXPECT_LE(from.committed_rows, to.safe_rows);
}

inline count_options counted(std::int64_t rows) {
  count_options options;
  options.rows = rows;
  return options;
}

/// Rows without end.
inline count_options endless() {
  auto options = counted(0);
  options.endless = true;
  options.per_poll = 1024;
  return options;
}

} // namespace weir::testing
