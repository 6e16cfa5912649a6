// SPDX-License-Identifier: Apache-2.0
//
// model_contract: what every model must keep, and the hands that drive its four operators without
// actors: rows of a history, the mark behind it, live rows, in any cut and with any number of
// learners.
//
//   auto learnt = learn_by_hand(model, history, live, {.options = {.holdout = 0.2}, .cut = 100});
//   check_model_contract(model, history, live);        // of one that learns
//   check_given_model_contract(given, rows);

#pragma once

#include <weir/actors/operators/model.hpp>
#include <weir/actors/stream/batch.hpp>
#include <weir/tests/support/hosted_operator.hpp>
#include <weir/tests/support/scratch_directory.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace weir::testing {

/// Rows of one partition.
template <class T>
struct model_rows {
  // A constructor, since g++ 12 breaks down over default initialisers of this aggregate.
  model_rows(std::string its_partition, std::vector<T> its_rows)
      : partition{std::move(its_partition)}, rows{std::move(its_rows)} {}

  std::string partition;
  std::vector<T> rows;
  std::vector<std::uint64_t> positions; ///< Ascending, one a row; empty: from 0.
};

/// How a model is driven.
struct drive_options {
  learn_options options = {};
  std::size_t cut = batch_rows; ///< Rows of a batch.
  std::size_t outlet_limit = 0; ///< Rows an outlet takes before it is emptied; 0: as it likes.
  bool finishes = true;         ///< The history ends with its mark.
  bool marks_phase = true;      ///< By phase 1; otherwise by the end of the stream.
  /// Batches after which all operators are made anew from their snapshots; 0: never.
  std::size_t restart_every = 0;
  bool refits = false; ///< A fit is asked for behind the live rows.
  std::string name = "model";
};

template <class T>
struct driven {
  std::vector<answer<T>> answers;
  std::vector<origin> answer_origins;
  std::vector<model_report> reports;
  std::vector<model_report> published;
  std::shared_ptr<prediction_counts> counts = std::make_shared<prediction_counts>();
};

namespace detail {

/// Cuts rows into batches and calls use(batch, number of the batch).
template <class T, class Use>
void cut_rows(const std::vector<model_rows<T>>& parts, std::size_t cut, Use use) {
  std::size_t number = 0;
  for (const auto& part : parts) {
    const auto* partition = intern_partition("test", part.partition);
    for (std::size_t at = 0; at < part.rows.size();) {
      batch<T> rows, one{1};
      for (; at < part.rows.size() && rows.size() < cut && !rows.is_full(); ++at) {
        one.set_origin({partition, part.positions.empty() ? at : part.positions[at]});
        rows.inherit_repeated(one, 0, 1, false);
        rows.push_back(part.rows[at]);
      }
      use(rows, number++);
    }
  }
}

inline void hand_on(const std::vector<batch_ptr>& from, hosted_operator& to, std::size_t inlet) {
  for (const auto& batch : from) to.feed(inlet, *batch);
}

} // namespace detail

