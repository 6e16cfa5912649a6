// SPDX-License-Identifier: Apache-2.0
//
// vocabulary: the operators that can stand behind a `|`, one line each. A new one adds its line
// here and edits nothing else.

#pragma once

#include <weir/actors/operators/batch_map.hpp>    // batch_map<Out>(f): whole batches
#include <weir/actors/operators/count_window.hpp> // key_by(f) | window(count_window(100, 10), ...)
#include <weir/actors/operators/day_window.hpp> // ... | window(tumbling_days(1, "Asia/Seoul"), ...)
#include <weir/actors/operators/dedup.hpp>      // key_by(f) | dedup(): the first row of each key
#include <weir/actors/operators/event_time.hpp> // event_time(&trip::pickup, out_of_order(1min))
#include <weir/actors/operators/filter.hpp>     // filter(is_plausible): where a predicate is true
#include <weir/actors/operators/flat_map.hpp>   // flat_map(words): any number of rows for each
#include <weir/actors/operators/global_on_count.hpp> // ... | window(global(on_count(1000)), ...)
#include <weir/actors/operators/global_on_time.hpp>  // ... | window(global(on_time(10s)), ...)
#include <weir/actors/operators/global_window.hpp>   // key_by(f) | window(global(), agg::count())
#include <weir/actors/operators/map.hpp>             // map(to_quote): one row for each
#include <weir/actors/operators/previous.hpp>        // key_by(f) | previous(g), lag(3, g)
#include <weir/actors/operators/process.hpp> // key_by(f) | with_state<S>() | process<Out>(g)
#include <weir/actors/operators/processing_time.hpp> // processing_time(): when rows come by
#include <weir/actors/operators/rate_limit.hpp>      // key_by(f) | rate_limit(1, 1min)
#include <weir/actors/operators/running.hpp>         // key_by(f) | running(agg::count())
#include <weir/actors/operators/session_window.hpp>  // key_by(f) | window(session(4s), ...)
#include <weir/actors/operators/split.hpp>           // auto [yes, no] = rows | split(is_suspicious)
#include <weir/actors/operators/take.hpp>        // take(10): the first ten, then the stream ends
#include <weir/actors/operators/tap.hpp>         // tap(look): looks at each row, changes none
#include <weir/actors/operators/throttle.hpp>    // throttle(1000): at most so many rows a second
#include <weir/actors/operators/time_window.hpp> // key_by(f) | window(tumbling(5s), agg::count())
#include <weir/dsl/join.hpp>   // key_by(f) | join(others | key_by(g), within(-5min, 10min), h)
#include <weir/dsl/lookup.hpp> // lookup(csv<zone>("zones.csv"), &zone::id, &trip::from, f)
