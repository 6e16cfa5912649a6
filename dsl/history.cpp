// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/sequence_source.hpp>
#include <weir/actors/runtime/pump.hpp>
#include <weir/dsl/history.hpp>

namespace weir::detail {

result<std::unique_ptr<any_source>> make_sequence(result<std::unique_ptr<any_source>> history,
                                                  result<std::unique_ptr<any_source>> live) {
  if (!history) return std::move(history).error();
  if (!live) return std::move(live).error();
  const auto steady = [](std::unique_ptr<any_source> made) {
    return made->blocks() ? pump(std::move(made)) : std::move(made);
  };
  return sequence_source(steady(std::move(*history)), steady(std::move(*live)));
}

} // namespace weir::detail
