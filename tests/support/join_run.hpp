// SPDX-License-Identifier: Apache-2.0
//
// join_run: an operator of a join without a shell: two streams of rows and watermarks go in, cut
// and interleaved by chance, with little room for what comes out, and now and then it is made anew
// from what it saved. None of this may change what it gives.
//
//   const auto got = join_run{make}.run(lefts, rights, by);

#pragma once

#include "operator_contract.hpp"
#include <weir/actors/operators/join_parts.hpp>
#include <weir/actors/runtime/inlets.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace weir::test {

/// Rows of either side of the joins under test.
struct side_row {
  double key = 0;
  int number = 0;
  std::string text;
  friend bool operator==(const side_row&, const side_row&) = default;
};
BOOST_DESCRIBE_STRUCT(side_row, (), (key, number, text))

/// A row, or a watermark.
struct side_step {
  timestamp time{};
  std::optional<side_row> row;
};
using side = std::vector<side_step>;

[[nodiscard]] inline timestamp at_second(std::int64_t second) {
  return timestamp{std::chrono::seconds{second}};
}
[[nodiscard]] inline side_step row_at(std::int64_t second, double key, int number) {
  return {at_second(second), side_row{key, number, "text of a row that is long enough"}};
}
[[nodiscard]] inline side_step watermark_at(std::int64_t second) {
  return {at_second(second), std::nullopt};
}

/// Rows of fifty keys, one a second, and a watermark 5 s behind every ten of them.
[[nodiscard]] inline side steady_side(int rows) {
  side made;
  for (int i = 0; i < rows; ++i) {
    made.push_back(row_at(i, i % 50, i));
    if (i % 10 == 9) made.push_back(watermark_at(i - 5));
  }
  return made;
}

/// Key, second and whether a watermark follows, as RapidCheck makes them up.
using made_up = std::vector<std::tuple<std::uint8_t, std::uint8_t, bool>>;

/// Rows of four keys within a minute and a half that come late by chance.
[[nodiscard]] inline side side_of(const made_up& rows) {
  side made;
  std::int64_t latest = 0;
  for (const auto& [key, jitter, has_mark] : rows) {
    const auto second = static_cast<std::int64_t>(made.size() / 2) + jitter % 12;
    latest = std::max(latest, second);
    made.push_back(row_at(second, key % 4, static_cast<int>(made.size())));
    if (has_mark) made.push_back(watermark_at(latest - 8));
  }
  return made;
}

/// Its rows that are in time, and those that are late.
struct judged {
  side in_time;
  std::vector<int> late;
};
[[nodiscard]] inline judged judge(const side& steps) {
  judged all;
  auto watermark = timestamp::min();
  for (const auto& one : steps) {
    if (!one.row)
      watermark = std::max(watermark, one.time);
    else if (one.time < watermark)
      all.late.push_back(one.row->number);
    else
      all.in_time.push_back(one);
  }
  return all;
}

/// What a join gave.
struct joined_output {
  std::vector<std::string> results; ///< `time text`, sorted.
  std::vector<std::string> in_order;
  std::vector<int> late_left;
  std::vector<int> late_right;
  std::size_t most_rows = 0; ///< Held at a time.
  state_usage at_end;
};

/// The callables of the joins under test.
[[nodiscard]] inline std::string text_of_pair(const side_row* left, const side_row* right) {
  return (left == nullptr ? "-" : std::to_string(left->number)) + "+"
         + (right == nullptr ? "-" : std::to_string(right->number));
}
struct as_text {
  std::string operator()(const side_row& l, const side_row& r) const {
    return text_of_pair(&l, &r);
  }
  std::string operator()(const side_row& l, const side_row* r) const { return text_of_pair(&l, r); }
  std::string operator()(const side_row* l, const side_row* r) const { return text_of_pair(l, r); }
};
using key_of_side = double side_row::*;
template <join_kind Kind>
using side_types = detail::join_types<Kind, side_row, key_of_side, side_row, key_of_side, as_text>;

[[nodiscard]] inline std::string result_text(timestamp time, const std::string& row) {
  return to_string(time) + " " + row;
}

class join_run {
public:
  explicit join_run(operator_factory make) : make_{std::move(make)}, op_{*make_()} {
    in_.add_link(0);
    in_.add_link(1);
  }

