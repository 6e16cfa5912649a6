// SPDX-License-Identifier: Apache-2.0
// expect: weir: an aggregation's value callable (or member pointer) can't be called with a row

#include <weir/actors/operators/agg/sum.hpp>

#include <string>

std::size_t length(const std::string& row) { return row.size(); }

#ifdef WEIR_EXPECT_OK
auto bound = weir::agg::bind<std::string>(weir::agg::sum(length));
#else
auto bound = weir::agg::bind<int>(weir::agg::sum(length));
#endif
