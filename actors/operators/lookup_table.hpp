// SPDX-License-Identifier: Apache-2.0
//
// lookup_table: rows found by their key, and the two operators of `lookup`: one makes the table of
// the rows of a source, the other looks rows of a stream up in it.
//
// A table is immutable once made, and handed on as one row, by pointer: a new one takes the place
// of the old one between two batches. Memory: all its rows and an index (key_table.hpp), and those
// of its successor while that is made. A table is not part of a snapshot: after a restart it is
// read anew.
//
//   rows of the table's source ──> lookup table ── 1 row ──> (side inlet) lookup ──> rows
//                                                   rows ──> (inlet 0)

#pragma once

#include <weir/actors/operators/any_operator.hpp>
#include <weir/actors/operators/join_kind.hpp>
#include <weir/actors/operators/row_failure.hpp>
#include <weir/actors/operators/table_source.hpp>
#include <weir/actors/state/key_table.hpp>

#include <boost/describe.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir {

/// What becomes of a row of a table whose key was there already.
enum class duplicate_keys : std::uint8_t { refuse, first, last };
BOOST_DESCRIBE_ENUM(duplicate_keys, refuse, first, last)

/// A row of a table and where it came from.
template <class Row>
struct table_entry {
  Row row;
  origin from;
};

template <class Row, class Key>
struct lookup_table {
  key_table<Key, table_entry<Row>> rows;
  std::size_t heap_bytes = 0; // of the rows, as far as their table tells
};

/// A table as it travels.
template <class Row, class Key>
using table_ptr = std::shared_ptr<const lookup_table<Row, Key>>;

/// Makes a table of all rows, given at each mark (table_source.hpp) and at the end. Rings for a new
/// one every so often.
template <row Row, class KeyOf, class Key>
class lookup_table_operator final : public any_operator {
public:
  lookup_table_operator(KeyOf key_of, duplicate_keys duplicates, duration refresh_every,
                        std::shared_ptr<refresh_bell> bell)
      : key_of_{std::move(key_of)},
        duplicates_{duplicates},
        refresh_every_{refresh_every},
        bell_{std::move(bell)} {}

  std::vector<const row_type*> inlet_types() const override { return {&row_type_of<Row>()}; }
  std::vector<const row_type*> outlet_types() const override {
    return {&row_type_of<table_ptr<Row, Key>>()};
  }

  std::size_t on_batch(std::size_t, any_view erased, outlets) override {
    const auto in = erased.as<Row>();
    std::size_t i = 0;
    try {
      for (; i < in.size(); ++i) take(in, i);
    } catch (...) {
      throw_row_failure(i);
    }
    return in.size();
  }
  bool on_mark(mark kind, std::int64_t, outlets out) override {
    if (kind == mark::phase || (kind == mark::end && was_given_)) return true;
    auto& to = out.at<table_ptr<Row, Key>>(0);
    if (to.is_full()) return false;
    to.push_back(std::exchange(made_, std::make_shared<lookup_table<Row, Key>>()));
    was_given_ = true;
    return true;
  }
  std::optional<moment> wakes_at() const override {
    return refresh_every_ > duration{0} ? std::optional{wakes_at_} : std::nullopt;
  }
  bool on_wake(moment now, outlets) override {
    if (wakes_at_ != moment{}) bell_->ring();
    wakes_at_ = now + refresh_every_;
    return true;
  }
  /// That of the operators that look up in it, too.
  state_usage usage() const override {
    return {made_->rows.size(), made_->rows.bytes() + made_->heap_bytes, 0};
  }

private:
  void take(const batch_view<Row>& in, std::size_t i) {
    auto& rows = made_->rows;
    const auto& key = std::invoke(key_of_, in[i]);
    const auto before = rows.size();
    auto& found = rows.at(key_hash(key), key, [&] {
      return table_entry<Row>{take_row(in, i), in.origin_of(i)};
    });
    if (rows.size() == before) {
      if (duplicates_ == duplicate_keys::first) return;
      if (duplicates_ == duplicate_keys::refuse)
        throw std::runtime_error{
            "the key " + detail::text_of_key(owned_key<std::remove_cvref_t<decltype(key)>>(key))
            + " is in the table already, from " + to_string(found.from)
            + "; a table has a key once, unless duplicates says which row counts (first, last)"};
      made_->heap_bytes -= heap_of(found.row);
      found = {take_row(in, i), in.origin_of(i)};
    }
    made_->heap_bytes += heap_of(found.row);
  }
  static std::size_t heap_of(const Row& row) noexcept {
    if constexpr (detail::owns_heap<Row>()) return detail::heap_bytes_of(row);
    return 0;
  }

