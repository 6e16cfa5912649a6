// SPDX-License-Identifier: Apache-2.0
// expect: weir: sum adds up numbers

#include <weir/actors/operators/agg/sum.hpp>

#include <string>

struct order {
  std::string customer;
  double amount = 0;
};

#ifdef WEIR_EXPECT_OK
auto bound = weir::agg::bind<order>(weir::agg::sum(&order::amount));
#else
auto summed = weir::agg::sum(&order::customer);
using bound = weir::agg::bound_aggregation<decltype(summed), order>;
bound* none = nullptr;
#endif
