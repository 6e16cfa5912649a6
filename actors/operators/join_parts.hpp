// SPDX-License-Identifier: Apache-2.0
//
// join_parts: what the operators of all kinds of joins are made of: the types that follow from
// rows, keys and callable, how much is held, what the two inlets have
// promised, and how results are given. A new kind of join is an operator made of these, and one
// `join_of` for what a user says of it (`within(...)`).
//
//   inlets: left, right.  outlets: results, late left rows, late right rows
//
// Which rows are joined does not depend on how the two inlets interleave, nor the partitions of
// each: a row is late by the watermark of its own inlet or partition, and state goes by the one
// over both, which is never ahead of these.

#pragma once

#include <weir/actors/operators/held_rows.hpp>
#include <weir/actors/operators/join_kind.hpp>
#include <weir/actors/operators/window_parts.hpp>
#include <weir/actors/state/held_bytes.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir {

/// The operator that joins as `Spec` says: specialised beside it, with a template `type` of
/// detail::join_types. What can be wrong with a Spec is told by `check(spec)`.
template <class Spec>
struct join_of;

namespace detail {

template <join_kind Kind, row L, class KeyOfL, row R, class KeyOfR, class Combine>
struct join_types {
  using left = L;
  using right = R;
  using key_of_left = KeyOfL;
  using key_of_right = KeyOfR;
  using combine = Combine;
  using key_type = owned_key<std::remove_cvref_t<std::invoke_result_t<KeyOfL&, const L&>>>;
  using out_row = combined_row<Kind, Combine, L, R>;
  static constexpr join_kind kind = Kind;

  [[nodiscard]] static std::vector<const row_type*> inlets() {
    return {&row_type_of<L>(), &row_type_of<R>()};
  }
  [[nodiscard]] static std::vector<const row_type*> outlets() {
    return {&row_type_of<out_row>(), &row_type_of<L>(), &row_type_of<R>()};
  }
};

/// What a join holds: how many rows, and their bytes. More than the place has room for is an error.
class join_memory {
public:
  explicit join_memory(state_place place) : place_{std::move(place)} {}

  void add(const auto& held) { add_rows(1, sizeof held + held_bytes(held.row)); }
  void add_rows(std::size_t rows, std::size_t bytes) {
    rows_ += rows;
    bytes_ += bytes;
    check(bytes_);
  }
  void drop(const auto& held) { drop_row(sizeof held + held_bytes(held.row)); }
  void drop_row(std::size_t bytes) {
    --rows_;
    bytes_ -= bytes;
  }
  /// With what keys and timers take; once a batch.
  void check(std::size_t bytes) const {
    if (bytes > place_.memory_bytes) refuse(bytes);
  }
  [[nodiscard]] std::size_t rows() const noexcept { return rows_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

private:
  [[noreturn]] void refuse(std::size_t bytes) const;

  state_place place_;
  std::size_t rows_ = 0;
  std::size_t bytes_ = 0;
};

/// What the inlets have promised, and how many rows came later than that.
class join_promises {
public:
  /// Before rows of a batch are judged.
  void note(std::size_t inlet, const any_view& in) {
    promised_[inlet] = std::max(promised_[inlet], in.promised);
    own_ = in.rows->own_watermark();
  }
  /// The inlet that the batch at hand came by, or its partition.
  [[nodiscard]] timestamp of(std::size_t inlet) const noexcept {
    return std::max(promised_[inlet], own_);
  }
  [[nodiscard]] std::size_t late_rows() const noexcept { return late_rows_; }

  /// Puts row `i` aside. False: no room.
  template <row T>
  bool put_aside(const batch_view<T>& in, std::size_t i, batch<T>& to) {
    return detail::put_aside(in, i, to, late_rows_);
  }

  void save(snapshot_writer& to) const {
    for (const auto& one : promised_) save_value(to, one);
    to.write(late_rows_);
  }
  bool load(snapshot_reader& from) {
    for (auto& one : promised_)
      if (!load_value(from, one)) return false;
    return from.read(late_rows_).ok();
  }

private:
  std::array<timestamp, 2> promised_{timestamp::min(), timestamp::min()};
  timestamp own_ = timestamp::min(); // of the batch at hand
  std::size_t late_rows_ = 0;
};

/// Gives results, numbered as their position.
template <class Types>
class join_results {
public:
  explicit join_results(typename Types::combine combine) : combine_{std::move(combine)} {}

  /// Precondition: there is room.
  void give(batch<typename Types::out_row>& out, timestamp time, const typename Types::left* left,
            const typename Types::right* right) {
    if (out.empty()) out.set_origin({nullptr, given_});
    out.times_for_writing()[out.size()] = time;
    out.push_back(combined<Types::kind>(combine_, left, right));
    ++given_;
  }

  void save(snapshot_writer& to) const { to.write(given_); }
  bool load(snapshot_reader& from) { return from.read(given_).ok(); }

private:
  typename Types::combine combine_;
  std::uint64_t given_ = 0;
};

[[nodiscard]] inline std::runtime_error damaged_join() {
  return std::runtime_error{"the snapshot of a join is damaged; start without it"};
}

} // namespace detail

} // namespace weir
