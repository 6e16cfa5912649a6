// SPDX-License-Identifier: Apache-2.0
//
// expect: one_hot takes a field of distinct values

#include <weir/models/features.hpp>

struct trip {
  double distance = 0;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(trip, (), (distance, name))

struct other {
  double x = 0;
};
BOOST_DESCRIBE_STRUCT(other, (), (x))

using weir::features, weir::hour_of, weir::number, weir::one_hot, weir::standard;

int main() {
#ifdef WEIR_EXPECT_OK
  static_cast<void>(one_hot(&trip::name));
#else
  static_cast<void>(one_hot(&trip::distance));
#endif
}
