// SPDX-License-Identifier: Apache-2.0
// expect: weir: flat_map's callable must return a range of rows

#include <weir/actors/operators/flat_map.hpp>

#include <vector>

int one(int row) { return row; }
std::vector<int> some(int row) { return {row}; }

#ifdef WEIR_EXPECT_OK
auto bound = weir::flat_map(some).bind<int>();
#else
auto bound = weir::flat_map(one).bind<int>();
#endif
