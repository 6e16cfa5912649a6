// SPDX-License-Identifier: Apache-2.0

#include <weir/models/predictor.hpp>

#include <cmath>
#include <stdexcept>

namespace weir {

prediction::prediction(const model_context& context, const record_info& record)
    : name_{context.name}, record_{&record}, counts_{context.counts} {
  if (!counts_) counts_ = std::make_shared<prediction_counts>();
}

void prediction::offer(std::shared_ptr<const linear_model> model) {
  auto scorer = linear_scorer::bind(std::move(model), *record_);
  if (!scorer) throw std::runtime_error{"model '" + name_ + "': " + scorer.error().message};
  next_ = std::make_unique<const linear_scorer>(std::move(*scorer));
}

void prediction::take_up() {
  if (next_) {
    current_ = std::move(next_);
    block_ = current_->reader().make_block();
  }
  if (!current_)
    throw std::runtime_error{"model '" + name_ + "' was not fitted when its history ended"};
}

void prediction::answer_rows(const void* rows, std::size_t count, double* answers) {
  current_->reader().read(rows, count, block_);
  const auto unseen = current_->predict(block_, answers);
  std::uint64_t unanswered = 0;
  for (std::size_t i = 0; i < count; ++i) unanswered += std::isnan(answers[i]) ? 1 : 0;
  const auto add = [](std::atomic<std::uint64_t>& counter, std::uint64_t more) {
    if (more > 0) counter.fetch_add(more, std::memory_order_relaxed);
  };
  add(counts_->answered, count);
  add(counts_->unanswered, unanswered);
  add(counts_->unseen, unseen);
}

void prediction::save(snapshot_writer& to) const {
  for (const auto* scorer : {current_.get(), next_.get()})
    save_state(scorer == nullptr ? nullptr : &scorer->model(), to);
}

void prediction::load(snapshot_reader& from) {
  if (auto current = load_state(from, *record_)) {
    offer(std::move(current));
    take_up();
  }
  if (auto next = load_state(from, *record_)) offer(std::move(next));
}

} // namespace weir