  /// How many batches and watermarks a side may be ahead of the other.
  join_run& most_ahead(std::size_t frames) {
    most_ahead_ = frames;
    return *this;
  }

  joined_output run(const side& lefts, const side& rights, chance& by) {
    std::vector<frame> frames[2] = {cut(lefts, by), cut(rights, by)};
    std::size_t sent[2] = {0, 0};
    while (sent[0] < frames[0].size() || sent[1] < frames[1].size()) {
      std::size_t link = by() % 2;
      if (sent[link] > sent[1 - link] + most_ahead_ && sent[1 - link] < frames[1 - link].size())
        link = 1 - link;
      for (auto some = by() % 8; some > 0 && sent[link] < frames[link].size(); --some)
        in_.push(link, frames[link][sent[link]++]);
      while (auto next = in_.next()) handle(*next, by);
      if (by() % 4 == 0) restart();
    }
    require(in_.has_ended(), "the join ends");
    given_.at_end = op_->usage();
    given_.in_order = given_.results;
    std::ranges::sort(given_.results);
    return std::move(given_);
  }

private:
  std::vector<frame> cut(const side& steps, chance& by) {
    std::vector<frame> frames;
    auto open = std::make_shared<batch<side_row>>();
    std::uint64_t rows = 0;
    const auto close = [&] {
      if (open->empty()) return;
      const auto cost = open->cost();
      frames.emplace_back(batch_frame{open, cost});
      open = std::make_shared<batch<side_row>>();
    };
    for (const auto& one : steps) {
      if (!one.row) {
        close();
        frames.emplace_back(watermark_frame{one.time});
        continue;
      }
      if (open->empty()) open->set_origin({intern_partition("side", "side"), rows});
      open->times_for_writing()[open->size()] = one.time;
      open->push_back(*one.row);
      ++rows;
      if (by() % 3 == 0) close();
    }
    close();
    frames.emplace_back(end_frame{end_cause::finished, rows, nullptr});
    return frames;
  }

  void handle(inlets::event& next, chance& by) {
    if (auto* rows = std::get_if<inlets::rows_event>(&next)) {
      for (std::size_t done = 0; done < rows->rows->size();) {
        for (auto* out : open_)
          if (!out->can_follow(*rows->rows)) take(by);
        done += op_->on_batch(rows->inlet, {rows->rows.get(), done, by() % 2 == 0, rows->promised},
                              outlets{open_});
        if (by() % 2 == 0 || done < rows->rows->size()) take(by);
      }
      given_.most_rows = std::max(given_.most_rows, op_->usage().entries);
      return;
    }
    auto kind = any_operator::mark::end;
    std::int64_t value = 0;
    if (const auto* mark = std::get_if<inlets::mark_event>(&next)) {
      if (mark->what == inlets::mark_event::kind::barrier) return;
      kind = mark->what == inlets::mark_event::kind::phase ? any_operator::mark::phase
                                                           : any_operator::mark::watermark;
      value = mark->value;
    }
    take(by);
    while (!op_->on_mark(kind, value, outlets{open_})) take(by);
    take(by);
    if (kind == any_operator::mark::watermark)
      passed_on_ = std::max(passed_on_, timestamp{duration{value}});
  }

  void take(chance& by) {
    for (std::size_t i = 0; i < out_.size(); ++i) {
      require(out_.time_of(i) >= passed_on_, "no result is behind the watermark passed on");
      given_.results.push_back(result_text(out_.time_of(i), out_[i]));
    }
    for (const auto& row : late_left_.rows()) given_.late_left.push_back(row.number);
    for (const auto& row : late_right_.rows()) given_.late_right.push_back(row.number);
    for (auto* out : open_) {
      out->clear();
      out->set_limit(1 + by() % 5);
    }
  }

  void restart() {
    snapshot_writer saved;
    op_->save(saved);
    op_ = *make_();
    snapshot_reader from{saved.bytes()};
    op_->load(from);
    require(from.is_finished(), "load reads all that save wrote");
  }

  operator_factory make_;
  std::unique_ptr<any_operator> op_;
  inlets in_;
  batch<std::string> out_;
  batch<side_row> late_left_, late_right_;
  std::vector<batch_base*> open_{&out_, &late_left_, &late_right_};
  timestamp passed_on_ = timestamp::min();
  std::size_t most_ahead_ = std::size_t{1} << 20U;
  joined_output given_;
};

} // namespace weir::test
