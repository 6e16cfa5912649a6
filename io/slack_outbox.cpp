// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/secret.hpp>
#include <weir/io/json_reader.hpp>
#include <weir/io/slack_outbox.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>

namespace weir {
namespace {

using verdict = slack_outcome::verdict;

constexpr std::size_t most_keys = 65'536;
constexpr std::size_t most_reasons = 16;
constexpr std::size_t most_reason_bytes = 200;
constexpr std::chrono::minutes warn_every{1};
constexpr std::chrono::hours longest_pause{1};

/// What Slack says of itself, not of the alert: https://docs.slack.dev/reference/methods.
constexpr std::array<std::string_view, 7> passing{
    "ratelimited",         "rate_limited",    "internal_error",   "fatal_error",
    "service_unavailable", "request_timeout", "team_added_to_org"};

struct advice {
  std::string_view word;
  std::string_view what_to_do;
};
constexpr std::string_view other_token = "give it the token of a bot of this workspace";
constexpr std::array<advice, 10> advices{
    {{"invalid_auth", other_token},
     {"not_authed", other_token},
     {"token_revoked", other_token},
     {"token_expired", other_token},
     {"account_inactive", other_token},
     {"missing_scope", "give the bot the scope chat:write"},
     {"channel_not_found", "name a channel that the bot can see"},
     {"not_in_channel", "invite the bot to the channel"},
     {"is_archived", "the channel is archived: name another"},
     {"restricted_action", "let the bot post to the channel"}}};

/// Slack's word, and what a person can do about it.
std::string refusal(std::string_view word) {
  const auto* const known = std::ranges::find(advices, word, &advice::word);
  return known == advices.end() ? fmt::format("refused: {}", word)
                                : fmt::format("refused: {}: {}", word, known->what_to_do);
}

struct slack_answer {
  bool ok = false;
  std::optional<std::string> error;
};
BOOST_DESCRIBE_STRUCT(slack_answer, (), (ok, error))

std::optional<duration> pause_of(const http_response& answer) {
  const auto text = answer.header("Retry-After");
  std::int64_t seconds = 0;
  if (!text) return std::nullopt;
  const auto* end = text->data() + text->size();
  const auto [stop, problem] = std::from_chars(text->data(), end, seconds);
  if (stop != end || seconds < 0) return std::nullopt;
  if (problem == std::errc::result_out_of_range) return longest_pause;
  if (problem != std::errc{}) return std::nullopt;
  return std::min<duration>(longest_pause,
                            std::chrono::seconds{std::min<std::int64_t>(seconds, 24 * 3600)});
}

/// Words are shown on terminals, whoever sent them, and whatever they repeat.
std::string plain(std::string word) {
  word = without_secrets(std::move(word));
  word.resize(std::min<std::size_t>(word.size(), 60));
  for (char& c : word)
    if (c != '_' && std::isalnum(static_cast<unsigned char>(c)) == 0) c = '?';
  return word;
}

std::string counted(std::uint64_t count) {
  return count == 1 ? "1 alert" : fmt::format("{} alerts", count);
}

std::string listed(const std::map<std::string, std::uint64_t>& reasons) {
  std::string text;
  for (const auto& [why, count] : reasons)
    text += fmt::format("{}{} {}", text.empty() ? "" : "; ", count, why);
  return text;
}

} // namespace

slack_outcome read_slack_answer(const result<http_response>& answer) {
  if (!answer) {
    const bool is_lasting = answer.error().code == errc::config;
    return {is_lasting ? verdict::refused : verdict::again, answer.error().message};
  }
  const int status = answer->status;
  if (status == 429) return {verdict::again, "too many for Slack (429)", pause_of(*answer)};
  if (status >= 500 || status == 408)
    return {verdict::again, fmt::format("answered with {}", status), pause_of(*answer)};
  if (status != 200) return {verdict::refused, fmt::format("answered with {}", status)};
  json_reader reader{record_of<slack_answer>()};
  slack_answer said;
  if (!reader.read(answer->body, &said)) return {verdict::again, "answered with what is no answer"};
  if (said.ok) return {};
  const auto word = plain(said.error.value_or("no_reason_given"));
  const bool is_passing = std::ranges::find(passing, word) != passing.end();
  return {is_passing ? verdict::again : verdict::refused, refusal(word), pause_of(*answer)};
}

void slack_outbox::put(const std::optional<std::string>& key, std::string text, moment now) {
  const bool is_limited = key && options_.every.count() > 0;
  if (is_limited && is_recent(*key, now)) {
    ++held_back_;
    return;
  }
  if (waiting_.size() >= options_.waiting_alerts)
    return drop(fmt::format("not taken, as {} were waiting", options_.waiting_alerts));
  if (is_limited) {
    const auto place = recent_.insert(recent_.end(), {now, *key});
    recent_by_key_.emplace(place->second, place);
  }
  waiting_.push_back({std::move(text), is_limited ? key : std::nullopt, now});
}

bool slack_outbox::is_recent(const std::string& key, moment now) {
  const auto is_over = [&](const auto& each) { return now - each.first >= options_.every; };
  while (!recent_.empty() && (is_over(recent_.front()) || recent_.size() >= most_keys)) {
    recent_by_key_.erase(recent_.front().second);
    recent_.pop_front();
  }
  return recent_by_key_.contains(key);
}

const std::string* slack_outbox::next(moment now) {
  if (is_out_ || waiting_.empty() || now < not_before_) return nullptr;
  is_out_ = true;
  return &waiting_.front().text;
}

std::optional<slack_outbox::moment> slack_outbox::due() const {
  if (is_out_ || waiting_.empty()) return std::nullopt;
  return not_before_;
}

void slack_outbox::answered(const slack_outcome& outcome, moment now) {
  if (!std::exchange(is_out_, false)) return; // given up meanwhile
  auto& sent = waiting_.front();
  ++sent.tries;
  if (outcome.what == verdict::again) {
    not_before_ = now + outcome.wait.value_or(wait_after(sent.tries));
    if (sent.tries < options_.tries) return;
    drop_first(fmt::format("tried {} times: {}", sent.tries, outcome.why));
  } else if (outcome.what == verdict::refused) {
    drop_first(outcome.why);
  } else {
    ++delivered_;
    waiting_.pop_front();
  }
}

/// Doubling waits with chance keep many senders that failed together from coming back together.
duration slack_outbox::wait_after(int tries) {
  const double doubled =
      std::ldexp(static_cast<double>(options_.first_wait.count()), std::min(tries, 40) - 1);
  const double whole = std::min(doubled, static_cast<double>(options_.longest_wait.count()));
  const double share = std::uniform_real_distribution<double>{0.5, 1.0}(chance_);
  return duration{static_cast<std::int64_t>(whole * share)};
}

void slack_outbox::give_up(const std::string& why) {
  while (!waiting_.empty()) drop_first(why);
  is_out_ = false;
}

/// What nobody heard of holds no other alert of its key back.
void slack_outbox::drop_first(const std::string& why) {
  const auto& first = waiting_.front();
  const auto known = first.key ? recent_by_key_.find(*first.key) : recent_by_key_.end();
  if (known != recent_by_key_.end() && known->second->first == first.taken_at) {
    const auto place = known->second;
    recent_by_key_.erase(known); // its key lies there
    recent_.erase(place);
  }
  waiting_.pop_front();
  drop(why);
}

void slack_outbox::drop(const std::string& why) {
  ++dropped_;
  for (auto* reasons : {&untold_, &all_}) {
    const bool is_known = reasons->contains(why) || reasons->size() < most_reasons;
    ++(*reasons)[is_known ? why.substr(0, most_reason_bytes) : "for other reasons"];
  }
}

std::optional<std::string> slack_outbox::take_warning(moment now) {
  if (untold_.empty() || (warned_at_ && now - *warned_at_ < warn_every)) return std::nullopt;
  warned_at_ = now;
  std::uint64_t count = 0;
  for (const auto& [why, times] : untold_) count += times;
  return fmt::format("{} dropped: {}", counted(count), listed(std::exchange(untold_, {})));
}

std::optional<std::string> slack_outbox::last_warning() const {
  if (dropped_ == 0 && held_back_ == 0) return std::nullopt;
  auto text = counted(delivered_) + " delivered";
  if (held_back_ > 0)
    text += fmt::format("; {} held back, less than {} behind one of the same key", held_back_,
                        to_string(options_.every));
  if (dropped_ > 0) text += fmt::format("; {} dropped: {}", dropped_, listed(all_));
  return text;
}

} // namespace weir
