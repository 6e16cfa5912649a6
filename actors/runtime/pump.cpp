// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/user_call.hpp>
#include <weir/actors/runtime/messages.hpp>
#include <weir/actors/runtime/pump.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

namespace weir {
namespace {

/// What one poll on the thread gave.
struct polled_batch {
  batch_ptr rows;
  batch_ptr rejects;
  std::size_t given_rows = 0; // already passed on
  std::size_t given_rejects = 0;
  poll_state state = poll_state::rows;
  std::string position{};  // of the source behind these rows
  std::uint64_t noted = 0; // the last of the thread's own barriers before them
  source_progress progress{};
  std::optional<error> failed{};
};

/// Tells how long a call took that something came of.
class stopwatch {
public:
  explicit stopwatch(const std::function<void(std::chrono::nanoseconds)>& tell) : tell_{tell} {}
  void stop() const {
    if (tell_) tell_(std::chrono::steady_clock::now() - began_);
  }

private:
  const std::function<void(std::chrono::nanoseconds)>& tell_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

class pumped_source final : public any_source {
public:
  explicit pumped_source(std::unique_ptr<any_source> inner) : inner_{std::move(inner)} {}

  ~pumped_source() override {
    {
      const std::lock_guard lock{mutex_};
      is_stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
    inner_.reset(); // threads of its own may wake us up to now
  }

  const row_type& type() const override { return inner_->type(); }

  result<void> open(source_context context) override {
    wake_ = context.wake;
    worked_ = context.worked;
    context.wake = [this] {
      {
        const std::lock_guard lock{mutex_};
        is_woken_ = true;
      }
      changed_.notify_all();
    };
    auto opened = inner_->open(std::move(context));
    if (opened) position_ = position_of(*inner_);
    return opened;
  }

  result<poll_state> poll(credit allowed, batch_base& rows, batch<reject>& rejects) override {
    if (!thread_.joinable()) thread_ = std::thread{[this] { work(); }};
    if (!current_ && !take()) return poll_state::idle;
    auto& at = *current_;
    const auto rows_before = rows.size(), rejects_before = rejects.size();
    give(at, allowed, rows, rejects);
    rows_behind_ += rows.size() - rows_before;
    rejects_behind_ += rejects.size() - rejects_before;
    if (at.given_rows < at.rows->size() || at.given_rejects < at.rejects->size())
      return poll_state::rows;
    position_ = at.position;
    rows_behind_ = rows_to_skip_;
    rejects_behind_ = rejects_to_skip_;
    at.rows->clear();
    at.rejects->clear();
    progress_ = at.progress;
    auto state = at.state;
    auto failed = std::move(at.failed);
    has_given_all_ = state == poll_state::end;
    if (state != poll_state::end && !failed) recycle();
    if (failed) return std::move(*failed);
    // Idle is the thread's to wait out, not the shell's: there may be more in the ring.
    return state == poll_state::idle ? poll_state::rows : state;
  }

  /// The thread is ahead of the shell by what lies in the ring, and so is what the source can
  /// remember. So the source gets barriers of the thread's own, and is told that one is committed
  /// once a barrier of the job's that came behind it is.
  void barrier(std::uint64_t number) override {
    {
      const std::lock_guard lock{mutex_};
      auto passed = noted_;
      if (has_given_all_)
        passed = last_barrier;
      else if (current_)
        passed = current_->noted;
      else if (!ring_.empty())
        passed = ring_.front().noted;
      passed_.push_back({number, passed});
      wants_note_ = true;
    }
    changed_.notify_all();
  }
  /// Done by the thread; what fails is told by the next call. The last one waits for it.
  result<void> committed(std::uint64_t number) override {
    std::unique_lock lock{mutex_};
    while (!passed_.empty() && passed_.front().job <= number) {
      commit_ = std::max(commit_, passed_.front().source);
      passed_.pop_front();
    }
    changed_.notify_all();
    if (number == last_barrier && thread_.joinable())
      changed_.wait(lock, [this] { return commit_failed_ || committed_ == commit_; });
    if (commit_failed_) return *commit_failed_;
    return {};
  }
  void save(snapshot_writer& to) const override {
    to.write(std::string_view{position_}).write(rows_behind_).write(rejects_behind_);
  }
  result<void> load(snapshot_reader& from) override {
    std::string position;
    if (!from.read(position).read(rows_behind_).read(rejects_behind_).ok())
      return error{errc::damaged, "a saved position is cut short"};
    position_ = position;
    rows_to_skip_ = rows_behind_;
    rejects_to_skip_ = rejects_behind_;
    snapshot_reader inner{position};
    return inner_->load(inner);
  }
  source_progress progress() const override { return progress_; }
  bool blocks() const override { return false; }

private:
  /// The next batch of the ring becomes the current one.
  bool take() {
    {
      const std::lock_guard lock{mutex_};
      if (ring_.empty()) {
        wants_wake_ = true;
        return false;
      }
      current_ = std::move(ring_.front());
      ring_.pop_front();
    }
    current_->given_rows = std::min<std::uint64_t>(rows_to_skip_, current_->rows->size());
    current_->given_rejects = std::min<std::uint64_t>(rejects_to_skip_, current_->rejects->size());
    rows_to_skip_ -= current_->given_rows;
    rejects_to_skip_ -= current_->given_rejects;
    changed_.notify_all();
    return true;
  }

  static void give(polled_batch& at, credit allowed, batch_base& rows, batch<reject>& rejects) {
    const bool whole = at.given_rows == 0 && rows.empty()
                       && static_cast<std::int64_t>(at.rows->size()) <= allowed.rows;
    if (whole) {
      rows.swap(*at.rows);
      at.rows->clear();
    } else if (allowed.rows > 0) {
      rows.set_limit(rows.size() + static_cast<std::size_t>(allowed.rows));
      at.given_rows += rows.append(*at.rows, at.given_rows);
    }
    at.given_rejects += rejects.append(*at.rejects, at.given_rejects);
  }

  void recycle() {
    const std::lock_guard lock{mutex_};
    if (free_.size() < ring_batches) free_.push_back(std::move(*current_));
    current_.reset();
  }

  polled_batch fresh() {
    if (!free_.empty()) {
      auto used = std::move(free_.back());
      free_.pop_back();
      return {std::move(used.rows), std::move(used.rejects)};
    }
    return {inner_->type().make(), row_type_of<reject>().make()};
  }

  void work() {
    std::unique_lock lock{mutex_};
    for (bool is_over = false;;) {
      changed_.wait(lock, [&] {
        return is_stopping_ || has_errand() || (!is_over && ring_.size() < ring_batches);
      });
      if (is_stopping_) return;
      run_errands(lock);
      if (is_over || ring_.size() == ring_batches) continue;
      auto slot = fresh();
      slot.noted = noted_;
      is_woken_ = false;
      lock.unlock();
      fill(slot);
      lock.lock();
      is_over = slot.failed || slot.state == poll_state::end;
      if (is_over) noted_ = last_barrier;
      const bool is_idle = slot.state == poll_state::idle;
      if (slot.rows->empty() && slot.rejects->empty() && slot.state != poll_state::phase
          && slot.state != poll_state::partition_end && !is_over) {
        free_.push_back(std::move(slot));
      } else {
        ring_.push_back(std::move(slot));
        if (std::exchange(wants_wake_, false)) wake_();
      }
      if (is_idle)
        changed_.wait(lock, [this] { return is_stopping_ || is_woken_ || has_errand(); });
    }
  }

  [[nodiscard]] bool has_errand() const { return wants_note_ || committed_ != commit_; }
  /// What the source is to remember and to commit. Lets go of the lock while it does.
  void run_errands(std::unique_lock<std::mutex>& lock) {
    while (has_errand() && !is_stopping_) {
      const bool notes = std::exchange(wants_note_, false) && noted_ != last_barrier;
      const auto note = noted_ + 1;
      const auto commit = commit_;
      lock.unlock();
      auto done = notes ? user_call([&] { inner_->barrier(note); }) : result<void>{};
      if (done && commit != committed_) done = user_call([&] { return inner_->committed(commit); });
      lock.lock();
      if (notes) noted_ = note;
      committed_ = commit;
      if (!done && !commit_failed_) commit_failed_ = std::move(done).error();
      changed_.notify_all();
    }
  }

  void fill(polled_batch& slot) {
    const stopwatch time{worked_};
    auto state = user_call([&] {
      return inner_->poll(initial_credit(), *slot.rows, static_cast<batch<reject>&>(*slot.rejects));
    });
    if (state && *state == poll_state::end) {
      if (auto noted = user_call([&] { inner_->barrier(last_barrier); }); !noted)
        state = std::move(noted).error();
    }
    if (!slot.rows->empty() || !slot.rejects->empty()) time.stop();
    if (state)
      slot.state = *state;
    else
      slot.failed = std::move(state).error();
    slot.position = position_of(*inner_);
    slot.progress = inner_->progress();
  }

  static std::string position_of(const any_source& source) {
    snapshot_writer position;
    source.save(position);
    return position.take();
  }

  std::unique_ptr<any_source> inner_;
  std::function<void()> wake_;
  std::function<void(std::chrono::nanoseconds)> worked_;
  std::optional<polled_batch> current_; // the shell's
  std::string position_;                // of the source, behind all batches that were given whole
  std::uint64_t rows_behind_ = 0, rejects_behind_ = 0;   // given behind it, of a batch in pieces
  std::uint64_t rows_to_skip_ = 0, rejects_to_skip_ = 0; // given before it was loaded
  source_progress progress_;

  std::mutex mutex_; // guards what follows
  std::condition_variable changed_;
  std::deque<polled_batch> ring_;
  std::vector<polled_batch> free_;
  struct passed_barrier {
    std::uint64_t job, source; // behind this barrier of the source's lies the job's
  };
  std::deque<passed_barrier> passed_; // that the job has not committed
  std::uint64_t noted_ = 0;           // the source's last barrier
  std::uint64_t commit_ = 0;          // the one to be committed, and that was
  std::uint64_t committed_ = 0;
  std::optional<error> commit_failed_;
  bool wants_note_ = false;
  bool has_given_all_ = false; // the shell has the last rows
  bool wants_wake_ = false;
  bool is_woken_ = false;
  bool is_stopping_ = false;
  std::thread thread_;
};

/// What the shell asked of a sink, in order.
struct sink_command {
  enum class kind : std::uint8_t { write, prepare, commit, abort, close };
  kind what = kind::write;
  batch_ptr rows;
  std::uint64_t number = 0;
};

class pumped_sink final : public any_sink {
public:
  explicit pumped_sink(std::unique_ptr<any_sink> inner) : inner_{std::move(inner)} {}

