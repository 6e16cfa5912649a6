// SPDX-License-Identifier: Apache-2.0
// expect: weir: an aggregation needs `merge(state&, const state&) const`

#include <weir/actors/operators/aggregation.hpp>

struct longest {
  int create() const { return 0; }
  void add(int& state, int row) const { state = row > state ? row : state; }
#ifdef WEIR_EXPECT_OK
  void merge(int& state, int other) const { add(state, other); }
#endif
  int result(int state) const { return state; }
};

auto bound = weir::agg::bind<int>(longest{});
