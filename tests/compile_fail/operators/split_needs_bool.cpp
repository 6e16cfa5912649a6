// SPDX-License-Identifier: Apache-2.0
// expect: weir: split's callable must return bool

#include <weir/actors/operators/split.hpp>

int sign(int row) { return row < 0 ? -1 : 1; }
bool is_negative(int row) { return row < 0; }

#ifdef WEIR_EXPECT_OK
auto bound = weir::split(is_negative).bind<int>();
#else
auto bound = weir::split(sign).bind<int>();
#endif
