// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/table_source.hpp>

namespace weir {
namespace {

class repeated final : public any_source {
public:
  repeated(source_factory make, std::unique_ptr<any_source> first,
           std::shared_ptr<refresh_bell> bell)
      : make_{std::move(make)},
        type_{first->type()},
        blocks_{first->blocks()},
        reads_{std::move(first)},
        bell_{std::move(bell)},
        promises_{type_.make()} {}
  ~repeated() override {
    if (bell_) bell_->bind(nullptr);
  }

  const row_type& type() const override { return type_; }
  result<void> open(source_context context) override {
    context_ = std::move(context);
    if (bell_) bell_->bind(context_.wake);
    return reads_->open(context_);
  }
  result<poll_state> poll(credit allowed, batch_base& rows, batch<reject>& rejects) override {
    if (!reads_) {
      if (!bell_->take()) return poll_state::idle;
      auto made = make_();
      if (!made) return std::move(made).error();
      if (auto opened = (*made)->open(context_); !opened) return std::move(opened).error();
      reads_ = std::move(*made);
    }
    auto state = reads_->poll(allowed, rows, rejects);
    rows.swap_watermark(*promises_);
    promises_->clear();
    if (!state || *state == poll_state::idle) return state;
    if (*state != poll_state::end) return poll_state::rows;
    if (!bell_) return state;
    reads_.reset();
    return poll_state::phase;
  }
  result<void> committed(std::uint64_t) override { return {}; }
  void barrier(std::uint64_t) override {}
  void save(snapshot_writer&) const override {}
  result<void> load(snapshot_reader&) override { return {}; }
  source_progress progress() const override {
    return reads_ ? reads_->progress() : source_progress{1.0, std::nullopt};
  }
  bool blocks() const override { return blocks_; }

private:
  source_factory make_;
  const row_type& type_;
  bool blocks_;
  std::unique_ptr<any_source> reads_; // nothing between two readings
  std::shared_ptr<refresh_bell> bell_;
  batch_ptr promises_; // where watermarks go that mean nothing
  source_context context_;
};

} // namespace

result<std::unique_ptr<any_source>> table_source(source_factory make,
                                                 std::shared_ptr<refresh_bell> bell) {
  auto first = make();
  if (!first) return std::move(first).error();
  return std::unique_ptr<any_source>{
      std::make_unique<repeated>(std::move(make), std::move(*first), std::move(bell))};
}

} // namespace weir
