// SPDX-License-Identifier: Apache-2.0
//
// operator_driver: plays the shell for one operator with one inlet, in any way that may not change
// what it gives: any cut into batches, any room, watermarks and times in between, restarts.
//
//   operator_driver<int, int> got{make, any_driving(by)};
//   got.run(rows, places_for(rows.size(), by), pauses);

#pragma once

#include <weir/actors/operators/any_operator.hpp>
#include <weir/actors/stream/error.hpp>
#include <weir/tests/support/driving.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::test {

using operator_factory = std::function<result<std::unique_ptr<any_operator>>()>;

/// What came out of one outlet. The batches are kept: rows may borrow from them.
template <row Out>
struct outlet_output {
  std::vector<std::shared_ptr<batch<Out>>> batches;
  std::vector<timestamp> watermarks;

  [[nodiscard]] std::vector<Out> rows() const {
    std::vector<Out> all;
    for (const auto& one : batches) all.insert(all.end(), one->rows().begin(), one->rows().end());
    return all;
  }
  /// `row origin, time` of each row.
  [[nodiscard]] std::vector<std::string> places() const {
    std::vector<std::string> all;
    for (const auto& one : batches)
      for (std::size_t i = 0; i < one->size(); ++i)
        all.push_back(to_string(one->origin_of(i)) + " "
                      + (one->has_times() ? to_string(one->time_of(i)) : "no time"));
    return all;
  }
};

/// Plays the shell for one operator with one inlet.
template <row In, row Out>
class operator_driver {
public:
  operator_driver(operator_factory make, driving how)
      : make_{std::move(make)},
        how_{std::move(how)},
        runs_{*make_()},
        out_(runs_->outlet_types().size()) {
    for (auto& outlet : out_) open_new(outlet);
    set_driven_time(now_);
  }

  /// Feeds all rows, then the end of phase 1 and the end of the stream.
  void run(const std::vector<In>& rows, const std::vector<placed>& where,
           const std::vector<pause>& pauses = {}) {
    for (const auto& one : where) promised_[{one.in, one.position}] = one.own_watermark;
    auto next = pauses.begin();
    for (std::size_t at = 0, batches = 0; at < rows.size(); ++batches) {
      for (; next != pauses.end() && next->before_row <= at; ++next) take_pause(*next);
      if (how_.restart_after == batches) restart();
      const auto end = next == pauses.end() ? rows.size() : next->before_row;
      auto in = make_batch(rows, where, at, std::min(end, rows.size()));
      at += in->size();
      feed(*in);
      if (runs_->wants_no_more()) break;
    }
    if (runs_->wants_no_more()) {
      check_makes_no_more(rows, where);
    } else {
      mark(any_operator::mark::phase, 1);
      mark(any_operator::mark::end, 0);
    }
    for (auto& outlet : out_) flush(outlet);
    flush_rejects();
    require(rejected_.empty() || runs_->may_reject(), "an operator that rejects says so");
    late_rows_ = runs_->usage().late_rows;
  }

  [[nodiscard]] const outlet_output<Out>& output(std::size_t outlet) const {
    return out_[outlet].taken;
  }
  [[nodiscard]] std::size_t outlets_count() const { return out_.size(); }
  /// `where: reason: raw` of each.
  [[nodiscard]] const std::vector<std::string>& rejects() const { return rejected_; }
  [[nodiscard]] std::size_t late_rows() const { return late_rows_; }

private:
  struct outlet {
    std::shared_ptr<batch<Out>> open;
    outlet_output<Out> taken;
  };

  std::shared_ptr<batch<In>> make_batch(const std::vector<In>& rows,
                                        const std::vector<placed>& where, std::size_t at,
                                        std::size_t end) {
    auto in = std::make_shared<batch<In>>();
    const std::size_t cut = next_of(how_.cuts, cuts_used_);
    const std::size_t most = cut == 0 ? in->capacity() : std::min(cut, in->capacity());
    batch<In> one{1};
    for (std::size_t i = at; i < end && in->size() < most; ++i) {
      one.clear();
      one.set_origin({where[i].in, where[i].position});
      one.set_own_watermark(where[i].own_watermark);
      if (where[i].time) one.times_for_writing()[0] = *where[i].time;
      one.push_back(rows[i]);
      if (in->append(one, 0) == 0) break;
    }
    // Text of its own: who does not keep it is found out by the address sanitizer.
    if constexpr (tabular<In> && borrows<In>)
      in->keep(detail::gather_text(record_of<In>(), in->rows_for_writing().data(), in->size()));
    return in;
  }