  ~pumped_sink() override {
    {
      const std::lock_guard lock{mutex_};
      is_stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
    inner_.reset(); // threads of its own may wake us up to now
  }

  const row_type& type() const override { return inner_->type(); }

  result<void> open(sink_context context) override {
    wake_ = context.wake;
    worked_ = context.worked;
    context.wake = [this] {
      {
        const std::lock_guard lock{mutex_};
        is_woken_ = true;
      }
      changed_.notify_all();
    };
    if (auto opened = inner_->open(std::move(context)); !opened) return opened;
    thread_ = std::thread{[this] { work(); }};
    return {};
  }

  result<std::size_t> write(batch_base& rows, std::size_t first, bool exclusive) override {
    batch_ptr slot;
    {
      const std::lock_guard lock{mutex_};
      if (failed_) return *failed_;
      if (waiting_rows_ == ring_batches) {
        wants_wake_ = true;
        return std::size_t{0};
      }
      ++waiting_rows_;
      if (!free_.empty()) {
        slot = std::move(free_.back());
        free_.pop_back();
      }
    }
    if (slot == nullptr) slot = inner_->type().make();
    std::size_t taken = rows.size() - first;
    if (exclusive && first == 0)
      slot->swap(rows);
    else
      taken = slot->append(rows, first);
    push({sink_command::kind::write, std::move(slot), 0});
    return taken;
  }

  result<bool> prepare(std::uint64_t number) override {
    return ask(sink_command::kind::prepare, number);
  }
  result<void> commit(std::uint64_t number) override {
    return order(sink_command::kind::commit, number);
  }
  result<void> abort(std::uint64_t number) override {
    return order(sink_command::kind::abort, number);
  }
  result<bool> close() override { return ask(sink_command::kind::close, 1); }
  bool blocks() const override { return false; }

private:
  result<void> order(sink_command::kind what, std::uint64_t number) {
    push({what, nullptr, number});
    const std::lock_guard lock{mutex_};
    if (failed_) return *failed_;
    return {};
  }

  void push(sink_command command) {
    {
      const std::lock_guard lock{mutex_};
      commands_.push_back(std::move(command));
    }
    changed_.notify_all();
  }

  /// Asked once, answered when the thread has done it.
  result<bool> ask(sink_command::kind what, std::uint64_t number) {
    {
      const std::lock_guard lock{mutex_};
      if (failed_) return *failed_;
      if (asked_ && answered_) {
        asked_ = answered_ = false;
        return true;
      }
      if (asked_) return false;
      asked_ = true;
    }
    push({what, nullptr, number});
    return false;
  }

  void work() {
    std::unique_lock lock{mutex_};
    for (;;) {
      changed_.wait(lock, [this] { return is_stopping_ || !commands_.empty(); });
      if (is_stopping_) return;
      auto command = std::move(commands_.front());
      commands_.pop_front();
      is_woken_ = false;
      lock.unlock();
      const stopwatch time{worked_};
      auto done = run(command);
      time.stop();
      lock.lock();
      if (command.what == sink_command::kind::write) {
        command.rows->clear();
        free_.push_back(std::move(command.rows));
        --waiting_rows_;
      }
      const bool is_answer =
          command.what == sink_command::kind::prepare || command.what == sink_command::kind::close;
      if (!done) failed_ = std::move(done).error();
      answered_ = answered_ || is_answer;
      if (std::exchange(wants_wake_, false) || is_answer || failed_) wake_();
      if (failed_) return;
    }
  }

  result<void> run(const sink_command& command) {
    return user_call([&]() -> result<void> {
      switch (command.what) {
        case sink_command::kind::write:
          for (std::size_t first = 0; first < command.rows->size();) {
            const std::size_t all = command.rows->size();
            auto took = inner_->write(*command.rows, first, first == 0);
            if (!took) return std::move(took).error();
            if ((first += *took) < all && !wait_for_wake()) return {};
            if (first >= all) break; // it may have taken the storage too
          }
          return {};
        case sink_command::kind::prepare:
          return until_done([&] { return inner_->prepare(command.number); });
        case sink_command::kind::close: return until_done([&] { return inner_->close(); });
        case sink_command::kind::commit: return inner_->commit(command.number);
        case sink_command::kind::abort: return inner_->abort(command.number);
      }
      return {};
    });
  }

  template <class Call>
  result<void> until_done(Call call) {
    for (;;) {
      auto done = call();
      if (!done) return std::move(done).error();
      if (*done || !wait_for_wake()) return {};
    }
  }

  bool wait_for_wake() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return is_stopping_ || is_woken_; });
    is_woken_ = false;
    return !is_stopping_;
  }

  std::unique_ptr<any_sink> inner_;
  std::function<void()> wake_;
  std::function<void(std::chrono::nanoseconds)> worked_;

  std::mutex mutex_; // guards what follows
  std::condition_variable changed_;
  std::deque<sink_command> commands_;
  std::vector<batch_ptr> free_;
  std::size_t waiting_rows_ = 0;
  std::optional<error> failed_;
  bool asked_ = false;
  bool answered_ = false;
  bool wants_wake_ = false;
  bool is_woken_ = false;
  bool is_stopping_ = false;
  std::thread thread_;
};

} // namespace

std::unique_ptr<any_source> pump(std::unique_ptr<any_source> blocking) {
  return std::make_unique<pumped_source>(std::move(blocking));
}

std::unique_ptr<any_sink> pump(std::unique_ptr<any_sink> blocking) {
  return std::make_unique<pumped_sink>(std::move(blocking));
}

} // namespace weir