  KeyOf key_of_;
  duplicate_keys duplicates_;
  duration refresh_every_;
  std::shared_ptr<refresh_bell> bell_;
  moment wakes_at_{};
  bool was_given_ = false;
  std::shared_ptr<lookup_table<Row, Key>> made_ = std::make_shared<lookup_table<Row, Key>>();
};

/// Gives `combine(row, row of the table)` for each row. Rows keep order, time and origin.
template <join_kind Kind, row T, class KeyOf, row Row, class Key, class Combine>
class lookup_operator final : public any_operator {
public:
  using out_row = detail::combined_row<Kind, Combine, T, Row>;

  lookup_operator(KeyOf key_of, Combine combine)
      : key_of_{std::move(key_of)}, combine_{std::move(combine)} {}

  std::vector<const row_type*> inlet_types() const override {
    return {&row_type_of<T>(), &row_type_of<table_ptr<Row, Key>>()};
  }
  std::vector<const row_type*> outlet_types() const override { return {&row_type_of<out_row>()}; }
  std::optional<std::size_t> side_inlet() const override { return 1; }
  bool waits_for_side() const override { return table_ == nullptr; }

  std::size_t on_batch(std::size_t inlet, any_view erased, outlets out) override {
    if (inlet == 0) return look_up(erased.as<T>(), out.at<out_row>(0));
    const auto in = erased.as<table_ptr<Row, Key>>();
    table_ = take_row(in, in.size() - 1);
    return in.size();
  }
  bool on_mark(mark, std::int64_t, outlets) override { return true; }

private:
  /// Rows made at once: those that may own any amount of memory are looked at one by one.
  static constexpr std::size_t at_once =
      std::is_trivially_copyable_v<out_row> ? std::numeric_limits<std::size_t>::max() : 1;

  std::size_t look_up(batch_view<T> in, batch<out_row>& out) {
    ensure(table_ != nullptr, "the table comes before the rows");
    std::size_t done = 0;
    // The text that comes along does not count against the room that there was.
    for (auto left = out.room(); done < in.size() && left > 0;) {
      if (!out.empty() && out.heap_bytes() >= batch_bytes) break;
      const auto made = look_up_some(in, done, out, std::min(left, at_once));
      left -= made;
      if (made > 0) keep_table(out);
    }
    if (out.size() < done / 4) out.compact_text();
    return done;
  }

  /// Looks rows up from row `at` on, until `most` results are made; gives how many were.
  std::size_t look_up_some(const batch_view<T>& in, std::size_t& at, batch<out_row>& out,
                           std::size_t most) {
    const auto from = at;
    const auto chosen = out.choose_of(in.whole(), in.first() + from);
    std::size_t made = 0;
    try {
      for (; at < in.size() && made < most; ++at) {
        const auto& key = std::invoke(key_of_, in[at]);
        const auto* found = std::as_const(table_->rows).find(key_hash(key), key);
        if (Kind == join_kind::inner && found == nullptr) continue;
        out.tail()[made] = detail::combined<Kind, Combine, T, Row>(
            combine_, &in[at], found == nullptr ? nullptr : &found->row);
        chosen.numbers[made++] = chosen.start + static_cast<std::uint32_t>(at - from);
      }
    } catch (...) {
      throw_row_failure(at);
    }
    out.inherit_choice(in.whole(), in.first() + from, chosen, made, borrows<out_row>);
    out.push_written(made);
    return made;
  }

  /// Results may point into it.
  void keep_table(batch<out_row>& out) const {
    if constexpr (borrows<out_row> && detail::owns_text<Row>())
      if (std::ranges::none_of(out.texts(), [&](const auto& t) { return t.owner == table_; }))
        out.keep({table_, 0});
  }

  KeyOf key_of_;
  Combine combine_;
  table_ptr<Row, Key> table_;
};

} // namespace weir
