// SPDX-License-Identifier: Apache-2.0
// expect: weir: map's callable can't be called with a row of this stream

#include <weir/actors/operators/map.hpp>

#include <string>

std::size_t length(const std::string& row) { return row.size(); }

#ifdef WEIR_EXPECT_OK
auto bound = weir::map(length).bind<std::string>();
#else
auto bound = weir::map(length).bind<int>();
#endif
