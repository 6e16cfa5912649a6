// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/row_failure.hpp>
#include <weir/actors/runtime/chain.hpp>

#include <algorithm>
#include <atomic>
#include <utility>

namespace weir {

namespace {

/// Half of a core's first cache, as it is on all but the smallest machines.
constexpr std::size_t block_bytes = 32 * 1024;

std::size_t rows_of_block(const row_type& type) {
  if (!type.is_plain) return type.capacity; // handing rows on costs more than a pass over them
  return std::clamp<std::size_t>(block_bytes / type.row_bytes, 1, type.capacity);
}

} // namespace

struct chain::slot {
  std::string name;
  std::unique_ptr<any_operator> runs;
  // What waits for this stage, in order: one batch, then marks.
  batch_ptr in;
  std::size_t inlet = 0;
  std::size_t consumed = 0;
  timestamp promised = timestamp::min();
  bool has_rows = false;
  bool was_idle = false; // The last call took nothing and asked for no time.
  bool may_reject = false;
  std::deque<chain_mark> marks;
  std::optional<moment> wakes_at;
  bool has_ended = false;
  // What said that there was no room, and is called again before anything else is.
  enum class call : std::uint8_t { none, mark, wake };
  call unfinished = call::none;
  std::string saved; // when the last barrier passed
  // What it makes: one batch an outlet.
  std::vector<batch_ptr> out;
  std::vector<batch_base*> open;
  std::size_t block_rows = 0; // of `out`, if it goes to another stage

  [[nodiscard]] bool is_free() const noexcept { return !has_rows && marks.empty(); }
  void ask_when_to_wake() { wakes_at = has_ended ? std::nullopt : runs->wakes_at(); }
};

chain::chain(std::vector<stage> stages, std::deque<operator_counters>& counters, chain_host& to)
    : counters_{counters}, to_{to} {
  ensure(!stages.empty() && counters.size() == stages.size(), "a counter for each stage");
  for (auto& stage : stages) {
    const bool is_last = &stage == &stages.back();
    slot made;
    made.name = std::move(stage.name);
    for (const auto* type : stage.runs->outlet_types()) {
      made.out.push_back(type->make());
      if (!is_last) made.block_rows = rows_of_block(*type);
      made.open.push_back(made.out.back().get());
    }
    made.may_reject = stage.runs->may_reject();
    if (made.may_reject && rejects_ == nullptr) rejects_ = row_type_of<reject>().make();
    made.runs = std::move(stage.runs);
    if (made.runs->chooses_time()) chooses_time_ = slots_.size();
    made.ask_when_to_wake();
    slots_.push_back(std::move(made));
  }
  // A stage's input storage is exchanged with the output storage of the stage before it.
  for (std::size_t i = 1; i < slots_.size(); ++i)
    slots_[i].in = slots_[i].runs->inlet_types().front()->make();
}

chain::~chain() = default;

void chain::feed(std::size_t inlet, batch_ptr rows, timestamp promised) {
  auto& first = slots_.front();
  ensure(first.is_free(), "the first stage has consumed what it was fed");
  first.in = std::move(rows);
  first.inlet = inlet;
  first.promised = promised;
  first.consumed = 0;
  first.has_rows = true;
}

void chain::feed(chain_mark mark) { slots_.front().marks.push_back(mark); }

batch_ptr chain::take_fed() noexcept { return std::exchange(slots_.front().in, nullptr); }

bool chain::is_empty() const noexcept {
  return std::ranges::all_of(slots_, [](const slot& s) { return s.is_free(); });
}

bool chain::waits_for_side() const { return slots_.front().runs->waits_for_side(); }

result<chain::state> chain::advance() {
  auto found = run_stages();
  if (found && has_gathered()) hand_on(slots_.size() - 1);
  return found;
}

result<chain::state> chain::run_stages() {
  resume_at_.reset();
  if (!std::exchange(has_advanced_, true)) finish_sated();
  for (;;) {
    if (is_done_) return state::done;
    bool moved = false;
    bool pending = false;
    // The stage nearest to the outlets first: rows leave before more come in.
    for (std::size_t i = slots_.size(); i-- > first_live_ && !moved;) {
      const bool is_due = this->is_due(i);
      if (slots_[i].is_free() && !is_due) continue;
      pending = true;
      if (!can_hand_on(i)) continue;
      auto ran = is_due ? run_wake(i) : run(i);
      if (!ran) return std::move(ran).error();
      if (*ran == step::wait) return state::waiting;
      moved = true;
    }
    if (is_done_) return state::done;
    if (!pending && tell_of_silence()) continue;
    if (!pending) return state::empty;
    if (!moved) return state::blocked;
  }
}

bool chain::can_hand_on(std::size_t index) const {
  if (slots_[index].may_reject && !to_.is_ready_for_rejects()) return false;
  return index + 1 < slots_.size() ? slots_[index + 1].is_free() : to_.is_ready();
}

outlets chain::outlets_of(slot& at) {
  return outlets{at.open, at.may_reject ? static_cast<batch<reject>*>(rejects_.get()) : nullptr};
}

result<chain::step> chain::run(std::size_t index) {
  return slots_[index].has_rows ? run_batch(index) : run_mark(index);
}

bool chain::is_due(std::size_t index) {
  const auto& at = slots_[index];
  if (at.unfinished != slot::call::none) return at.unfinished == slot::call::wake;
  return at.wakes_at && *at.wakes_at <= to_.time();
}

std::optional<moment> chain::wakes_at() const noexcept {
  std::optional<moment> first;
  for (std::size_t i = first_live_; i < slots_.size(); ++i)
    if (const auto& at = slots_[i].wakes_at; at && (!first || *at < *first)) first = at;
  return first;
}

void chain::cancel() {
  for (auto& each : slots_) each.runs->on_cancel();
}

void chain::note_open() {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].has_ended) continue;
    const auto open = slots_[i].runs->open();
    const auto count = [](timestamp time) {
      return static_cast<std::uint64_t>(time.time_since_epoch().count());
    };
    counters_[i].open_from.set(count(open.from));
    counters_[i].open_to.set(count(open.to));
    counters_[i].open_entries.set(open.entries);
  }
}

