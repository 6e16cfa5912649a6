// SPDX-License-Identifier: Apache-2.0
// expect: weir: an aggregation's state can't be kept in a snapshot

#include <weir/actors/operators/aggregation.hpp>

#include <string>
#include <string_view>

#ifdef WEIR_EXPECT_OK
using text = std::string;
#else
using text = std::string_view;
#endif

struct longest {
  text create() const { return {}; }
  void add(text& state, std::string_view row) const {
    if (row.size() > state.size()) state = text{row};
  }
  void merge(text& state, const text& other) const { add(state, other); }
  std::size_t result(const text& state) const { return state.size(); }
};

auto bound = weir::agg::bind<std::string_view>(longest{});
