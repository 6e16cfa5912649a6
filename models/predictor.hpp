// SPDX-License-Identifier: Apache-2.0
//
// predictor: answers rows with the newest model.
//
// One that learns has a second inlet for models: it lets the rows of the history pass unanswered,
// and takes up a model at the mark behind which it holds, so all predictors of a job change over at
// the same place in the stream. One whose model is given or loaded has one inlet and answers every
// row. Answers keep the row, its time and its origin. The model is never changed.

#pragma once

#include <weir/actors/operators/model.hpp>
#include <weir/models/linear_model.hpp>
#include <weir/models/model_file.hpp>
#include <weir/models/ridge_operators.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace weir {

/// The part of a predictor that knows no row type.
class prediction {
public:
  explicit prediction(const model_context& context, const record_info& record);

  /// The next model; it answers once `take_up` was called. Throws when it does not fit the record.
  void offer(std::shared_ptr<const linear_model> model);
  void take_up();
  [[nodiscard]] bool is_ready() const noexcept { return current_ != nullptr; }
  [[nodiscard]] std::uint64_t version() const noexcept { return current_->model().version; }
  /// Answers up to `chunk_rows` rows of the record.
  void answer_rows(const void* rows, std::size_t count, double* answers);
  void save(snapshot_writer& to) const;
  void load(snapshot_reader& from);

private:
  std::string name_;
  const record_info* record_;
  std::shared_ptr<prediction_counts> counts_;
  std::unique_ptr<const linear_scorer> current_, next_;
  feature_block block_;
};

template <row T>
class predictor final : public any_operator {
public:
  /// `given`: the model of a predictor with one inlet; nullptr: models come by the second.
  predictor(const model_context& context, std::shared_ptr<const linear_model> given)
      : prediction_{context, record_of<T>()}, is_given_{given != nullptr} {
    if (!given) return;
    prediction_.offer(std::move(given));
    prediction_.take_up();
  }

  std::vector<const row_type*> inlet_types() const override {
    if (is_given_) return {&row_type_of<T>()};
    return {&row_type_of<T>(), &row_type_of<fitted_model>()};
  }
  std::vector<const row_type*> outlet_types() const override { return {&row_type_of<answer<T>>()}; }

  std::size_t on_batch(std::size_t inlet, any_view in, outlets out) override {
    if (inlet == 1) {
      const auto models = in.as<fitted_model>();
      if (!models.empty()) prediction_.offer(models[models.size() - 1].model);
      return models.size();
    }
    auto rows = in.as<T>();
    return prediction_.is_ready() ? answer_all(rows, out.at<answer<T>>(0)) : rows.size();
  }

  bool on_mark(mark kind, std::int64_t, outlets) override {
    if (kind == mark::phase && !is_given_) prediction_.take_up();
    return true;
  }

  void save(snapshot_writer& to) const override {
    if (!is_given_) prediction_.save(to);
  }
  void load(snapshot_reader& from) override {
    if (!is_given_) prediction_.load(from);
  }

private:
  std::size_t answer_all(batch_view<T> in, batch<answer<T>>& out) {
    std::size_t done = 0;
    double answers[chunk_rows];
    T* own = in.exclusive_rows();
    while (done < in.size() && !out.is_full()) {
      const auto count = std::min({chunk_rows, in.size() - done, out.room()});
      prediction_.answer_rows(in.rows().data() + done, count, answers);
      out.inherit(in.whole(), in.first() + done, count, borrows<T>);
      for (std::size_t i = 0; i < count; ++i) {
        auto& to = out.next();
        if (own)
          to.row = std::move(own[done + i]);
        else if constexpr (std::copyable<T>)
          to.row = in[done + i];
        to.prediction = answers[i];
        to.model_version = prediction_.version();
        out.push_next();
      }
      done += count;
    }
    return done;
  }

  prediction prediction_;
  bool is_given_;
};

/// The predictor of a model that is `given`, or read from the file the options name, or learnt.
template <row T>
result<std::unique_ptr<any_operator>> make_predictor(const model_context& context,
                                                     std::shared_ptr<const linear_model> given) {
  if (const auto& path = context.options.load; !given && !path.empty()) {
    auto loaded = load_model_for(path, record_of<T>());
    if (!loaded) return std::move(loaded).error();
    given = std::move(*loaded);
    if (context.publish) context.publish(report_of(*given, context.name));
  }
  return std::unique_ptr<any_operator>{std::make_unique<predictor<T>>(context, std::move(given))};
}

} // namespace weir
