// SPDX-License-Identifier: Apache-2.0
//
// expect: weir: a join needs keys of one type on both sides

#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_source.hpp>

#include <string>
#include <string_view>

struct pay {
  int number = 0;
  std::string order;
};
BOOST_DESCRIBE_STRUCT(pay, (), (number, order))
struct view {
  std::string_view order;
};
BOOST_DESCRIBE_STRUCT(view, (), (order))

int main() {
  weir::app app{"test"};
  auto pays = app.from(weir::memory_source<pay>{});
  auto views = app.from(weir::memory_source<view>{});
  const auto orders = pays | weir::key_by(&pay::order);
  const auto pair = [](const pay& a, const pay&) { return a; };
#ifdef WEIR_EXPECT_OK
  orders | weir::join(pays | weir::key_by(&pay::order), weir::latest(), pair);
#else
  orders | weir::join(pays | weir::key_by(&pay::number), weir::latest(), pair);
#endif
}