bool chain::has_gathered() const {
  return std::ranges::any_of(slots_.back().out, [](const batch_ptr& b) { return !b->empty(); });
}

/// Whether what a stage made may wait for what it makes of the rest of the batch that was fed.
bool chain::may_gather(std::size_t index) const {
  if (index + 1 < slots_.size()) return false;
  return std::ranges::any_of(slots_, &slot::has_rows)
         && std::ranges::all_of(slots_[index].out, [](const batch_ptr& b) {
              return b->size() * 2 < b->capacity() && !b->is_full() && !b->watermark();
            });
}

result<chain::step> chain::run_batch(std::size_t index) {
  if (index == chooses_time_ && tell_of_silence(false)) return step::some; // it goes before rows
  auto& at = slots_[index];
  const bool exclusive = index > 0 || at.in.use_count() == 1;
  if (at.block_rows > 0) {
    // What only chooses times hands a batch on as it is, if it may: a copy costs more than blocks
    // save.
    const bool is_whole = exclusive && at.consumed == 0 && at.runs->chooses_time();
    for (auto* out : at.open) out->set_limit(is_whole ? out->capacity() : at.block_rows);
  } else if (!std::ranges::all_of(at.open, [&](batch_base* b) { return b->can_follow(*at.in); })) {
    hand_on(index);
    return step::some;
  }
  auto& counted = counters_[index];
  const std::size_t before = at.in->size() - at.consumed;
  std::atomic_thread_fence(std::memory_order_acquire); // pairs with whoever let go of the batch
  const auto watermark = at.in->watermark();
  std::size_t consumed = 0;
  try {
    consumed = at.runs->on_batch(at.inlet, {at.in.get(), at.consumed, exclusive, at.promised},
                                 outlets_of(at));
  } catch (...) {
    return describe(at, std::current_exception());
  }
  ensure(consumed <= before, "an operator consumes no more than it is given");
  at.consumed += consumed;
  at.ask_when_to_wake();
  const bool was_idle = std::exchange(at.was_idle, false);
  counted.rows_in.add(consumed);
  const bool had_room = std::ranges::none_of(at.open, [](batch_base* b) { return b->is_full(); })
                        && !(at.may_reject && rejects_->is_full());
  if (auto kept = hand_on_rejects(index, false); !kept) return std::move(kept).error();
  const bool made_any = std::ranges::any_of(at.open, [](batch_base* b) { return !b->empty(); });

  if (consumed == before) {
    at.has_rows = false;
    if (index > 0) at.in->clear();
    // The promise holds after the rows: it follows them as a mark. Those of links come as frames
    // too, and count once they are aligned.
    if (watermark && index > 0)
      at.marks.push_front({chain_mark::kind::watermark, watermark->time_since_epoch().count()});
  }
  const bool is_sated = at.runs->wants_no_more();
  if (is_sated || !may_gather(index)) hand_on(index);
  if (is_sated) {
    finish_early(index);
    return step::some;
  }
  if (consumed < before && had_room) {
    const auto now = to_.time();
    resume_at_ = at.runs->resume_at(now);
    if (resume_at_ && *resume_at_ > now) return step::wait;
    // Once it may be that its time came between the two calls; twice it is stuck.
    const bool is_idle = !resume_at_ && consumed == 0 && !made_any;
    if (is_idle && was_idle)
      return error{errc::failed,
                   at.name
                       + " consumes no rows although its outlets have room; an operator that "
                         "waits says until when by resume_at()"};
    at.was_idle = is_idle;
    resume_at_.reset();
  }
  return step::some;
}

