// SPDX-License-Identifier: Apache-2.0
//
// payments: makes payments up, parts the suspicious from the others, says them in words, and alerts
// people: four programs joined by Kafka topics, or one.
//
//   payments demo --rate 5
//   payments detect --brokers localhost:9092

#include <weir/apps/payments/generator.hpp>
#include <weir/apps/payments/payment.hpp>
#include <weir/apps/payments/topics.hpp>
#include <weir/apps/payments/words.hpp>
#include <weir/dsl/help.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/dsl/text.hpp>
#include <weir/io/console_sink.hpp>
#include <weir/io/slack_sink.hpp>

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace payments;

namespace {

using checked_stream = weir::stream<checked_payment>;

/// What a command's flags say; what makes no sense is kept in `mistake`.
struct settings {
  weir::app& app;
  std::optional<weir::error> mistake = {};

  void refuse(std::string why) {
    if (!mistake) mistake = {weir::errc::usage, std::move(why)};
  }

  broker_place brokers() {
    auto said =
        app.flag<std::string>("brokers", "127.0.0.1:9092", "host:port of Kafka, several by commas");
    if (said == "embedded")
      refuse(
          "--brokers embedded: only 'payments demo' has a broker inside, which nobody else would "
          "write to; start one by 'weir broker', and name its host:port");
    return broker_place{std::move(said)};
  }
  language spoken() {
    const auto word = app.choice("language", {"en", "ko"}, "en", "of what is told");
    return word == "ko" ? language::ko : language::en;
  }
  generator_options generated() {
    generator_options told;
    told.count = app.flag<std::uint64_t>("count", 0, "how many payments; 0: without end");
    told.rate = app.flag<double>("rate", 1, "payments a second; 0: as fast as they are taken");
    told.seed = app.flag<std::uint64_t>("seed", 1, "which payments are drawn");
    const auto begin = app.flag<std::string>(
        "begin", "now", "the time of the first payment, such as 2026-01-01T00:00:00Z");
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const auto time =
        begin == "now" ? std::optional<weir::timestamp>{now} : weir::parse_timestamp(begin);
    if (!time) refuse(fmt::format("--begin '{}' is no time such as 2026-01-01T00:00:00Z", begin));
    told.begin = time.value_or(now);
    if (!(told.rate == 0 || (told.rate >= 1e-6 && told.rate <= 1e9)))
      refuse("--rate is a number of payments a second, or 0");
    return told;
  }
};

/// Payments in words; the console colours and aligns them for a terminal.
void say(const checked_stream& checked, language in) {
  checked | weir::map([in](const checked_payment& p) { return in_words(p, in); }).named("words")
      | weir::to(weir::console({.text_width = 120})).named("told");
}

// [detect]
void detect(const weir::stream<payment>& all, const broker_place& at) {
  auto [fraud, legit] = all | weir::map(check) | weir::split(is_suspicious);
  legit | weir::to(sink_of(topic<checked_payment>{legit_topic, at})).named("legit");
  fraud | weir::to(sink_of(topic<checked_payment>{fraud_topic, at})).named("fraud");
}
// [/detect]

void alert(settings& told, const checked_stream& fraud, language in, const std::string& where) {
  auto to = told.app.choice("alerts", {"slack", "console"}, where, "where alerts go");
  auto channel = told.app.flag<std::string>("channel", "#alerts", "Slack's channel for alerts");
  auto address = told.app.flag<std::string>("slack-address", weir::slack_options{}.address,
                                            "where alerts are posted");
  auto every = told.app.flag<weir::duration>(
      "alert-every", std::chrono::seconds{60},
      "Slack gets one alert at most in this time for a method and recipient; 0s: all");
  if (every < weir::duration{0}) told.refuse("--alert-every is less than 0s: say how long");
  auto alarms = fraud | weir::map([in](const checked_payment& p) {
                          return alarm_text(p, in);
                        }).named("alarm");
  if (to == "console") // as long as Slack takes them
    alarms
        | weir::to(weir::console({.layout = weir::console_layout::blocks, .text_width = 40'000}))
              .named("alerts");
  else
    alarms
        | weir::to(weir::slack({.channel = channel,
                                .token = weir::secret{"SLACK_BOT_TOKEN"},
                                .address = address,
                                .key = "key",
                                .every = every}))
              .named("alerts");
}

void add_generate(settings& told) {
  told.app.about("Makes payments up and sends them to the topic payments.");
  told.app.example("--rate 1000 --count 100000", "a hundred seconds of them");
  const auto at = told.brokers();
  told.app.from(generator{told.generated()}).named("generator")
      | weir::to(sink_of(topic<payment>{all_topic, at})).named("payments");
}

void add_detect(settings& told) {
  told.app.about("Parts the topic payments into legit_payments and fraud_payments.");
  told.app.example("--brokers localhost:9092", "until Ctrl-C; goes on where it was");
  const auto at = told.brokers();
  detect(told.app.from(topic<payment>{all_topic, at, "payments-detect"}).named("payments"), at);
}

void add_process(settings& told) {
  told.app.about("Says each payment of both topics in words.");
  told.app.example("--language ko", "in Korean");
  const auto at = told.brokers();
  const topic<checked_payment> legit{legit_topic, at, "payments-process"};
  const topic<checked_payment> fraud{fraud_topic, at, "payments-process"};
  say(weir::merge(told.app.from(legit).named("legit"), told.app.from(fraud).named("fraud")),
      told.spoken());
}

void add_alert(settings& told) {
  told.app.about("Tells people of fraud_payments, through Slack.");
  told.app.example("--channel '#alerts'", "the token is read from SLACK_BOT_TOKEN");
  told.app.example("--alerts console", "shows what Slack would get");
  const auto at = told.brokers();
  const auto in = told.spoken();
  const topic<checked_payment> fraud{fraud_topic, at, "payments-alert"};
  alert(told, told.app.from(fraud).named("fraud"), in, "slack");
}

/// Payments of the demo between generator and the end: a partition of the embedded broker holds as
/// many without dropping any.
constexpr std::uint64_t most_ahead = 20'000;

/// How many payments came how far in the demo.
struct demo_counts {
  std::atomic<std::uint64_t> made = 0, parted = 0, told = 0;
};

/// Ctrl-C and --until stop all that reads at once: what lies in topics then goes with the broker.
void tell_of_left(const demo_counts& counts) {
  const std::uint64_t made = counts.made, parted = counts.parted, told = counts.told;
  if (made == told) return;
  fmt::print(stderr,
             "payments demo: of {} made, {} were not parted; of {} parted, {} were not told: they "
             "were on their way when it was stopped\n",
             weir::counted(made, "payment"), weir::grouped(made - parted), weir::grouped(parted),
             weir::grouped(parted - told));
}

/// All four in one graph, with a broker in between that ends with it. So many payments, so many
/// checked ones: both ends are known by their count.
void add_demo(settings& told) {
  told.app.about("All of it in one process, with a Kafka broker inside.");
  told.app.example("--rate 5", "until Ctrl-C");
  told.app.example("--rate 0 --count 10000 --language ko", "as fast as can be");
  told.app.example("--alerts slack --channel '#alerts'", "the token is in SLACK_BOT_TOKEN");
  const auto at = broker_place::embedded();
  auto with = told.generated();
  const auto counts = std::make_shared<demo_counts>();
  with.limit = [counts] { return counts->told.load() + most_ahead; };
  told.app.from(generator{with}).named("generator")
      | weir::tap([counts](const payment&) { ++counts->made; }).named("made")
      | weir::to(sink_of(topic<payment>{all_topic, at})).named("payments");

  weir::stream<payment> all = told.app.from(topic<payment>{all_topic, at}).named("detect");
  checked_stream checked =
      weir::merge(told.app.from(topic<checked_payment>{legit_topic, at}).named("from_legit"),
                  told.app.from(topic<checked_payment>{fraud_topic, at}).named("from_fraud"));
  if (with.count > 0) {
    all = all | weir::take(with.count);
    checked = checked | weir::take(with.count);
  }
  all = all | weir::tap([counts](const payment&) { ++counts->parted; }).named("parted");
  checked = checked | weir::tap([counts](const checked_payment&) { ++counts->told; }).named("seen");
  told.app.on_end([counts](weir::job_state how) -> weir::result<void> {
    if (how == weir::job_state::stopped) tell_of_left(*counts);
    return {};
  });
  detect(all, at);
  const auto in = told.spoken();
  say(checked, in);
  alert(told, checked | weir::filter(is_suspicious), in, "console");
}

struct command {
  std::string_view name;
  std::string_view what;
  void (*add)(settings& told);
};
constexpr std::array<command, 5> commands{
    {{"generate", "makes payments up and sends them to the topic payments", add_generate},
     {"detect", "parts them into legit_payments and fraud_payments", add_detect},
     {"process", "says each payment of both in words", add_process},
     {"alert", "tells people of fraud_payments, through Slack", add_alert},
     {"demo", "all of it in one process, with a Kafka broker inside", add_demo}}};

std::string unknown(std::string_view word) {
  std::vector<std::string> names;
  for (const auto& each : commands) names.emplace_back(each.name);
  return fmt::format("there is no command '{}'{}", word, weir::suggestion(word, names));
}

std::string overview() {
  std::string text = "payments: a stream of payments, of which some are suspicious.\n\nCommands\n";
  for (const auto& each : commands) text += fmt::format("  {:<10}{}\n", each.name, each.what);
  return text
         + "\nExamples\n"
           "  payments demo --rate 5\n"
           "  payments demo --help\n"
           "  weir broker --topic payments:4 --topic legit_payments:4 --topic fraud_payments:4\n"
           "  payments generate --rate 100        and beside it, each in a terminal of its own:\n"
           "  payments detect\n"
           "  payments process --language ko\n"
           "  payments alert --channel '#alerts'\n";
}

} // namespace

int main(int argc, char** argv) {
  const std::string_view word = argc > 1 ? argv[1] : "";
  for (const auto& each : commands)
    if (word == each.name) {
      weir::app app{fmt::format("payments {}", word), argc - 1, argv + 1};
      settings told{app};
      each.add(told);
      return told.mistake ? app.refuse(*told.mistake) : app.run();
    }
  if (word == "--version") {
    fmt::print("{}", weir::version_text({"payments", "", ""}));
    return 0;
  }
  const bool is_asked = word == "--help" || word == "-h" || word == "help";
  if (!is_asked)
    fmt::print(stderr, "payments: {}\n\n", word.empty() ? "say a command" : unknown(word));
  fmt::print(is_asked ? stdout : stderr, "{}", overview());
  return is_asked ? 0 : weir::exit_code_of(weir::errc::usage);
}
