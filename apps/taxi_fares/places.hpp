// SPDX-License-Identifier: Apache-2.0
//
// places: what the words of the command line stand for: where live trips come from, where answers
// go. Nothing is opened or checked here: that is done when the job starts.

#pragma once

#include <weir/apps/taxi_fares/embedded_topic.hpp>
#include <weir/apps/taxi_fares/trip.hpp>
#include <weir/apps/taxi_fares/trip_files.hpp>
#include <weir/dsl/one_of.hpp>
#include <weir/io/console_sink.hpp>
#include <weir/io/kafka_topic.hpp>

#include <string>

namespace taxi {

using live_trips =
    weir::one_of<weir::kafka<trip>, embedded_topic, weir::csv_files<trip>, weir::hdf5_files<trip>>;

/// `kafka://host:port/topic`, `embedded`, or a file.
inline live_trips live_of(const std::string& where) {
  if (where == "embedded") return embedded_topic{"taxi-trips"};
  if (where.starts_with("kafka://")) return weir::kafka<trip>{where};
  if (is_hdf5(where)) return weir::hdf5<trip>(where);
  return weir::csv<trip>(where);
}

using quote_place =
    weir::one_of<weir::kafka_sink_spec<quote>, weir::csv_sink<quote>, weir::bound_console<quote>>;

/// `kafka://host:port/topic`, `csv:FILE`, or `console`.
inline weir::result<quote_place> answers_to(const std::string& where) {
  if (where.starts_with("kafka://")) return quote_place{weir::kafka<quote>{where}.bind<quote>()};
  if (where.starts_with("csv:")) return quote_place{weir::csv(where.substr(4)).bind<quote>()};
  if (where == "console") return quote_place{weir::console().bind<quote>()};
  return weir::error{weir::errc::usage, "--answers '" + where
                                            + "' is no place for answers: say "
                                              "kafka://host:port/topic, csv:FILE or console"};
}

} // namespace taxi
