// SPDX-License-Identifier: Apache-2.0
//
// slack_outbox: which alert is to be sent when, and which never will be. It does no I/O and knows
// no clock: its owner tells it the time, sends what `next` gives, and tells what came of it.
//
// Alerts leave in order, one at a time. One that failed is tried again after a wait that doubles,
// shortened by chance to between a half and the whole of it, or that Slack has asked for; after
// `tries` it is dropped, and so is one that Slack refuses, or that comes when `waiting_alerts` do
// wait. At most one alert of a key is taken in `every`, others are held back; one that is dropped
// does not count, so the next of its key may go. Whatever does not arrive is counted, and told
// by `take_warning`. Memory: `waiting_alerts` texts and 65,536 keys. One thread at a time.
//
//   outbox.put("card 17", "is used in two cities", now);
//   if (const auto* text = outbox.next(now)) ...;      // sent; later:
//   outbox.answered(read_slack_answer(response), now);

#pragma once

#include <weir/actors/stream/error.hpp>
#include <weir/actors/stream/timestamp.hpp>
#include <weir/io/http_client.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace weir {

/// What came of sending an alert.
struct slack_outcome {
  enum class verdict : std::uint8_t {
    delivered,
    again,   ///< May go well another time.
    refused, ///< Never will.
  };
  verdict what = verdict::delivered;
  std::string why = {};              ///< In a few words; of `refused` with Slack's own.
  std::optional<duration> wait = {}; ///< Slack wants nothing for so long.
};

/// What Slack's answer, or why there is none, says of an alert.
[[nodiscard]] slack_outcome read_slack_answer(const result<http_response>& answer);

struct slack_outbox_options {
  std::size_t waiting_alerts = 1000;
  int tries = 5;
  duration first_wait = std::chrono::milliseconds{500};
  duration longest_wait = std::chrono::seconds{30};
  duration every = std::chrono::seconds{60};
  std::uint64_t seed = 1;
};

class slack_outbox {
public:
  using moment = std::chrono::steady_clock::time_point;

  explicit slack_outbox(slack_outbox_options options) : options_{options}, chance_{options.seed} {}

  /// Without a key an alert is never held back.
  void put(const std::optional<std::string>& key, std::string text, moment now);
  /// What is to be sent now. nullptr: nothing waits, one is out, or it is too early.
  [[nodiscard]] const std::string* next(moment now);
  /// When `next` will give something; nothing: not before `put` or `answered`.
  [[nodiscard]] std::optional<moment> due() const;
  /// What came of what `next` gave.
  void answered(const slack_outcome& outcome, moment now);
  /// Drops all that waits or is out.
  void give_up(const std::string& why);

  [[nodiscard]] bool is_empty() const noexcept { return waiting_.empty(); }
  [[nodiscard]] std::uint64_t delivered() const noexcept { return delivered_; }
  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }
  [[nodiscard]] std::uint64_t held_back() const noexcept { return held_back_; }

  /// What a person should know of the alerts dropped since the last warning; once a minute at most.
  [[nodiscard]] std::optional<std::string> take_warning(moment now);
  /// At the end: how it went, if not all arrived.
  [[nodiscard]] std::optional<std::string> last_warning() const;

private:
  struct alert {
    std::string text;
    std::optional<std::string> key; // if others of it are held back
    moment taken_at{};
    int tries = 0;
  };

  bool is_recent(const std::string& key, moment now);
  void drop_first(const std::string& why);
  void drop(const std::string& why);
  [[nodiscard]] duration wait_after(int tries);

  const slack_outbox_options options_;
  std::mt19937_64 chance_;
  std::deque<alert> waiting_; // the first is the one that is out, if one is
  bool is_out_ = false;
  moment not_before_{};
  std::list<std::pair<moment, std::string>> recent_; // keys, and when one of them was taken
  std::unordered_map<std::string_view, decltype(recent_)::iterator> recent_by_key_;
  std::uint64_t delivered_ = 0, dropped_ = 0, held_back_ = 0;
  std::map<std::string, std::uint64_t> untold_, all_; // dropped, by the reason
  std::optional<moment> warned_at_;
};

} // namespace weir
