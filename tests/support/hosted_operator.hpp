// SPDX-License-Identifier: Apache-2.0
//
// hosted_operator: an operator of a model without a shell around it: rows and marks are fed by
// hand, what leaves an outlet is kept as a list of batches, and it can be made anew from its
// snapshot at any time.
//
//   hosted_operator learner{model.operators().learner, context, 0};
//   learner.feed(0, rows);
//   learner.mark(any_operator::mark::phase, 1);

#pragma once

#include <weir/actors/operators/model.hpp>
#include <weir/actors/state/snapshot.hpp>
#include <weir/actors/stream/batch.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

namespace weir::testing {

/// An operator with a batch for each outlet, emptied into lists of batches.
class hosted_operator {
public:
  /// `limit`: rows an outlet takes before it is emptied; 0: as it likes.
  hosted_operator(model_operators::factory make, model_context context, std::size_t limit)
      : make_{std::move(make)}, context_{std::move(context)}, op_{made()}, limit_{limit} {
    for (const auto* type : op_->outlet_types()) {
      open_.push_back(type->make());
      sent_.emplace_back();
      if (limit_ > 0) open_.back()->set_limit(limit_);
    }
  }

  void feed(std::size_t inlet, batch_base& rows) {
    for (std::size_t o = 0; o < open_.size(); ++o)
      if (!same_partition(*open_[o], rows)) flush(o);
    for (std::size_t first = 0; first < rows.size();) {
      const auto used = op_->on_batch(inlet, {&rows, first, false}, now());
      first += used;
      for (std::size_t o = 0; o < open_.size(); ++o)
        if (open_[o]->is_full() || used == 0) flush(o);
    }
  }
  void mark(any_operator::mark kind, std::int64_t value) {
    for (int tries = 0; !op_->on_mark(kind, value, now()); ++tries) {
      ASSERT_LT(tries, 100'000) << "the operator is never satisfied";
      for (std::size_t o = 0; o < open_.size(); ++o) flush(o);
    }
    for (std::size_t o = 0; o < open_.size(); ++o) flush(o);
  }
  /// What was saved goes into an operator that is made anew.
  void restart() {
    snapshot_writer saved;
    op_->save(saved);
    op_ = made();
    snapshot_reader bytes{saved.bytes()};
    op_->load(bytes);
    EXPECT_TRUE(bytes.is_finished());
  }
  std::vector<batch_ptr>& sent(std::size_t outlet) { return sent_[outlet]; }
  void flush(std::size_t outlet) {
    if (open_[outlet]->empty()) return;
    sent_[outlet].push_back(open_[outlet]);
    open_[outlet] = op_->outlet_types()[outlet]->make();
    if (limit_ > 0) open_[outlet]->set_limit(limit_);
  }

private:
  [[nodiscard]] std::unique_ptr<any_operator> made() const {
    auto made = make_(context_);
    if (!made) throw std::runtime_error{made.error().message};
    return std::move(*made);
  }
  static bool same_partition(const batch_base& a, const batch_base& b) {
    return a.empty() || a.first_origin().partition == b.first_origin().partition;
  }
  outlets now() {
    raw_.clear();
    for (const auto& batch : open_) raw_.push_back(batch.get());
    return outlets{raw_};
  }

  model_operators::factory make_;
  model_context context_;
  std::unique_ptr<any_operator> op_;
  std::size_t limit_;
  std::vector<batch_ptr> open_;
  std::vector<batch_base*> raw_;
  std::vector<std::vector<batch_ptr>> sent_;
};

} // namespace weir::testing
