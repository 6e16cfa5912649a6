// SPDX-License-Identifier: Apache-2.0
//
// weir: the tool beside the programs. Try: weir --help, weir broker --topic trips:4

#include <weir/actors/stream/error.hpp>
#include <weir/apps/weir/convert.hpp>
#include <weir/apps/weir/replay.hpp>
#include <weir/apps/weir/talk.hpp>
#include <weir/dsl/interrupt.hpp>
#include <weir/io/kafka_broker.hpp>
#include <weir/models/model_file.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

/// Serves until Ctrl-C, which is how a broker ends: exit code 0.
int run_broker(std::uint16_t port, const std::vector<std::string>& topics) {
  weir::kafka_broker_options options{.port = port};
  for (const auto& text : topics) {
    auto topic = weir::parse_kafka_topic_plan(text);
    if (!topic) return tool::fail(topic.error());
    options.topics.push_back(std::move(*topic));
  }
  const weir::interrupt_watch interrupts;
  auto broker = weir::kafka_broker::start(std::move(options));
  if (!broker) return tool::fail(broker.error());
  fmt::print("{}\n", broker->address());
  std::fflush(stdout);
  fmt::print(stderr,
             "weir: a broker for development: records are kept in memory, and only the last "
             "5 MB of a partition. Ctrl-C ends it.\n");
  while (interrupts.count() == 0) std::this_thread::sleep_for(std::chrono::milliseconds{50});
  return 0;
}

int show_model(const std::string& file) {
  auto model = weir::load_model(file);
  if (!model) return tool::fail(model.error());
  fmt::print("{}", weir::describe(*model));
  return 0;
}

// Each of these adds one command; what it was told lives as long as its callback.

void add_broker(CLI::App& tool, int& code) {
  struct told {
    std::uint16_t port = 9092;
    std::vector<std::string> topics;
  };
  auto with = std::make_shared<told>();
  auto* command = tool.add_subcommand("broker", "Runs a Kafka broker in memory, on loopback");
  command->add_option("--port", with->port, "where it listens; 0: on a free port")
      ->capture_default_str();
  command->add_option("--topic", with->topics,
                      "a topic to create: name (of one partition), or name:partitions");
  command->footer("Example:\n  weir broker --port 9092 --topic trips:4    until Ctrl-C");
  command->callback([with, &code] { code = run_broker(with->port, with->topics); });
}

void add_model(CLI::App& tool, int& code) {
  auto file = std::make_shared<std::string>();
  auto* model = tool.add_subcommand("model", "Looks at model files")->require_subcommand(1);
  model->footer("Example:\n  weir model show fare.model.json");
  auto* show = model->add_subcommand("show", "Prints a model: its quality and every weight");
  show->add_option("file", *file, "the model file")->required();
  show->footer("Example:\n  weir model show fare.model.json");
  show->callback([file, &code] { code = show_model(*file); });
}

void add_columns(CLI::App& command, tool::column_file_options& told) {
  command.add_option("--types", told.types,
                     "kinds of CSV columns, over those inferred: zip=text,count=int64?; "
                     "bool, int64, float64, time or text, with ? if it may be missing");
  command.add_option("--delimiter", told.csv.delimiter, "between fields of CSV")
      ->capture_default_str();
  command
      .add_option("--group", told.hdf5.group, "the group of an HDF5 file that holds the columns")
      ->capture_default_str();
}

void add_quiet(CLI::App& command) {
  command.add_flag_callback("--quiet", tool::be_quiet, "say only what failed");
}

void add_replay(CLI::App& tool, int& code) {
  struct told {
    std::string file, topic;
    tool::replay_options options;
    bool is_headless = false;
  };
  auto with = std::make_shared<told>();
  auto* command = tool.add_subcommand("replay", "Sends the rows of a file to a Kafka topic");
  command->add_option("file", with->file, "a CSV file; by --json also an HDF5 file")->required();
  command->add_option("topic", with->topic, "kafka://host:port/topic")->required();
  command->add_option("--rate", with->options.rate, "rows a second")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_flag("--json", with->options.as_json,
                    "rows as JSON objects; otherwise lines as they are");
  command->add_flag("--no-header", with->is_headless,
                    "the first line is a row as well (as it always is of .json and .jsonl)");
  add_columns(*command, with->options.input);
  add_quiet(*command);
  command->footer("Examples:\n"
                  "  weir replay trips.csv kafka://localhost:9092/trips --json --rate 2000\n"
                  "  weir replay trips.csv kafka://localhost:9092/lines   (for kafka.format=csv)");
  command->callback([with, &code] {
    with->options.has_header = !with->is_headless;
    if (with->is_headless) with->options.input.csv.header = weir::csv_header::absent;
    code = tool::replay(with->file, with->topic, with->options);
  });
}

void add_convert(CLI::App& tool, int& code) {
  struct told {
    std::string from, to;
    tool::convert_options options;
  };
  auto with = std::make_shared<told>();
  auto* command = tool.add_subcommand("convert", "Makes an HDF5 file of a CSV file, or a CSV file "
                                                 "of an HDF5 file");
  command->add_option("from", with->from, "the file to read")->required();
  command->add_option("to", with->to, "the file to write: .h5, .hdf5, or CSV")->required();
  command->add_flag("--force", with->options.overwrites, "write over a file that exists");
  command
      ->add_option("--max-reject-ratio", with->options.max_reject_ratio,
                   "share of rows that may be unreadable")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  add_columns(*command, with->options.input);
  add_quiet(*command);
  command->footer("Examples:\n"
                  "  weir convert trips.csv trips.h5\n"
                  "  weir convert trips.csv trips.h5 --types zip=text,tip=float64?\n"
                  "  weir convert trips.h5 trips.csv");
  command->callback([with, &code] { code = tool::convert(with->from, with->to, with->options); });
}

} // namespace

int main(int argc, char** argv) {
  CLI::App tool{"Weir's tool: Kafka for development, files for streams, models for people.",
                "weir"};
  tool.require_subcommand(1);
  tool.set_version_flag("--version", "weir " WEIR_VERSION);
  tool.footer("Examples:\n"
              "  weir broker --port 9092 --topic trips:4    serve topic trips with 4 partitions\n"
              "  weir replay trips.csv kafka://localhost:9092/trips --json    send it rows\n"
              "  weir convert trips.csv trips.h5            columns are inferred, and told\n"
              "  weir model show fare.model.json            print a model's weights by name");
  int code = 0;
  add_broker(tool, code);
  add_replay(tool, code);
  add_convert(tool, code);
  add_model(tool, code);
  tool.add_subcommand("version", "Says which version this is")->callback([] {
    fmt::print("weir {}\n", WEIR_VERSION);
  });
  try {
    tool.parse(argc, argv);
  } catch (const CLI::ParseError& cause) {
    return tool.exit(cause) == 0 ? 0 : 2;
  }
  return code;
}
