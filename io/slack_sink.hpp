// SPDX-License-Identifier: Apache-2.0
//
// slack: posts a row's text to a channel of Slack, by chat.postMessage and a bot's token.
//
// Alerts are told as well as can be, and never hold anybody up: a row is taken at once, a barrier
// does not wait, and what waits in memory (`waiting_alerts`) is lost with the process. Alerts leave
// in order, one at a time. One is tried again when nobody answers or Slack is unwell, after growing
// waits or as long as its `Retry-After` says; it may so arrive twice. What is refused, was tried
// `tries` times or finds no room is dropped: counted as lost, and told of, also to who asked for
// errors alone. With `key` at most one alert for each of its values is sent in `every`; those that
// are dropped do not count. When the stream ends, what waits has `leave_within`.
// The token is read when the job starts and shown nowhere; without TLS it is sent to this machine
// only. In texts `&` and `<` are escaped, so that no row can mention anybody, or show a link as
// something else than where it leads.
//
//   alerts | to(slack({.channel = "#alerts", .token = secret("SLACK_BOT_TOKEN")}))
//   alerts | to(slack({.channel = "#alerts", .text = "what", .key = "card"}))

#pragma once

#include <weir/actors/operators/spec.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace weir {

/// What `slack` may be told.
struct slack_options {
  /// A channel's name or identity: `#alerts`, `C024BE91L`.
  std::string channel = {};
  secret token = secret{"SLACK_BOT_TOKEN"};
  /// Where it posts.
  std::string address = "https://slack.com/api/chat.postMessage";
  /// The field that is the text. A record of one field needs none.
  std::string text = "text";
  /// The field for whose value at most one alert is sent in `every`; empty: none is held back.
  std::string key = {};
  duration every = std::chrono::seconds{60};
  /// Alerts that may wait, each of 40,000 bytes at most; longer ones are cut and end in `…`.
  std::uint64_t waiting_alerts = 1000;
  /// How often an alert is tried.
  std::int32_t tries = 5;
  /// Before the second try; it doubles up to `longest_wait`.
  duration first_wait = std::chrono::milliseconds{500};
  duration longest_wait = std::chrono::seconds{30};
  duration answer_timeout = std::chrono::seconds{10};
  /// What is still waiting has so long when the stream ends.
  duration leave_within = std::chrono::seconds{10};
  /// A PEM file of authorities trusted beside the system's.
  std::string ca_file = {};
  /// Of the chance in waits.
  std::uint64_t seed = 1;
};
BOOST_DESCRIBE_STRUCT(slack_options, (),
                      (channel, address, text, key, every, waiting_alerts, tries, first_wait,
                       longest_wait, answer_timeout, leave_within, ca_file, seed))

namespace detail {
result<std::unique_ptr<any_sink>> make_slack_sink(const row_type& type,
                                                  const slack_options& options);
} // namespace detail

/// A sink_spec: a channel of Slack.
template <tabular T>
class slack_sink {
public:
  using row = T;

  explicit slack_sink(std::shared_ptr<slack_options> options) : options_{std::move(options)} {}

  [[nodiscard]] std::string describe() const { return "slack(" + options_->channel + ")"; }
  [[nodiscard]] options_ref options() const {
    return make_options_ref(options_, {{"token", options_->token}});
  }
  [[nodiscard]] result<std::unique_ptr<any_sink>> make() const {
    return detail::make_slack_sink(row_type_of<T>(), *options_);
  }

private:
  std::shared_ptr<slack_options> options_;
};

/// A channel of Slack for rows of whatever record the stream has.
class slack_sink_for_any {
public:
  explicit slack_sink_for_any(slack_options options)
      : options_{std::make_shared<slack_options>(std::move(options))} {}

  template <class T>
  [[nodiscard]] auto bind() const {
    static_assert(tabular<T>, "weir: slack takes texts, or records with a field of text: describe "
                              "the row's struct with BOOST_DESCRIBE_STRUCT, or map it to one");
    if constexpr (tabular<T>) return slack_sink<T>{options_};
  }

private:
  std::shared_ptr<slack_options> options_;
};

[[nodiscard]] inline slack_sink_for_any slack(slack_options options) {
  return slack_sink_for_any{std::move(options)};
}

} // namespace weir
