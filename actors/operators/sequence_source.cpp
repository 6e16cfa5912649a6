// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/sequence_source.hpp>

#include <optional>
#include <utility>

namespace weir {
namespace {

class sequence final : public any_source {
public:
  sequence(std::unique_ptr<any_source> history, std::unique_ptr<any_source> live)
      : history_{std::move(history)}, live_{std::move(live)} {
    ensure(history_->type() == live_->type(), "history and what follows give rows of one type");
  }

  const row_type& type() const override { return live_->type(); }

  result<void> open(source_context context) override {
    if (auto opened = history_->open(context); !opened) return opened;
    return live_->open(std::move(context));
  }

  result<poll_state> poll(credit allowed, batch_base& rows, batch<reject>& rejects) override {
    if (is_live_) return live_->poll(allowed, rows, rejects);
    auto state = history_->poll(allowed, rows, rejects);
    if (!state) return state;
    if (*state == poll_state::end) {
      is_live_ = true;
      return poll_state::phase;
    }
    // A phase inside the history ends nothing: history is over when its source is.
    return *state == poll_state::phase ? poll_state::rows : *state;
  }

  void barrier(std::uint64_t number) override {
    if (history_) {
      history_->barrier(number);
      if (is_live_ && !last_history_barrier_) last_history_barrier_ = number;
    }
    live_->barrier(number);
  }

  result<void> committed(std::uint64_t number) override {
    if (history_) {
      if (auto done = history_->committed(number); !done) return done;
      if (last_history_barrier_ && number >= *last_history_barrier_) history_.reset();
    }
    return live_->committed(number);
  }

  void save(snapshot_writer& to) const override {
    to.write(static_cast<std::uint8_t>(is_live_));
    (is_live_ ? live_ : history_)->save(to);
  }

  result<void> load(snapshot_reader& from) override {
    std::uint8_t was_live = 0;
    if (!from.read(was_live).ok())
      return error{errc::damaged, "the snapshot of a source with history is cut short"};
    is_live_ = was_live != 0;
    if (is_live_) history_.reset();
    return (is_live_ ? live_ : history_)->load(from);
  }

  source_progress progress() const override { return (is_live_ ? live_ : history_)->progress(); }

  bool blocks() const override { return false; }

private:
  std::unique_ptr<any_source> history_; // until it has ended and is committed
  std::unique_ptr<any_source> live_;
  bool is_live_ = false;
  std::optional<std::uint64_t> last_history_barrier_; // the first behind its end
};

} // namespace

std::unique_ptr<any_source> sequence_source(std::unique_ptr<any_source> history,
                                            std::unique_ptr<any_source> live) {
  return std::make_unique<sequence>(std::move(history), std::move(live));
}

} // namespace weir
