// SPDX-License-Identifier: Apache-2.0
//
// one_of: a source or sink that is chosen when the program runs: one of several specs, of one row.
// It has the options and the name of the one that it is. A cheap value; making one does no I/O.
//
//   one_of<csv_files<trip>, hdf5_files<trip>> files = csv<trip>("trips.csv");
//   app.from(files)

#pragma once

#include <weir/actors/operators/spec.hpp>

#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace weir {

namespace detail {

template <class Spec>
constexpr bool ends() {
  if constexpr (requires { Spec::is_bounded; })
    return Spec::is_bounded;
  else
    return true;
}

} // namespace detail

template <class... Specs>
class one_of {
public:
  using row = typename std::tuple_element_t<0, std::tuple<Specs...>>::row;
  static_assert((std::is_same_v<row, typename Specs::row> && ...));
  static constexpr bool is_bounded = (detail::ends<Specs>() && ...);

  template <class Spec>
  requires(std::is_same_v<Spec, Specs> || ...) one_of(Spec spec)
      : spec_{std::make_shared<const std::variant<Specs...>>(std::move(spec))} {}

  [[nodiscard]] std::string describe() const {
    return std::visit([](const auto& spec) { return spec.describe(); }, *spec_);
  }
  [[nodiscard]] options_ref options() const {
    return std::visit([](const auto& spec) { return spec.options(); }, *spec_);
  }
  [[nodiscard]] auto make() const {
    return std::visit([](const auto& spec) { return spec.make(); }, *spec_);
  }

private:
  std::shared_ptr<const std::variant<Specs...>> spec_;
};

} // namespace weir