void chain::note_state(std::size_t index) {
  const auto used = slots_[index].runs->usage();
  auto& counted = counters_[index];
  counted.state_entries.set(used.entries);
  counted.state_bytes.set(used.bytes);
  counted.late_rows.set(used.late_rows);
  counted.most_state_entries.set(
      std::max<std::uint64_t>(counted.most_state_entries.get(), used.entries));
  counted.most_state_bytes.set(std::max<std::uint64_t>(counted.most_state_bytes.get(), used.bytes));
}

result<chain::step> chain::run_mark(std::size_t index) {
  if (index + 1 == slots_.size() && has_gathered()) {
    hand_on(index);
    return step::some;
  }
  auto& at = slots_[index];
  const chain_mark mark = at.marks.front();
  const bool is_of_time =
      mark.what == chain_mark::kind::watermark || mark.what == chain_mark::kind::silence;
  if (is_of_time && at.runs->chooses_time()) {
    at.marks.pop_front();
    return step::some;
  }
  const bool is_at_end = mark.what == chain_mark::kind::phase || mark.what == chain_mark::kind::end;
  if (auto kept = hand_on_rejects(index, is_at_end); !kept) return std::move(kept).error();
  at.has_ended = mark.what == chain_mark::kind::end;
  note_state(index); // before it lets go of what is due
  bool is_done = true;
  try {
    using kind = any_operator::mark;
    switch (mark.what) {
      case chain_mark::kind::watermark:
        is_done = at.runs->on_mark(kind::watermark, mark.value, outlets_of(at));
        break;
      case chain_mark::kind::phase:
        is_done = at.runs->on_mark(kind::phase, mark.value, outlets_of(at));
        break;
      case chain_mark::kind::end: is_done = at.runs->on_mark(kind::end, 0, outlets_of(at)); break;
      case chain_mark::kind::partition_end:
        at.runs->on_partition_end(*mark.of, mark.value != 0, outlets_of(at));
        break;
      case chain_mark::kind::silence: break; // of no concern to those it passes
      case chain_mark::kind::barrier:
        if (to_.wants_snapshots()) {
          snapshot_writer own;
          at.runs->save(own);
          at.saved = own.take();
        }
        break;
    }
  } catch (...) {
    return describe(at, std::current_exception());
  }
  if (auto kept = hand_on_rejects(index, false); !kept) return std::move(kept).error();
  if (is_done) at.marks.pop_front();
  at.unfinished = is_done ? slot::call::none : slot::call::mark;
  if (at.has_ended) note_state(index);
  at.ask_when_to_wake();
  hand_on(index);
  if (is_done) {
    hand_on_mark(index, mark);
    if (mark.what == chain_mark::kind::end && index + 1 == slots_.size() && first_live_ > 0)
      is_done_ = true; // ended from within; an end that was fed is the host's to see
  }
  return step::some;
}

result<chain::step> chain::run_wake(std::size_t index) {
  if (index + 1 == slots_.size() && has_gathered()) {
    hand_on(index);
    return step::some;
  }
  auto& at = slots_[index];
  const auto now = to_.time();
  bool is_done = true;
  try {
    is_done = at.runs->on_wake(now, outlets_of(at));
  } catch (...) {
    return describe(at, std::current_exception());
  }
  const bool made_any =
      std::ranges::any_of(at.open,
                          [](batch_base* b) { return !b->empty() || b->watermark().has_value(); })
      || (at.may_reject && !rejects_->empty());
  if (auto kept = hand_on_rejects(index, false); !kept) return std::move(kept).error();
  at.unfinished = is_done ? slot::call::none : slot::call::wake;
  const auto asked = at.wakes_at;
  at.ask_when_to_wake();
  if (!made_any && !is_done)
    return error{errc::failed, at.name
                                   + " was called at the time it asked for, gave nothing and is "
                                     "not done: on_wake() may say so only with an outlet full"};
  if (!made_any && at.wakes_at == asked)
    return error{errc::failed, at.name
                                   + " was called at the time it asked for, gave nothing and asks "
                                     "for the same time again: wakes_at() must move on"};
  hand_on(index);
  return step::some;
}

