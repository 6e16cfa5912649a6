// SPDX-License-Identifier: Apache-2.0
//
// weir: the tool beside the programs. Try: weir --help, weir broker --topic trips:4

#include <weir/actors/stream/error.hpp>
#include <weir/dsl/interrupt.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/io/csv_source.hpp>
#include <weir/io/kafka_broker.hpp>
#include <weir/io/kafka_topic.hpp>
#include <weir/models/model_file.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <utility>
#include <vector>

/// A line of a file, as it is.
struct line {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(line, (), (text))

namespace {

int fail(const weir::error& cause) {
  fmt::print(stderr, "weir: {}\n", cause.message);
  return weir::exit_code_of(cause.code);
}

/// Serves until Ctrl-C, which is how a broker ends: exit code 0.
int run_broker(std::uint16_t port, const std::vector<std::string>& topics) {
  weir::kafka_broker_options options{.port = port};
  for (const auto& text : topics) {
    auto topic = weir::parse_kafka_topic_plan(text);
    if (!topic) return fail(topic.error());
    options.topics.push_back(std::move(*topic));
  }
  weir::interrupt_watch interrupts;
  auto broker = weir::kafka_broker::start(std::move(options));
  if (!broker) return fail(broker.error());
  fmt::print("{}\n", broker->address());
  std::fflush(stdout);
  fmt::print(stderr,
             "weir: a broker for development: records are kept in memory, and only the last "
             "5 MB of a partition. Ctrl-C ends it.\n");
  while (interrupts.count() == 0) std::this_thread::sleep_for(std::chrono::milliseconds{50});
  return 0;
}

/// Sends each line behind the header as one message. No character separates fields here, so a line
/// stays whole.
int replay(const std::string& file, const std::string& topic, double rate, bool has_header) {
  weir::app app{"replay"};
  auto lines = app.from(weir::csv<line>(
                   file, {.delimiter = "\x01", .quote = "", .header = weir::csv_header::absent}))
               | weir::filter([first = has_header](const line&) mutable {
                   return !std::exchange(first, false);
                 })
               | weir::throttle(rate);
  lines | weir::to(weir::kafka<line>(topic, {.format = weir::kafka_format::text}));
  weir::interrupt_watch interrupts;
  auto job = app.start();
  if (!job) return fail(job.error());
  std::jthread stopper{[&](const std::stop_token& over) {
    while (!over.stop_requested() && interrupts.count() == 0)
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
    if (interrupts.count() != 0) job->stop();
  }};
  const auto ended = job->wait();
  if (interrupts.count() != 0) return 130;
  if (ended.cause) return fail(*ended.cause);
  return 0;
}

int show_model(const std::string& file) {
  auto model = weir::load_model(file);
  if (!model) return fail(model.error());
  fmt::print("{}\n", weir::describe(*model));
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  CLI::App tool{"Weir's tool: a Kafka broker for development, and model files for people.", "weir"};
  tool.require_subcommand(1);
  tool.footer("Examples:\n"
              "  weir broker --port 9092 --topic trips:4    serve topic trips with 4 partitions\n"
              "  weir model show fare.model.json            print a model's weights by name");

  std::uint16_t port = 9092;
  std::vector<std::string> topics;
  auto* broker = tool.add_subcommand("broker", "Runs a Kafka broker in memory, on loopback");
  broker->add_option("--port", port, "where it listens; 0: on a free port")->capture_default_str();
  broker->add_option("--topic", topics, "a topic to create: name, or name:partitions");

  std::string file;
  auto* model = tool.add_subcommand("model", "Looks at model files")->require_subcommand(1);
  auto* show = model->add_subcommand("show", "Prints a model: its quality and every weight");
  show->add_option("file", file, "the model file")->required();

  std::string trips, topic;
  double rate = 1000;
  bool is_headless = false;
  auto* replayed = tool.add_subcommand("replay", "Sends the lines of a CSV file to a topic");
  replayed->add_option("file", trips, "the CSV file")->required();
  replayed->add_option("topic", topic, "kafka://host:port/topic")->required();
  replayed->add_option("--rate", rate, "lines a second")->check(CLI::PositiveNumber);
  replayed->add_flag("--no-header", is_headless, "the first line is a row as well");

  auto* version = tool.add_subcommand("version", "Says which version this is");

  try {
    tool.parse(argc, argv);
  } catch (const CLI::ParseError& cause) {
    return tool.exit(cause) == 0 ? 0 : 2;
  }
  if (*broker) return run_broker(port, topics);
  if (*replayed) return replay(trips, topic, rate, !is_headless);
  if (*show) return show_model(file);
  if (*version) fmt::print("weir {}\n", WEIR_VERSION);
  return 0;
}
