// SPDX-License-Identifier: Apache-2.0
//
// take: lets the first rows pass and then ends the stream as finished.
//
// What comes before it is told to stop, so a source is not read further than the credit it had. The
// count survives a restart.
//
//   trips | take(10) | to(console())

#pragma once

#include <weir/actors/operators/adaptor.hpp>
#include <weir/actors/operators/pass_on.hpp>
#include <weir/actors/operators/stream_operator.hpp>
#include <weir/actors/operators/told_count.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace weir {

/// What `take` may be told.
struct take_options {
  std::uint64_t rows = 10; ///< How many pass.
};
BOOST_DESCRIBE_STRUCT(take_options, (), (rows))

template <row T>
class take_operator final : public stream_operator<T, T> {
public:
  explicit take_operator(take_options options) : left_{options.rows} {}

  std::size_t on_batch(batch_view<T> in, batch<T>& out) override {
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size()));
    const std::size_t taken = pass_on(in, most, out);
    left_ -= taken;
    return taken;
  }
  [[nodiscard]] bool wants_no_more() const override { return left_ == 0; }

  void save(snapshot_writer& to) const override { to.write(left_); }
  void load(snapshot_reader& from) override { from.read(left_); }

private:
  std::uint64_t left_;
};

class take_adaptor : public adaptor<take_adaptor> {
public:
  explicit take_adaptor(take_options options) : options_{options} {}

  template <row T>
  [[nodiscard]] bound_operator<T> bind() const {
    auto options = std::make_shared<take_options>(options_);
    return {.name = "take",
            .make = [options]() -> result<std::unique_ptr<any_operator>> {
              if (!is_count(options->rows))
                return error{errc::config,
                             "rows is " + told_count(options->rows) + "; it can't be negative"};
              return make_erased<take_operator<T>>(*options);
            },
            .options = make_options_ref(options)};
  }

private:
  take_options options_;
};

/// Lets the first `rows` rows pass.
[[nodiscard]] inline take_adaptor take(std::uint64_t rows) {
  return take_adaptor{take_options{.rows = rows}};
}

} // namespace weir