/// Runs learners, combiner, evaluator and one predictor over a history and live rows.
template <model_spec M>
driven<typename M::row> learn_by_hand(const M& model,
                                      const std::vector<model_rows<typename M::row>>& history,
                                      const std::vector<model_rows<typename M::row>>& live = {},
                                      const drive_options& how = {}) {
  using row = typename M::row;
  driven<row> result;
  const model_context context{
      how.name, how.options,
      [&](const model_report& report) { result.published.push_back(report); }, result.counts};
  const auto make = model.operators();
  std::vector<hosted_operator> learners;
  for (std::uint32_t i = 0; i < how.options.learners; ++i)
    learners.emplace_back(make.learner, context, how.outlet_limit);
  hosted_operator combiner{make.combiner, context, how.outlet_limit};
  hosted_operator evaluator{make.evaluator, context, how.outlet_limit};
  hosted_operator predictor{make.predictor, context, how.outlet_limit};
  const auto restart = [&](std::size_t batches) {
    if (how.restart_every == 0 || batches % how.restart_every != 0) return;
    for (auto& learner : learners) learner.restart();
    for (auto* each : {&combiner, &evaluator, &predictor}) each->restart();
  };
  detail::cut_rows(history, how.cut, [&](batch<row>& rows, std::size_t number) {
    learners[number % learners.size()].feed(0, rows);
    predictor.feed(0, rows);
    restart(number + 1);
  });
  if (!how.finishes) return result;
  const auto fit = [&](any_operator::mark kind, std::int64_t phase) {
    for (std::size_t i = 0; i < learners.size(); ++i) {
      learners[i].mark(kind, phase);
      detail::hand_on(std::exchange(learners[i].sent(0), {}), combiner, i);
      detail::hand_on(std::exchange(learners[i].sent(1), {}), evaluator, i + 1);
    }
    restart(0);
    combiner.mark(kind, phase);
    const auto models = std::exchange(combiner.sent(0), {});
    detail::hand_on(models, evaluator, 0);
    detail::hand_on(models, predictor, 1);
    restart(0);
    evaluator.mark(kind, phase);
    predictor.mark(any_operator::mark::phase, phase);
    predictor.flush(0);
  };
  fit(how.marks_phase ? any_operator::mark::phase : any_operator::mark::end, 1);
  EXPECT_TRUE(predictor.sent(0).empty()) << "a row of the history was answered";
  detail::cut_rows(live, how.cut, [&](batch<row>& rows, std::size_t number) {
    restart(number);
    for (auto& learner : learners) learner.feed(0, rows);
    predictor.feed(0, rows);
  });
  predictor.flush(0);
  if (how.refits) fit(any_operator::mark::phase, 2);
  for (const auto& sent : evaluator.sent(0))
    for (const auto& report : static_cast<batch<model_report>&>(*sent).rows())
      result.reports.push_back(report);
  for (const auto& sent : predictor.sent(0)) {
    auto& rows = static_cast<batch<answer<row>>&>(*sent);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      result.answers.push_back(rows[i]);
      result.answer_origins.push_back(rows.origin_of(i));
    }
  }
  return result;
}

/// Answers rows with a model that is given, or loaded by the options.
template <model_spec M>
driven<typename M::row> score_by_hand(const M& model,
                                      const std::vector<model_rows<typename M::row>>& rows,
                                      const drive_options& how = {}) {
  using row = typename M::row;
  driven<row> result;
  hosted_operator predictor{
      model.operators().predictor, {how.name, how.options, {}, result.counts}, how.outlet_limit};
  detail::cut_rows(rows, how.cut, [&](batch<row>& some, std::size_t) { predictor.feed(0, some); });
  predictor.flush(0);
  for (const auto& sent : predictor.sent(0)) {
    auto& answers = static_cast<batch<answer<row>>&>(*sent);
    for (std::size_t i = 0; i < answers.size(); ++i) {
      result.answers.push_back(answers[i]);
      result.answer_origins.push_back(answers.origin_of(i));
    }
  }
  return result;
}

/// What a model knows when it learnt the second half of its last part from live rows, and was asked
/// for a fit.
template <model_spec M>
model_report report_of_refit(const M& model, std::vector<model_rows<typename M::row>> history,
                             drive_options how) {
  auto& last = history.back();
  const auto half = static_cast<std::ptrdiff_t>(last.rows.size() / 2);
  model_rows<typename M::row> live{last.partition, {last.rows.begin() + half, last.rows.end()}};
  for (std::size_t at = 0; at < live.rows.size(); ++at)
    live.positions.push_back(static_cast<std::uint64_t>(half) + at);
  last.rows.resize(static_cast<std::size_t>(half));
  how.options.keep_learning = true;
  how.refits = true;
  const auto learnt = learn_by_hand(model, history, {live}, how);
  EXPECT_EQ(learnt.reports.size(), 2U);
  return learnt.reports.empty() ? model_report{} : learnt.reports.back();
}

/// The text of the file a model is saved to when it learns like this.
template <model_spec M>
std::string saved_by(const M& model, const std::vector<model_rows<typename M::row>>& history,
                     drive_options how) {
  const scratch_directory scratch;
  how.options.save = scratch.file("model.json");
  learn_by_hand(model, history, {}, how);
  std::ifstream file{how.options.save};
  return {std::istreambuf_iterator<char>{file}, {}};
}

template <class T>
std::vector<double> predictions_of(const driven<T>& driven) {
  std::vector<double> all;
  for (const auto& answer : driven.answers) all.push_back(answer.prediction);
  return all;
}

