// SPDX-License-Identifier: Apache-2.0
//
// source_contract: what every source that ends promises, checked for any of them in one line; and
// the driver that polls one as its shell does.
//
// Never more rows than were asked for, nor of two partitions in one batch; any limits give the same
// rows, origins and rejects; rows and rejects are complete; a source that seeks to a saved position
// gives exactly the rest; nothing follows the end.
//
//   TEST(CsvSourceTest, KeepsTheSourceContract) {
//     check_source_contract<trip>(
//         {.make = [] { return csv<trip>("a.csv").make(); }, .rows = {{1}, {2}}, .rejects = 1});
//   }

#pragma once

#include <weir/actors/operators/spec.hpp>
#include <weir/io/csv_value.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <semaphore>
#include <string>
#include <utility>
#include <vector>

namespace weir::testing {

/// A row as text, field by field: what rows are compared by, so that borrowed text outlives its
/// batch.
template <tabular T>
std::string text_of(const T& row) {
  std::string text;
  for (const auto& field : record_of<T>().fields) {
    const bool is_missing = field.value_in(&row) == nullptr;
    text += is_missing ? "(none)" : "";
    append_csv_value(text, field, &row);
    text += '|';
  }
  return text;
}

/// A row a source gave, and where it came from.
struct given_row {
  std::string text;
  std::string partition;
  std::uint64_t position = 0;
  friend bool operator==(const given_row&, const given_row&) = default;
  friend std::ostream& operator<<(std::ostream& out, const given_row& row) {
    return out << row.text << " " << row.partition << "@" << row.position;
  }
};

/// That a partition ended while others went on.
struct given_end {
  std::string partition;
  std::size_t rows_before = 0; ///< Rows of all partitions.
  friend bool operator==(const given_end&, const given_end&) = default;
  friend std::ostream& operator<<(std::ostream& out, const given_end& end) {
    return out << end.partition << " ended behind " << end.rows_before << " rows";
  }
};

/// How much is asked for at a time.
struct poll_limits {
  std::int64_t rows = batch_rows;                            ///< Credit of each poll.
  std::size_t batch_limit = std::numeric_limits<int>::max(); ///< Rows a batch may take.
  bool keeps_batch = false; ///< Polls into a batch until it is full.
};

/// Polls one source as its shell does, waiting when it is idle.
template <tabular T>
class source_driver {
public:
  explicit source_driver(std::unique_ptr<any_source> source) : source_{std::move(source)} {}

  result<void> open() {
    return source_->open(
        {.name = "source under test",
         .wake = [wake = wake_] { wake->release(); },
         .warn = [to = warnings_](const std::string& text) { to->push_back(text); }});
  }

  /// Polls until the end, an error, or `stop_after` rows.
  void run(poll_limits limits = {},
           std::size_t stop_after = std::numeric_limits<std::size_t>::max()) {
    batch<T> rows_out;
    batch<reject> rejects_out;
    while (!has_ended && !failure && rows.size() < stop_after) {
      rows_out.set_limit(limits.batch_limit);
      const auto before = rows_out.size();
      const auto wanted =
          std::min<std::int64_t>(limits.rows, static_cast<std::int64_t>(rows_out.room()));
      auto polled = source_->poll({wanted, batch_bytes}, rows_out, rejects_out);
      ASSERT_LE(rows_out.size() - before, static_cast<std::size_t>(wanted))
          << "more than asked for";
      const bool gave = rows_out.size() != before || !rejects_out.empty();
      const bool has_mark = polled && *polled != poll_state::rows && *polled != poll_state::idle;
      const auto* const partition = rows_out.first_origin().partition;
      if (!limits.keeps_batch || rows_out.is_full() || !gave || has_mark) take(rows_out);
      for (const auto& rejected : rejects_out.rows()) rejects.push_back(rejected);
      rejects_out.clear();
      if (!polled)
        failure = polled.error();
      else if (*polled == poll_state::end)
        has_ended = true;
      else if (*polled == poll_state::partition_end) {
        ASSERT_NE(partition, nullptr) << "a partition that ends is known";
        ends.push_back({partition->name, rows.size()});
      } else if (*polled == poll_state::idle) {
        ASSERT_TRUE(wake_->try_acquire_for(std::chrono::seconds{60})) << "idle, and never woken";
      }
    }
    take(rows_out);
  }

  any_source& source() { return *source_; }
  [[nodiscard]] const std::vector<std::string>& warnings() const { return *warnings_; }