void chain::hand_on_mark(std::size_t index, chain_mark mark) {
  if (index + 1 < slots_.size())
    slots_[index + 1].marks.push_back(mark);
  else
    to_.mark(mark);
}

/// Silence is only believed where no row waits, neither to come in nor to go out.
bool chain::tell_of_silence() {
  if (!chooses_time_ || *chooses_time_ < first_live_ || slots_[*chooses_time_].has_ended)
    return false;
  const bool is_silent = slots_[*chooses_time_].runs->is_silent() && !to_.has_rows_waiting();
  return is_silent != is_silent_ && can_hand_on(*chooses_time_) && tell_of_silence(is_silent);
}

/// False: so it was told already.
bool chain::tell_of_silence(bool is_silent) {
  if (std::exchange(is_silent_, is_silent) == is_silent) return false;
  if (*chooses_time_ + 1 == slots_.size() && has_gathered()) hand_on(*chooses_time_);
  hand_on_mark(*chooses_time_, {chain_mark::kind::silence, is_silent ? 1 : 0});
  return true;
}

result<void> chain::hand_on_rejects(std::size_t index, bool is_at_end) {
  if (!slots_[index].may_reject || (rejects_->empty() && !is_at_end)) return {};
  auto& counted = counters_[index];
  counted.rejects.add(rejects_->size());
  if (!rejects_->empty()) to_.take_rejects(rejects_);
  auto judged = to_.judge_rejects(counted, is_at_end);
  if (judged) return {};
  auto cause = std::move(judged).error();
  cause.message = slots_[index].name + ": " + cause.message;
  return cause;
}

void chain::hand_on(std::size_t index) {
  auto& at = slots_[index];
  for (std::size_t outlet = 0; outlet < at.out.size(); ++outlet) {
    auto& out = at.out[outlet];
    if (out->empty() && !out->watermark()) continue;
    counters_[index].rows_out.add(out->size());
    if (index + 1 < slots_.size()) {
      auto& next = slots_[index + 1];
      if (out->empty()) { // only a promise
        next.marks.push_back(
            {chain_mark::kind::watermark, out->watermark()->time_since_epoch().count()});
        out->clear();
        continue;
      }
      std::swap(out, next.in);
      next.consumed = 0;
      next.has_rows = true;
    } else {
      const auto watermark = out->watermark();
      if (!out->empty()) to_.take(outlet, out);
      if (watermark) to_.mark({chain_mark::kind::watermark, watermark->time_since_epoch().count()});
      out->clear();
    }
    at.open[outlet] = out.get();
  }
}

/// Of `take(0)`, which wants no more before it was given anything.
void chain::finish_sated() {
  for (std::size_t i = slots_.size(); i-- > 0;)
    if (slots_[i].runs->wants_no_more()) return finish_early(i);
}

void chain::finish_early(std::size_t index) {
  for (std::size_t i = 0; i <= index; ++i) {
    slots_[i].has_rows = false;
    slots_[i].marks.clear();
    if (i > 0) slots_[i].in->clear();
  }
  first_live_ = index + 1;
  // What follows sees an ordinary end; the stage itself has said all it had to say.
  if (index + 1 < slots_.size()) {
    slots_[index + 1].marks.push_back({chain_mark::kind::end, 0});
  } else {
    to_.mark({chain_mark::kind::end, 0});
    is_done_ = true;
  }
}

error chain::describe(const slot& at, const std::exception_ptr& thrown) const {
  std::string where;
  try {
    std::rethrow_exception(thrown);
  } catch (const row_failure& failure) {
    if (at.in != nullptr) where = " at " + to_string(at.in->origin_of(at.consumed + failure.index));
  } catch (...) {
    if (at.has_rows && at.in != nullptr && !at.in->empty())
      where = " in a batch that begins at " + to_string(at.in->origin_of(at.consumed));
  }
  return {errc::user_code, at.name + " threw" + where + ": " + text_of(thrown)};
}

void chain::save(snapshot_writer& to) const {
  for (const auto& slot : slots_) to.write(slot.name).write(std::string_view{slot.saved});
}

void chain::load(snapshot_reader& from) {
  for (auto& slot : slots_) {
    std::string name;
    std::string bytes;
    from.read(name).read(bytes);
    snapshot_reader own{bytes};
    slot.runs->load(own);
    slot.ask_when_to_wake();
  }
}

} // namespace weir
