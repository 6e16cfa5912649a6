// SPDX-License-Identifier: Apache-2.0
//
// operator_contract: what every operator promises, checked by one line a unit.
//
//  - Any cut into batches gives the same rows, origins, event times and rejects, whether the
//    batches may be taken over or not, and however little room the outlets have.
//  - Rows are left over only when an outlet is full, no more are wanted, or resume_at says when.
//  - Rows that descend from others keep what the partition of those had promised (`own_watermark`).
//  - Watermarks on what it makes never go back. When it wants no more it makes no more.
//  - Between batches come watermarks, and times at which it wants to be called; what it says no to
//    for want of room it finishes when it is called again.
//  - save and load into a new operator between any of these changes nothing, counts of late rows
//    included.
//
//   expect_operator_contract<int, int>([] { return map(twice).bind<int>().make(); },
//                                      [](chance& by) { return int(by()); });
//
// A failure prints its seed; WEIR_CONTRACT_SEED=<seed> runs that one alone.

#pragma once

#include <weir/tests/support/operator_driver.hpp>

#include <functional>
#include <vector>

namespace weir::test {

template <row In, row Out>
void require_same_output(const operator_driver<In, Out>& got,
                         const operator_driver<In, Out>& expected) {
  require(got.outlets_count() == expected.outlets_count(), "the same outlets");
  for (std::size_t i = 0; i < got.outlets_count(); ++i) {
    require(got.output(i).places() == expected.output(i).places(),
            "the same origins and times for any cut");
    require(got.output(i).rows() == expected.output(i).rows(), "the same rows for any cut");
  }
  require(got.rejects() == expected.rejects(), "the same rejects for any cut");
  require(got.late_rows() == expected.late_rows(), "as many late rows for any cut");
}

/// Checks the promises above for an operator with one inlet; all outlets are of one type.
/// `needs_times`: it takes no rows without event time.
template <row In, row Out>
void expect_operator_contract(const operator_factory& make,
                              const std::function<In(chance&)>& any_row, bool needs_times = false) {
  expect_for_many_seeds([&](chance& by) {
    std::vector<In> rows(by() % 200);
    for (auto& row : rows) row = any_row(by);
    const auto where = places_for(rows.size(), by, needs_times);
    const auto pauses = pauses_for(where, by);
    operator_driver<In, Out> expected{make, {}};
    expected.run(rows, where, pauses);
    operator_driver<In, Out> got{make, any_driving(by)};
    got.run(rows, where, pauses);
    require_same_output(got, expected);
  });
}

} // namespace weir::test
