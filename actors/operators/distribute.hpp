// SPDX-License-Identifier: Apache-2.0
//
// distribute: deals whole batches to its outlets in turn, so that several operators can share the
// work (several learners or predictors of one model). An outlet without room is passed over.
//
// Order holds on each outlet, not between them; each row goes to exactly one.
//
//   std::unique_ptr<any_operator> dealer = distribute<trip>(4);

#pragma once

#include <weir/actors/operators/any_operator.hpp>
#include <weir/actors/operators/pass_on.hpp>

#include <cstddef>
#include <memory>
#include <vector>

namespace weir {

template <row T>
class distribute_operator final : public any_operator {
public:
  explicit distribute_operator(std::size_t outlets) : types_(outlets, &row_type_of<T>()) {
    ensure(outlets > 0, "at least one outlet to distribute over");
  }

  [[nodiscard]] std::vector<const row_type*> inlet_types() const override {
    return {&row_type_of<T>()};
  }
  [[nodiscard]] std::vector<const row_type*> outlet_types() const override { return types_; }

  std::size_t on_batch(std::size_t, any_view in, outlets out) override {
    std::size_t done = 0;
    for (std::size_t tried = 0; tried < out.size(); ++tried) {
      auto& to = out.at<T>(next_);
      next_ = (next_ + 1) % out.size();
      if (to.is_full()) continue;
      const auto rest = any_view{in.rows, in.first + done, in.exclusive}.as<T>();
      const std::size_t all = rest.size();
      const std::size_t passed = pass_on(rest, all, to);
      done += passed;
      if (passed == all) break;
    }
    return done;
  }
  bool on_mark(mark, std::int64_t, outlets) override { return true; }

  void save(snapshot_writer& to) const override { to.write(static_cast<std::uint64_t>(next_)); }
  void load(snapshot_reader& from) override {
    std::uint64_t next = 0;
    from.read(next);
    next_ = static_cast<std::size_t>(next) % types_.size();
  }

private:
  std::vector<const row_type*> types_;
  std::size_t next_ = 0; ///< The outlet whose turn it is.
};

template <row T>
[[nodiscard]] std::unique_ptr<any_operator> distribute(std::size_t outlets) {
  return std::make_unique<distribute_operator<T>>(outlets);
}

} // namespace weir
