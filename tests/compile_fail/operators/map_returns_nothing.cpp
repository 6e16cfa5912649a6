// SPDX-License-Identifier: Apache-2.0
// expect: weir: map's callable returns nothing; use tap

#include <weir/actors/operators/map.hpp>
#include <weir/actors/operators/tap.hpp>

void look(int) {}

#ifdef WEIR_EXPECT_OK
auto bound = weir::tap(look).bind<int>();
#else
auto bound = weir::map(look).bind<int>();
#endif
