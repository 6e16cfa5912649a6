// SPDX-License-Identifier: Apache-2.0
//
// own: an aggregation of four callables, where a class of its own is not worth it.
//
// What it gives for which order and cut of rows is what the callables give: `merge` must make of
// two states what adding all rows to one would. The state must be persistent.
//
//   ... | aggregate(agg::own{.create = [] { return 1.0; },
//                            .add = [](double& product, const rate& r) { product *= r.factor; },
//                            .merge = [](double& product, double other) { product *= other; },
//                            .result = [](double product) { return product; }})

#pragma once

namespace weir::agg {

template <class Create, class Add, class Merge, class Result>
struct own {
  Create create; ///< () -> state
  Add add;       ///< (state&, const row&)
  Merge merge;   ///< (state&, const state& later)
  Result result; ///< (const state&) -> value
};

template <class Create, class Add, class Merge, class Result>
own(Create, Add, Merge, Result) -> own<Create, Add, Merge, Result>;

} // namespace weir::agg
