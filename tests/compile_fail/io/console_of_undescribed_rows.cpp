// SPDX-License-Identifier: Apache-2.0
//
// only: weir: console() shows records: put BOOST_DESCRIBE_STRUCT

#include <weir/io/console_sink.hpp>

struct secret_thing {
  int value;
};

int main() { weir::console{}.bind<secret_thing>(); }
