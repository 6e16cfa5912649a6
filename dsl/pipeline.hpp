// SPDX-License-Identifier: Apache-2.0
//
// pipeline: start here. Everything a program needs to describe a graph and run it; sources, sinks
// and models come from their own headers (`<weir/io/...>`, `<weir/models/...>`).
//
//   #include <weir/dsl/pipeline.hpp>
//   #include <weir/io/csv_source.hpp>
//   #include <weir/io/console_sink.hpp>
//
//   struct trip { double distance; int passengers; };
//   BOOST_DESCRIBE_STRUCT(trip, (), (distance, passengers))
//
//   int main(int argc, char** argv) {
//     weir::app app{"long-trips", argc, argv};
//     app.from(weir::csv<trip>("trips.csv"))
//         | weir::filter([](const trip& t) { return t.distance > 10; })
//         | weir::to(weir::console());
//     return app.run();
//   }
//
//   app.from(source)                 where rows enter           dsl/from.hpp, dsl/history.hpp
//   stream | operator(...)           what is done with them     dsl/vocabulary.hpp, dsl/via.hpp
//   stream | learn(model)            dsl/learn.hpp
//   stream | to(sink)                where they leave           dsl/to.hpp
//   merge(a, b), app.run()           dsl/stream.hpp, dsl/app.hpp

#pragma once

#include <weir/actors/operators/discard.hpp>
#include <weir/dsl/app.hpp>
#include <weir/dsl/distinct.hpp>
#include <weir/dsl/ingestion_time.hpp>
#include <weir/dsl/key_by.hpp>
#include <weir/dsl/learn.hpp>
#include <weir/dsl/rebalance.hpp>
#include <weir/dsl/via.hpp>
#include <weir/dsl/vocabulary.hpp>
#include <weir/dsl/with_state.hpp>
