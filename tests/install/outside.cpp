// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/stream/credit.hpp>

#include <iostream>

int main() {
  weir::credit_account account{weir::initial_credit()};
  account.spend({.rows = 1, .bytes = 64});
  std::cout << account.outstanding().rows << " row is on its way\n";
}
