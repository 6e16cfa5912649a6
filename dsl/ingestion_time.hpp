// SPDX-License-Identifier: Apache-2.0
//
// ingestion_time: gives each row the time of day at which it left its source.
//
// It is no operator: the sources of the stream stamp what they give, so the time a row spends on
// its way here does not count, and rows of one source never go back in time. Their watermarks
// follow the clock, `watermark_every` at most behind it, also when no rows come. Times stay with
// rows through whatever stands in between. Written behind `event_time` it changes nothing.
//
//   app.from(kafka<click>("clicks")) | ingestion_time() | key_by(&click::page) | window(...)

#pragma once

#include <weir/actors/operators/wall_clock.hpp>
#include <weir/dsl/stream.hpp>

#include <memory>
#include <utility>

namespace weir {

class ingestion_time_adaptor {
public:
  explicit ingestion_time_adaptor(clock_time_options options, wall_clock clock)
      : options_{options}, clock_{std::move(clock)} {}

  template <class T>
  stream<T> attach(const stream<T>& rows) const {
    for (const auto& from : rows.producers()) stamp_sources_of(*rows.in(), from.node);
    return rows;
  }

private:
  void stamp_sources_of(graph& in, std::size_t node) const {
    auto& at = in.at(node);
    if (auto* source = std::get_if<source_node>(&at.content))
      source->stamps = source_stamps{options_, clock_};
    for (const auto& inlet : at.inlets)
      for (const auto& from : inlet) stamp_sources_of(in, from.node);
  }

  clock_time_options options_;
  wall_clock clock_;
};

/// The time of a row is when its source gave it.
[[nodiscard]] inline ingestion_time_adaptor ingestion_time(clock_time_options options = {},
                                                           wall_clock clock = system_time) {
  return ingestion_time_adaptor{options, std::move(clock)};
}

} // namespace weir
