// SPDX-License-Identifier: Apache-2.0
//
// exchange: deals rows to its outlets by key, so that several instances of a keyed operator share
// the work: all rows of a key go to one instance, in their order.
//
// A batch is dealt in one pass, without an allocation: each row goes straight into the open batch
// of its instance, as many rows as every outlet has room for.
//
//   std::unique_ptr<any_operator> dealer = exchange<order>(key_of, 4);

#pragma once

#include <weir/actors/operators/any_operator.hpp>
#include <weir/actors/operators/callable.hpp>
#include <weir/actors/operators/row_failure.hpp>
#include <weir/actors/state/key.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir {

template <row T, class KeyOf>
class exchange_operator final : public any_operator {
public:
  exchange_operator(KeyOf key_of, std::size_t instances)
      : key_of_{std::move(key_of)}, types_(instances, &row_type_of<T>()), sides_(instances) {
    ensure(instances > 0 && instances <= key_groups, "as many instances as key groups at most");
    for (std::size_t group = 0; group < key_groups; ++group)
      instance_of_group_[group] = static_cast<std::uint8_t>(instance_of(group, instances));
  }

  [[nodiscard]] std::vector<const row_type*> inlet_types() const override {
    return {&row_type_of<T>()};
  }
  [[nodiscard]] std::vector<const row_type*> outlet_types() const override { return types_; }

  std::size_t on_batch(std::size_t, any_view erased, outlets out) override {
    auto in = erased.as<T>();
    std::size_t done = 0;
    if constexpr (std::is_trivially_copyable_v<T>) {
      while (done < in.size()) {
        std::size_t room = in.size() - done;
        for (std::size_t i = 0; i < sides_.size(); ++i) room = std::min(room, out.at<T>(i).room());
        if (room == 0) break;
        deal_many(in, done, room, out);
        done += room;
      }
    } else {
      done = deal_one_by_one(in, out);
    }
    for (std::size_t i = 0; i < sides_.size(); ++i)
      if (out.at<T>(i).size() < done / 4) out.at<T>(i).compact_text();
    return done;
  }
  bool on_mark(mark, std::int64_t, outlets) override { return true; }

private:
  /// Of one outlet, while a batch is dealt.
  struct side {
    batch_base::choice chosen;
    T* tail;
    std::size_t rows;
  };

  [[nodiscard]] std::size_t instance_for(const T& row) {
    return instance_of_group_[key_group_of(key_hash(std::invoke(key_of_, row)))];
  }

  /// Precondition: every outlet has room for all of them.
  void deal_many(const batch_view<T>& in, std::size_t from, std::size_t count, outlets out) {
    for (std::size_t i = 0; i < sides_.size(); ++i) {
      auto& to = out.at<T>(i);
      sides_[i] = {to.choose_of(in.whole(), in.first() + from), to.tail(), 0};
    }
    const T* const rows = in.rows().data() + from;
    std::size_t i = 0;
    try {
      for (; i < count; ++i) {
        auto& to = sides_[instance_for(rows[i])];
        to.chosen.numbers[to.rows] = to.chosen.start + static_cast<std::uint32_t>(i);
        to.tail[to.rows++] = rows[i];
      }
    } catch (...) {
      throw_row_failure(from + i);
    }
    for (std::size_t s = 0; s < sides_.size(); ++s) {
      auto& to = out.at<T>(s);
      to.inherit_choice(in.whole(), in.first() + from, sides_[s].chosen, sides_[s].rows,
                        borrows<T>);
      to.rows_added(sides_[s].rows);
    }
  }

  std::size_t deal_one_by_one(batch_view<T> in, outlets out) {
    takes_texts_.assign(sides_.size(), borrows<T>);
    std::size_t i = 0;
    try {
      for (; i < in.size(); ++i) {
        const auto instance = instance_for(in[i]);
        auto& to = out.at<T>(instance);
        if (to.is_full()) break;
        to.inherit(in.whole(), in.first() + i, 1, takes_texts_[instance]);
        takes_texts_[instance] = false;
        to.next() = take_row(in, i);
        to.push_next();
      }
    } catch (...) {
      throw_row_failure(i);
    }
    return i;
  }

  KeyOf key_of_;
  std::vector<const row_type*> types_;
  std::uint8_t instance_of_group_[key_groups] = {};
  std::vector<side> sides_;
  std::vector<bool> takes_texts_; ///< Whether the text of the batch is still to be kept there.
};

template <row T, class KeyOf>
[[nodiscard]] std::unique_ptr<any_operator> exchange(KeyOf key_of, std::size_t instances) {
  return std::make_unique<exchange_operator<T, KeyOf>>(std::move(key_of), instances);
}

} // namespace weir
