// SPDX-License-Identifier: Apache-2.0
//
// expect: the features of a model take fields of one record

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
  static_cast<void>(features(number(&trip::distance)));
#else
  static_cast<void>(features(number(&trip::distance), number(&other::x)));
#endif
}
