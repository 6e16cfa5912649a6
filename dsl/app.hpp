// SPDX-License-Identifier: Apache-2.0
//
// app: a program made of one graph. It reads settings, builds the graph, runs it, and says how it
// went.
//
// With a command line it is a program: `run()` also does --help, --explain, --json and all that
// every program has, shows progress on a terminal, drains at the first Ctrl-C, and gives the exit
// code. Made of a name alone it is a part of another program: it reads no command line, environment
// or file, prints nothing and installs no signal handlers; use `start()`. Describing the graph does
// no I/O; that begins with `run` or `start`. One thread builds and runs an app.
//
//   int main(int argc, char** argv) {
//     weir::app app{"fares", argc, argv};
//     auto files = app.flag<std::vector<std::string>>("trips", {"trips.csv"}, "files to read");
//     app.from(csv<trip>(files)) | filter(is_plausible) | to(console());
//     return app.run();
//   }

#pragma once

#include <weir/actors/state/state_kind.hpp>
#include <weir/dsl/config.hpp>
#include <weir/dsl/from.hpp>
#include <weir/dsl/running_job.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace weir {

class app {
public:
  /// A part of another program.
  explicit app(std::string name);
  /// A program.
  app(std::string name, int argc, const char* const* argv);
  ~app();
  app(app&&) noexcept;
  app& operator=(app&&) noexcept;

  // What --help and --version say.
  app& about(std::string sentence);
  app& version(std::string number);
  /// `words` stand behind the program's name: `example("--live none", "only learn")`.
  app& example(std::string words, std::string what);

  /// A setting of the program, answered at once. T: bool, a number, std::string, a std::chrono
  /// duration, or std::vector<std::string> (`--files a b c`). Mistakes are told by `run` and
  /// `start`.
  template <class T>
  T flag(const std::string& name, std::type_identity_t<T> fallback, std::string help) {
    return told().flag<T>(name, std::move(fallback), std::move(help));
  }

  /// A setting that is one of a few words: --help lists them, any other word is a mistake.
  std::string choice(const std::string& name, std::vector<std::string> words, std::string fallback,
                     std::string help);

  /// As if `--set key=value` had been given.
  app& set(std::string key, std::string value);

  /// Takes what sources and sinks warn of, from any thread, and what was lost, instead of stderr.
  app& on_warning(std::function<void(const std::string&)> take);

  /// Is told by `run` how the job ended, before the summary: results become visible here that are
  /// of use only when they are whole. What it returns fails the program.
  app& on_end(std::function<result<void>(job_state)> settle);

  /// Lets people choose, by --state and its name, where state lies that memory does not hold
  /// (`rocksdb_state()`).
  app& offer_state(state_kind kind);

  /// Adds a source: a spec (`csv<trip>(files)`, `history(a).then(b)`), or a user's own
  /// (dsl/own.hpp).
  template <class S>
  auto from(const S& source) {
    return add_source(described(), source);
  }

  /// Runs the graph to its end and gives the program's exit code.
  [[nodiscard]] int run();

  /// Instead of `run`, where the program itself finds a mistake in what it was told: says so and
  /// gives the exit code of `what`; --help and --version are answered all the same.
  [[nodiscard]] int refuse(error what);

  /// Starts the graph and returns. Errors of configuration and of opening are returned; nothing
  /// runs then. In a program, --help, --explain and the like are answered, and the process exits.
  [[nodiscard]] result<running_job> start();

  /// The plan that `start` would run.
  [[nodiscard]] result<planned> plan();

private:
  [[nodiscard]] config& told();
  [[nodiscard]] const std::shared_ptr<graph>& described();

  struct content;
  std::unique_ptr<content> content_;
};

} // namespace weir
