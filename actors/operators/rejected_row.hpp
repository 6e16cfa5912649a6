// SPDX-License-Identifier: Apache-2.0
//
// rejected_row: a row that an operator can do nothing with, as the reject it becomes: where it came
// from, its fields as text, and why.
//
//   if (!out.rejects().is_full()) out.rejects().push_back(rejected_row(in, i, "no event time"));

#pragma once

#include <weir/actors/stream/batch.hpp>
#include <weir/actors/stream/record_text.hpp>
#include <weir/actors/stream/reject.hpp>

#include <cstddef>
#include <string>
#include <utility>

namespace weir {

template <row T>
[[nodiscard]] reject rejected_row(const batch_view<T>& in, std::size_t i, std::string reason) {
  const auto where = in.origin_of(i);
  const bool has_origin = where.partition != nullptr;
  reject made{.source = has_origin ? where.partition->source : std::string{},
              .where = (has_origin ? where.partition->name : std::string{}) + "@"
                       + std::to_string(where.position),
              .reason = std::move(reason),
              .raw = {}};
  if constexpr (tabular<T>)
    made.raw =
        read_fields(record_of<T>(), &in[i]).substr(0, static_cast<std::size_t>(max_row_bytes));
  return made;
}

} // namespace weir