  void feed(batch<In>& in) {
    const std::size_t all = in.size();
    std::size_t done = 0;
    for (int calls = 0; done < all && !runs_->wants_no_more(); ++calls) {
      require(calls < 100'000, "calls come to an end");
      for (auto& outlet : out_)
        if (!outlet.open->can_follow(in)) flush(outlet);
      const std::size_t consumed =
          runs_->on_batch(0, any_view{&in, done, how_.exclusive}, outlets_now());
      require(consumed <= all - done, "no more rows consumed than given");
      done += consumed;
      after_call(done < all);
    }
  }

  void after_call(bool has_rest) {
    const bool any_full = rejects_.is_full() || std::ranges::any_of(out_, [](const outlet& o) {
                            return o.open->is_full();
                          });
    if (has_rest && !any_full && !runs_->wants_no_more()) {
      // Only time may hold it up.
      if (const auto at = runs_->resume_at(now_)) {
        require(*at > now_, "resume_at names a time to come");
        set_driven_time(now_ = *at);
      }
    }
    for (auto& outlet : out_)
      if (how_.flush_often || outlet.open->is_full()) flush(outlet);
    if (how_.flush_often || rejects_.is_full()) flush_rejects();
  }

  void mark(any_operator::mark kind, std::int64_t value) {
    until_done([&] { return runs_->on_mark(kind, value, outlets_now()); });
  }
  /// Calls it again as long as it says that it is not done. What rows gave has left, as in a chain.
  template <class Call>
  void until_done(Call call) {
    for (auto& outlet : out_) flush(outlet);
    for (int calls = 0;; ++calls) {
      require(calls < 100'000, "calls come to an end");
      const bool is_done = call();
      const bool any_full =
          std::ranges::any_of(out_, [](const outlet& o) { return o.open->is_full(); });
      require(is_done || any_full, "a mark or a moment is refused only with an outlet full");
      for (auto& outlet : out_) flush(outlet);
      if (is_done) return;
    }
  }

  void take_pause(const pause& now) {
    if (runs_->wants_no_more()) return;
    set_driven_time(now_ = std::max(now_, now.time));
    if (now.watermark && !runs_->chooses_time())
      mark(any_operator::mark::watermark, now.watermark->time_since_epoch().count());
    for (int calls = 0; runs_->wakes_at() && *runs_->wakes_at() <= now_; ++calls) {
      require(calls < 10'000, "wakes_at moves on");
      until_done([&] { return runs_->on_wake(now_, outlets_now()); });
    }
  }

  void check_makes_no_more(const std::vector<In>& rows, const std::vector<placed>& where) {
    for (auto& outlet : out_) flush(outlet);
    auto in = make_batch(rows, where, 0, rows.size());
    runs_->on_batch(0, any_view{in.get(), 0, false}, outlets_now());
    for (auto& outlet : out_) require(outlet.open->empty(), "no rows after wants_no_more");
  }

  void restart() {
    snapshot_writer saved;
    runs_->save(saved);
    runs_ = std::move(*make_());
    snapshot_reader reader{saved.bytes()};
    runs_->load(reader);
    require(reader.is_finished(), "load reads what save wrote");
  }

  void flush(outlet& from) {
    if (from.open->watermark()) {
      auto& seen = from.taken.watermarks;
      require(seen.empty() || seen.back() <= *from.open->watermark(), "watermarks never go back");
      seen.push_back(*from.open->watermark());
    }
    check_own_watermark(*from.open);
    if (!from.open->empty()) from.taken.batches.push_back(from.open);
    open_new(from);
  }

  void check_own_watermark(const batch<Out>& made) const {
    if (runs_->chooses_time()) return;
    for (std::size_t i = 0; i < made.size(); ++i) {
      const auto from = made.origin_of(i);
      const auto found = promised_.find({from.partition, from.position});
      require(from.partition == nullptr
                  || (found != promised_.end() && found->second == made.own_watermark()),
              "what the partition had promised goes along with its rows");
    }
  }

  void open_new(outlet& at) {
    at.open = std::make_shared<batch<Out>>();
    if (const std::size_t room = next_of(how_.rooms, rooms_used_); room > 0)
      at.open->set_limit(room);
  }

  outlets outlets_now() {
    open_.clear();
    for (auto& outlet : out_) open_.push_back(outlet.open.get());
    return outlets{open_, &rejects_};
  }
  void flush_rejects() {
    for (const auto& one : rejects_.rows())
      rejected_.push_back(one.source + " " + one.where + ": " + one.reason + ": " + one.raw);
    rejects_.clear();
    if (const std::size_t room = next_of(how_.rooms, rooms_used_); room > 0)
      rejects_.set_limit(room);
  }

  static std::size_t next_of(const std::vector<std::uint8_t>& from, std::size_t& used) {
    return used < from.size() ? from[used++] : 0;
  }

  operator_factory make_;
  driving how_;
  std::unique_ptr<any_operator> runs_;
  std::vector<outlet> out_;
  std::vector<batch_base*> open_;
  batch<reject> rejects_;
  std::vector<std::string> rejected_;
  std::size_t late_rows_ = 0;
  std::map<std::pair<const partition*, std::uint64_t>, timestamp> promised_; // by origin
  std::size_t cuts_used_ = 0;
  std::size_t rooms_used_ = 0;
  moment now_{};
};

} // namespace weir::test
