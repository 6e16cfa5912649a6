// SPDX-License-Identifier: Apache-2.0
//
// sink_contract: what every sink promises, checked for any of them in one line.
//
// Any cut into batches leaves the same rows; a job that starts again leaves one copy; what was
// aborted is gone; a sink destroyed without `close` leaves nothing that looks complete; a stream
// without rows is a complete one.
//
//   TEST(MemorySinkTest, KeepsTheSinkContract) { check_sink_contract<int>({.fresh = ..., .rows =
//   {1, 2, 3}}); }

#pragma once

#include <weir/actors/operators/spec.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace weir::testing {

/// From where a job that starts again writes its rows anew.
enum class restore_point {
  last_commit, ///< The sink takes back what was not committed.
  beginning,   ///< Nothing is visible before `close`, and a new sink starts over.
};

/// One place a sink writes to, and how a reader sees it.
template <class T>
struct sink_place {
  std::function<result<std::unique_ptr<any_sink>>()> make;
  /// What a reader finds there, for a stream that is over.
  std::function<std::vector<T>()> read;
  /// Whether a reader would take it for a stream that has finished.
  std::function<bool()> looks_complete;
};

template <class T>
struct sink_contract {
  /// A new, empty place.
  std::function<sink_place<T>()> fresh;
  /// At least three different rows.
  std::vector<T> rows;
  restore_point restores_from = restore_point::last_commit;
};

/// Drives one sink as its shell does.
template <class T>
class sink_driver {
public:
  explicit sink_driver(const sink_place<T>& place) {
    auto made = place.make();
    EXPECT_TRUE(made) << (made ? "" : made.error().message);
    if (made) sink_ = std::move(*made);
    auto opened =
        sink_->open({.name = "sink under test",
                     .wake = [] {},
                     .warn = [to = warnings_](const std::string& text) { to->push_back(text); }});
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().message);
  }

  void write(const std::vector<T>& rows, std::size_t cut = batch_capacity<T>) {
    batch<T> part;
    for (std::size_t from = 0; from < rows.size();) {
      part.clear();
      part.set_origin({intern_partition("contract", "rows"), from});
      while (from < rows.size() && part.size() < cut && !part.is_full())
        part.push_back(rows[from++]);
      for (std::size_t done = 0; done < part.size();) {
        auto taken = sink_->write(part, done, false);
        ASSERT_TRUE(taken) << taken.error().message;
        ASSERT_GT(*taken, 0u) << "a sink with all the room there is took nothing";
        done += *taken;
      }
    }
  }
  void prepare(std::uint64_t number) { expect_true(sink_->prepare(number)); }
  void commit(std::uint64_t number) { expect_fine(sink_->commit(number)); }
  void abort(std::uint64_t number) { expect_fine(sink_->abort(number)); }
  void close() { expect_true(sink_->close()); }

  [[nodiscard]] const std::vector<std::string>& warnings() const { return *warnings_; }

private:
  static void expect_fine(const result<void>& outcome) {
    EXPECT_TRUE(outcome) << (outcome ? "" : outcome.error().message);
  }
  static void expect_true(const result<bool>& outcome) {
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_TRUE(*outcome);
  }

  std::shared_ptr<std::vector<std::string>> warnings_ =
      std::make_shared<std::vector<std::string>>();
  std::unique_ptr<any_sink> sink_;
};

template <class T>
void check_sink_contract(const sink_contract<T>& sink) {
  ASSERT_GE(sink.rows.size(), 3u);
  const std::vector<T> first{sink.rows.begin(), sink.rows.begin() + 2};
  const std::vector<T> rest{sink.rows.begin() + 2, sink.rows.end()};
  {
    SCOPED_TRACE("any cut into batches leaves the same rows");
    for (std::size_t cut : {std::size_t{1}, std::size_t{2}, sink.rows.size()}) {
      const auto place = sink.fresh();
      sink_driver<T> run{place};
      run.write(sink.rows, cut);
      run.prepare(1);
      run.commit(1);
      run.close();
      EXPECT_EQ(place.read(), sink.rows) << "cut into " << cut;
      EXPECT_TRUE(place.looks_complete());
    }
  }
  {
    SCOPED_TRACE("a stream without rows is complete");
    const auto place = sink.fresh();
    sink_driver<T>{place}.close();
    EXPECT_EQ(place.read(), std::vector<T>{});
    EXPECT_TRUE(place.looks_complete());
  }
  {
    SCOPED_TRACE("destroyed without close, nothing looks complete");
    const auto place = sink.fresh();
    {
      sink_driver<T> run{place};
      run.write(sink.rows);
      run.prepare(1);
    }
    EXPECT_FALSE(place.looks_complete());
  }
  {
    SCOPED_TRACE("written again after a restore, there is one copy");
    const auto place = sink.fresh();
    {
      sink_driver<T> failing{place};
      failing.write(first);
      failing.prepare(1);
      failing.commit(1);
      failing.write(rest);
      failing.prepare(2);
    }
    sink_driver<T> again{place};
    again.abort(2);
    again.write(sink.restores_from == restore_point::beginning ? sink.rows : rest);
    again.close();
    EXPECT_EQ(place.read(), sink.rows);
    EXPECT_TRUE(place.looks_complete());
  }
  if (sink.restores_from == restore_point::last_commit) {
    SCOPED_TRACE("prepared, then aborted, rows are gone");
    const auto place = sink.fresh();
    sink_driver<T> run{place};
    run.write(first);
    run.prepare(1);
    run.commit(1);
    run.write(rest);
    run.prepare(2);
    run.abort(2);
    run.close();
    EXPECT_EQ(place.read(), first);
  }
}

} // namespace weir::testing
