// SPDX-License-Identifier: Apache-2.0
// expect: weir: map's callable returns text that is borrowed

#include <weir/actors/operators/map.hpp>

#include <string>
#include <string_view>

struct borrowing {
  std::string_view operator()(const std::string& row) const { return row; }
};
struct owning {
  std::string operator()(const std::string& row) const { return row; }
};

#ifdef WEIR_EXPECT_OK
auto bound = weir::map(owning{}).bind<std::string>();
#else
auto bound = weir::map(borrowing{}).bind<std::string>();
#endif
