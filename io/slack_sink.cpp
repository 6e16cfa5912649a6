// SPDX-License-Identifier: Apache-2.0

#include <weir/io/http_client.hpp>
#include <weir/io/http_url.hpp>
#include <weir/io/json_writer.hpp>
#include <weir/io/slack_outbox.hpp>
#include <weir/io/slack_sink.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <optional>

namespace weir {
namespace {

using clock = std::chrono::steady_clock;

// Slack cuts behind as many characters, as it gets them: escapes count.
constexpr std::size_t most_text_bytes = 40'000;
constexpr std::string_view cut_mark = "…";

std::string json_string(std::string_view text) {
  std::string quoted(6 * text.size() + 2, '\0');
  quoted.resize(static_cast<std::size_t>(write_json_string(quoted.data(), text) - quoted.data()));
  return quoted;
}

constexpr bool goes_on(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

/// Whatever Slack reads in a text begins with one of these two. A long text is cut between two
/// characters.
std::string escaped(std::string_view text) {
  std::string made;
  made.reserve(std::min(text.size(), most_text_bytes));
  std::size_t cut = 0; // where there is room for the mark
  for (const char c : text) {
    if (!goes_on(c) && made.size() + cut_mark.size() <= most_text_bytes) cut = made.size();
    if (c == '&')
      made += "&amp;";
    else if (c == '<')
      made += "&lt;";
    else
      made += c;
    if (made.size() <= most_text_bytes) continue;
    made.resize(cut);
    made += cut_mark;
    break;
  }
  return made;
}

/// The fields of a row that matter here.
class alert_reader {
public:
  static result<alert_reader> make(const row_type& type, const slack_options& options) {
    alert_reader made;
    const auto& fields = type.table->fields;
    made.text_ = fields.size() == 1 ? &fields.front() : type.table->find(options.text);
    if (made.text_ == nullptr)
      return error{errc::config, fmt::format("{} has no field '{}' to be an alert's text; set "
                                             "slack's option text",
                                             type.name, options.text)};
    if (!is_text(made.text_->kind))
      return error{errc::config,
                   fmt::format("the field '{}' of {} is {}; an alert needs text", made.text_->name,
                               type.name, name_of(made.text_->kind))};
    if (options.key.empty()) return made;
    made.key_ = type.table->find(options.key);
    if (made.key_ == nullptr)
      return error{errc::config,
                   fmt::format("{} has no field '{}' to tell alerts apart by; set slack's option "
                               "key",
                               type.name, options.key)};
    return made;
  }

  [[nodiscard]] std::string text_of(const void* row) const {
    return escaped(value_of(*text_, row));
  }
  [[nodiscard]] std::optional<std::string> key_of(const void* row) const {
    if (key_ == nullptr) return std::nullopt;
    return value_of(*key_, row);
  }

private:
  static std::string value_of(const field_info& field, const void* row) {
    const void* value = field.value_in(row);
    if (value == nullptr) return {};
    if (field.kind == field_kind::text) return *static_cast<const std::string*>(value);
    if (field.kind == field_kind::text_view)
      return std::string{*static_cast<const std::string_view*>(value)};
    std::string text;
    append_json_value(text, field, value);
    return text;
  }

  const field_info* text_ = nullptr;
  const field_info* key_ = nullptr;
};

/// Sends what the outbox gives. Its steps come from the sink's actor and from the client's thread.
class slack_post {
public:
  slack_post(const slack_options& options, sink_context context, std::string authorization)
      : options_{options},
        context_{std::move(context)},
        authorization_{std::move(authorization)},
        outbox_{{.waiting_alerts = options.waiting_alerts,
                 .tries = options.tries,
                 .first_wait = options.first_wait,
                 .longest_wait = options.longest_wait,
                 .every = options.every,
                 .seed = options.seed}} {}

  /// A job that failed or was told to end at once leaves nobody waiting; nor is silent about it.
  ~slack_post() {
    client_.reset();
    outbox_.give_up("left behind, as the job ended at once");
    count_lost();
    if (!is_closed_) tell_end();
  }
  slack_post(const slack_post&) = delete;
  slack_post& operator=(const slack_post&) = delete;

  result<void> open() {
    auto made =
        http_client::make({.answer_timeout = options_.answer_timeout, .ca_file = options_.ca_file});
    if (!made) return std::move(made).error();
    client_ = std::move(*made);
    return {};
  }

  void put(const std::optional<std::string>& key, std::string text) {
    const std::lock_guard lock{mutex_};
    outbox_.put(key, std::move(text), clock::now());
    count_lost();
  }

  void step() {
    std::optional<std::string> text, warning;
    std::optional<clock::duration> pause;
    bool is_over = false;
    {
      const std::lock_guard lock{mutex_};
      const auto now = clock::now();
      warning = outbox_.take_warning(now);
      if (const auto* next = outbox_.next(now)) text = *next;
      if (const auto due = outbox_.due(); due && !is_waiting_) {
        is_waiting_ = true;
        pause = std::max(*due - now, clock::duration::zero());
      }
      is_over = is_closing_ && outbox_.is_empty();
    }
    tell(context_.warn, warning);
    if (text) send(*text);
    if (pause)
      client_->after(*pause, [this] {
        {
          const std::lock_guard lock{mutex_};
          is_waiting_ = false;
        }
        step();
      });
    if (is_over) context_.wake();
  }

  /// True: nothing waits any more, or its time is over.
  bool close() {
    bool is_first = false;
    {
      const std::lock_guard lock{mutex_};
      is_first = !std::exchange(is_closing_, true);
      if (!outbox_.is_empty() && !is_first) return false;
      is_closed_ = outbox_.is_empty();
    }
    if (is_closed_) {
      tell_end();
      return true;
    }
    client_->after(options_.leave_within, [this] { leave(); });
    return false;
  }

private:
  void send(const std::string& text) {
    client_->send({.method = "POST",
                   .url = options_.address,
                   .headers = {{"Authorization", authorization_},
                               {"Content-Type", "application/json; charset=utf-8"}},
                   .body = fmt::format(R"({{"channel":{},"text":{}}})",
                                       json_string(options_.channel), json_string(text))},
                  [this](const result<http_response>& answer) {
                    {
                      const std::lock_guard lock{mutex_};
                      outbox_.answered(read_slack_answer(answer), clock::now());
                      count_lost();
                    }
                    step();
                  });
  }

  void leave() {
    {
      const std::lock_guard lock{mutex_};
      outbox_.give_up(fmt::format("left behind, as they had {} when the job ended",
                                  to_string(options_.leave_within)));
      count_lost();
    }
    context_.wake();
  }

  void count_lost() {
    const auto before = std::exchange(counted_lost_, outbox_.dropped());
    if (counted_lost_ > before && context_.lost) context_.lost(counted_lost_ - before);
  }
  /// How it went: what was held back was so as asked for, what was dropped is lost.
  void tell_end() const {
    const bool is_loss = outbox_.dropped() > 0 && context_.warn_of_loss;
    tell(is_loss ? context_.warn_of_loss : context_.warn, outbox_.last_warning());
  }
  void tell(const std::function<void(const std::string&)>& person,
            const std::optional<std::string>& text) const {
    if (text && person) person(without_secrets(context_.name + ": " + *text));
  }

  const slack_options options_;
  const sink_context context_;
  const std::string authorization_;
  std::mutex mutex_;
  slack_outbox outbox_;
  std::uint64_t counted_lost_ = 0;
  bool is_waiting_ = false; // for the time that the outbox has said
  bool is_closing_ = false;
  bool is_closed_ = false;
  std::unique_ptr<http_client> client_;
};

class posting_sink final : public any_sink {
public:
  posting_sink(const row_type& type, alert_reader reader, slack_options options)
      : type_{type}, reader_{reader}, options_{std::move(options)} {}

  [[nodiscard]] const row_type& type() const override { return type_; }

  result<void> open(sink_context context) override {
    auto token = options_.token.read();
    if (!token) return std::move(token).error();
    const bool is_visible =
        std::all_of(token->begin(), token->end(), [](char c) { return c > ' ' && c < '\x7f'; });
    if (!is_visible)
      return error{errc::config, fmt::format("the secret {} holds blanks or line breaks, which no "
                                             "token has: look at its beginning and end",
                                             options_.token.name())};
    post_ = std::make_unique<slack_post>(options_, std::move(context), "Bearer " + *token);
    return post_->open();
  }

  result<std::size_t> write(batch_base& rows, std::size_t first, bool) override {
    const auto* data = static_cast<const std::byte*>(rows.row_data());
    for (std::size_t i = first; i < rows.size(); ++i) {
      const void* row = data + i * type_.row_bytes;
      post_->put(reader_.key_of(row), reader_.text_of(row));
    }
    post_->step();
    return rows.size() - first;
  }
  result<bool> prepare(std::uint64_t) override { return true; } // payments wait for no alert
  result<void> commit(std::uint64_t) override { return {}; }
  result<void> abort(std::uint64_t) override { return {}; }
  result<bool> close() override { return post_->close(); }
  [[nodiscard]] bool blocks() const override { return false; }

private:
  const row_type& type_;
  const alert_reader reader_;
  const slack_options options_;
  std::unique_ptr<slack_post> post_;
};

result<void> check(const slack_options& options) {
  const auto refuse = [](std::string why) { return error{errc::config, std::move(why)}; };
  if (options.channel.empty()) return refuse("say which channel, such as channel=#alerts");
  auto url = parse_http_url(options.address);
  if (!url) return std::move(url).error();
  if (!url->is_secure && !url->is_on_this_machine())
    return refuse(fmt::format("the token is not sent to {} without TLS, where others could read "
                              "it: write https://",
                              url->place()));
  if (options.tries < 1) return refuse("tries must be at least 1");
  if (options.waiting_alerts < 1) return refuse("waiting_alerts must be at least 1");
  const auto least = std::min({options.every, options.first_wait, options.longest_wait,
                               options.leave_within, options.answer_timeout - duration{1}});
  if (least.count() < 0)
    return refuse("every, first_wait, longest_wait and leave_within are no times before now, and "
                  "answer_timeout is above 0s");
  return {};
}

} // namespace

result<std::unique_ptr<any_sink>> detail::make_slack_sink(const row_type& type,
                                                          const slack_options& options) {
  if (auto fine = check(options); !fine) return std::move(fine).error();
  auto reader = alert_reader::make(type, options);
  if (!reader) return std::move(reader).error();
  return std::unique_ptr<any_sink>{std::make_unique<posting_sink>(type, *reader, options)};
}

} // namespace weir
