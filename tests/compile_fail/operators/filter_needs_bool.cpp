// SPDX-License-Identifier: Apache-2.0
// expect: weir: filter's callable must return bool

#include <weir/actors/operators/filter.hpp>

int remainder_of(int row) { return row % 2; }
bool is_odd(int row) { return row % 2 != 0; }

#ifdef WEIR_EXPECT_OK
auto bound = weir::filter(is_odd).bind<int>();
#else
auto bound = weir::filter(remainder_of).bind<int>();
#endif