  std::vector<given_row> rows;
  std::vector<given_end> ends;
  std::vector<reject> rejects;
  std::optional<error> failure;
  bool has_ended = false;

private:
  void take(batch<T>& from) {
    for (std::size_t i = 0; i < from.size(); ++i) {
      const auto origin = from.origin_of(i);
      rows.push_back({text_of(from[i]), origin.partition == nullptr ? "" : origin.partition->name,
                      origin.position});
    }
    from.clear();
  }

  std::shared_ptr<std::counting_semaphore<>> wake_ = std::make_shared<std::counting_semaphore<>>(0);
  std::shared_ptr<std::vector<std::string>> warnings_ =
      std::make_shared<std::vector<std::string>>();
  std::unique_ptr<any_source> source_;
};

/// Opens and reads everything; a failure to make or open is in `failure`.
template <tabular T>
source_driver<T> read_everything(result<std::unique_ptr<any_source>> made,
                                 poll_limits limits = {}) {
  source_driver<T> driver{made ? *std::move(made) : nullptr};
  if (!made) {
    driver.failure = made.error();
    return driver;
  }
  if (auto opened = driver.open(); !opened)
    driver.failure = opened.error();
  else
    driver.run(limits);
  return driver;
}

template <class T>
struct source_contract {
  /// The same source, anew.
  std::function<result<std::unique_ptr<any_source>>()> make;
  /// What it gives, in order.
  std::vector<T> rows;
  std::size_t rejects = 0;
  /// Sources that can't save a position leave this out.
  bool seeks = true;
};

template <class T>
void check_source_contract(const source_contract<T>& source) {
  const auto whole = read_everything<T>(source.make());
  ASSERT_FALSE(whole.failure) << whole.failure->message;
  {
    SCOPED_TRACE("rows and rejects are complete");
    ASSERT_EQ(whole.rows.size(), source.rows.size());
    for (std::size_t i = 0; i < source.rows.size(); ++i)
      EXPECT_EQ(whole.rows[i].text, text_of(source.rows[i])) << "row " << i;
    EXPECT_EQ(whole.rejects.size(), source.rejects);
    EXPECT_TRUE(whole.has_ended);
  }
  {
    SCOPED_TRACE("any limits give the same rows");
    for (const poll_limits limits : {poll_limits{1, 1, false}, poll_limits{2, 3, true},
                                     poll_limits{7, 5, false}, poll_limits{1000, 2, true}}) {
      const auto again = read_everything<T>(source.make(), limits);
      ASSERT_FALSE(again.failure) << again.failure->message;
      EXPECT_EQ(again.rows, whole.rows);
      ASSERT_EQ(again.rejects.size(), whole.rejects.size());
      for (std::size_t i = 0; i < whole.rejects.size(); ++i)
        EXPECT_EQ(text_of(again.rejects[i]), text_of(whole.rejects[i]));
    }
  }
  {
    SCOPED_TRACE("asked for nothing, it gives nothing");
    auto made = source.make();
    source_driver<T> driver{*std::move(made)};
    ASSERT_TRUE(driver.open());
    batch<T> rows;
    batch<reject> rejects;
    EXPECT_TRUE(driver.source().poll({0, 0}, rows, rejects));
    EXPECT_TRUE(rows.empty());
  }
  {
    SCOPED_TRACE("nothing follows the end");
    auto driver = read_everything<T>(source.make());
    driver.has_ended = false;
    driver.run();
    EXPECT_TRUE(driver.has_ended);
    EXPECT_EQ(driver.rows, whole.rows);
  }
  if (!source.seeks) return;
  SCOPED_TRACE("a saved position is where it goes on");
  for (std::size_t read = 0; read <= whole.rows.size(); read += 1 + whole.rows.size() / 16) {
    source_driver<T> first{*source.make()};
    ASSERT_TRUE(first.open());
    first.run({1, 1, false}, read);
    snapshot_writer saved;
    first.source().save(saved);
    source_driver<T> second{*source.make()};
    ASSERT_TRUE(second.open());
    snapshot_reader position{saved.bytes()};
    auto loaded = second.source().load(position);
    ASSERT_TRUE(loaded) << loaded.error().message;
    second.run();
    auto both = first.rows;
    both.insert(both.end(), second.rows.begin(), second.rows.end());
    EXPECT_EQ(both, whole.rows) << "after " << read << " rows";
    EXPECT_EQ(first.rejects.size() + second.rejects.size(), whole.rejects.size());
  }
}

} // namespace weir::testing