/// What every model must keep: any cut of the history gives the same file, bit for bit, with one
/// learner, and the same answers within 1e-9 with several; a saved model answers as the one that
/// was learnt, in any cut, and so do operators made anew from their snapshots; nothing is fitted or
/// saved when a history does not finish; one that keeps learning knows after a fit that was asked
/// for what it would if all had been history.
template <model_spec M>
void check_model_contract(const M& model, const std::vector<model_rows<typename M::row>>& history,
                          const std::vector<model_rows<typename M::row>>& live) {
  const scratch_directory scratch;
  drive_options whole{.options = {.save = scratch.file("whole.json")}};
  const auto learnt = learn_by_hand(model, history, live, whole);
  ASSERT_EQ(learnt.reports.size(), 1U);
  ASSERT_EQ(learnt.published.size(), 1U);
  const auto expected = predictions_of(learnt);
  const auto text = saved_by(model, history, {});
  ASSERT_FALSE(text.empty());
  for (const std::size_t cut :
       {std::size_t{1}, std::size_t{7}, std::size_t{127}, std::size_t{1000}})
    EXPECT_EQ(saved_by(model, history, {.cut = cut}), text) << "cut into batches of " << cut;
  EXPECT_EQ(saved_by(model, history, {.outlet_limit = 1}), text) << "with narrow outlets";
  EXPECT_EQ(saved_by(model, history, {.marks_phase = false}), text) << "ended without a phase";
  EXPECT_EQ(saved_by(model, history, {.cut = 100, .restart_every = 7}), text) << "restarted";
  EXPECT_EQ(saved_by(model, history, {.finishes = false}), "") << "of an unfinished history";

  for (const std::size_t restart_every : {std::size_t{0}, std::size_t{3}}) {
    const auto again =
        report_of_refit(model, history, {.cut = 100, .restart_every = restart_every});
    const auto& once = learnt.reports.front();
    EXPECT_EQ(again.version, 2U);
    EXPECT_EQ(again.trained_rows, once.trained_rows);
    EXPECT_EQ(again.holdout_rows, once.holdout_rows);
    EXPECT_EQ(again.skipped_rows, once.skipped_rows);
    EXPECT_EQ(again.rmse, once.rmse) << "bit for bit";
    EXPECT_EQ(again.top_weights, once.top_weights);
  }

  EXPECT_EQ(predictions_of(learn_by_hand(model, history, live, {.cut = 50, .restart_every = 3})),
            expected);
  for (const std::uint32_t learners : {2U, 3U}) {
    const auto pieces = predictions_of(
        learn_by_hand(model, history, live, {.options = {.learners = learners}, .cut = 100}));
    ASSERT_EQ(pieces.size(), expected.size());
    for (std::size_t i = 0; i < pieces.size(); ++i)
      EXPECT_NEAR(pieces[i], expected[i], 1e-9 * std::max(1.0, std::abs(expected[i])));
  }
  for (const std::size_t cut : {std::size_t{1}, std::size_t{100}}) {
    const auto loaded = score_by_hand(
        model, live, {.options = {.load = whole.options.save}, .cut = cut, .outlet_limit = 3});
    EXPECT_EQ(predictions_of(loaded), expected);
    EXPECT_EQ(loaded.answer_origins, learnt.answer_origins);
  }
}

/// What a model that is given must keep: one answer a row, in order, with its origin, the same in
/// any cut and with the narrowest outlets.
template <model_spec M>
void check_given_model_contract(const M& model,
                                const std::vector<model_rows<typename M::row>>& rows) {
  const auto whole = score_by_hand(model, rows);
  std::size_t count = 0;
  for (const auto& part : rows) count += part.rows.size();
  ASSERT_EQ(whole.answers.size(), count);
  EXPECT_EQ(whole.counts->answered, count);
  for (const std::size_t cut : {std::size_t{1}, std::size_t{7}, std::size_t{129}}) {
    const auto pieces = score_by_hand(model, rows, {.cut = cut, .outlet_limit = 3});
    EXPECT_EQ(predictions_of(pieces), predictions_of(whole)) << "cut into batches of " << cut;
    EXPECT_EQ(pieces.answer_origins, whole.answer_origins);
  }
}

} // namespace weir::testing
