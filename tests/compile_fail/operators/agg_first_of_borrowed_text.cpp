// SPDX-License-Identifier: Apache-2.0
// expect: weir: this aggregation keeps values, and values of this type can't be kept in a snapshot

#include <weir/actors/operators/agg/first_last.hpp>

#include <string>
#include <string_view>

#ifdef WEIR_EXPECT_OK
using text = std::string;
#else
using text = std::string_view; // deep inside of what is kept
#endif

struct line {
  int number = 0;
  std::optional<text> note;
};
BOOST_DESCRIBE_STRUCT(line, (), (number, note))

const auto first = weir::agg::first();
using bound = weir::agg::bound_aggregation<decltype(first), line>;
bound* none = nullptr;
