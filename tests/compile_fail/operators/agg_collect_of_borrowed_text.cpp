// SPDX-License-Identifier: Apache-2.0
// expect: weir: this aggregation keeps values, and std::string_view borrows text

#include <weir/actors/operators/agg/collect.hpp>

#include <string>
#include <string_view>

struct line {
  std::string_view text;
};

#ifdef WEIR_EXPECT_OK
const auto collected = weir::agg::collect([](const line& row) { return std::string{row.text}; });
#else
const auto collected = weir::agg::collect(&line::text);
#endif
using bound = weir::agg::bound_aggregation<decltype(collected), line>;
bound* none = nullptr;
