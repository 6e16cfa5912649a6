// SPDX-License-Identifier: Apache-2.0
// expect: weir: batch_map's callable must return how many rows it took

#include <weir/actors/operators/batch_map.hpp>

void silent(weir::batch_view<int>, weir::batch<int>&) {}
std::size_t counting(weir::batch_view<int> in, weir::batch<int>&) { return in.size(); }

#ifdef WEIR_EXPECT_OK
auto bound = weir::batch_map<int>(counting).bind<int>();
#else
auto bound = weir::batch_map<int>(silent).bind<int>();
#endif
