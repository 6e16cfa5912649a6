// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/secret.hpp>
#include <weir/actors/operators/terminal_line.hpp>
#include <weir/dsl/app.hpp>
#include <weir/dsl/conduct.hpp>
#include <weir/dsl/explain.hpp>
#include <weir/dsl/help.hpp>
#include <weir/dsl/interrupt.hpp>
#include <weir/dsl/progress.hpp>
#include <weir/dsl/summary.hpp>
#include <weir/dsl/text.hpp>
#include <weir/dsl/variables.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <thread>
#include <unistd.h>
#include <vector>

namespace weir {
namespace {

constexpr int exit_interrupted = 130;
constexpr std::chrono::milliseconds look_every{50};
constexpr std::chrono::seconds progress_after{1};
constexpr std::chrono::milliseconds abort_grace{1000};

/// The words behind the program's name; `-h` is --help, and `--until 1000 rows` is one value.
std::vector<std::string> words_of(int argc, const char* const* argv) {
  std::vector<std::string> words;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool is_unit = (word == "rows" || word == "row") && words.size() >= 2
                         && words[words.size() - 2] == "--until";
    if (is_unit)
      words.back() += " " + word;
    else
      words.push_back(word == "-h" ? "--help" : word);
  }
  return words;
}

void print(std::FILE* to, const std::string& text) {
  const auto shown = without_secrets(text);
  wipe_terminal_line();
  std::fwrite(shown.data(), 1, shown.size(), to);
  std::fflush(to);
}

/// In JSON a secret may be spelt otherwise, and be missed by `print`.
error without_secrets_of(error of) {
  of.message = without_secrets(std::move(of.message));
  return of;
}

/// Shows the progress line; does nothing where there is no terminal.
class progress_display {
public:
  progress_display(const std::string& job, bool is_quiet)
      : line_{job}, is_shown_{!is_quiet && ::isatty(STDERR_FILENO) == 1} {}
  ~progress_display() { wipe_terminal_line(); }
  progress_display(const progress_display&) = delete;
  progress_display& operator=(const progress_display&) = delete;

  void show(std::chrono::nanoseconds now, const std::deque<actor_counters>& counters) {
    if (!is_shown_ || now < next_) return;
    next_ = now + std::chrono::milliseconds{500};
    draw_terminal_line(without_secrets(line_.at(now, counters)));
  }

private:
  progress_line line_;
  bool is_shown_;
  std::chrono::nanoseconds next_{progress_after};
};

/// The person said now: what blocks and can't be ended does not keep the process from ending.
void leave_within(std::chrono::milliseconds grace) {
  std::thread{[grace] {
    std::this_thread::sleep_for(grace);
    std::_Exit(exit_interrupted);
  }}.detach();
}

constexpr std::string_view stopping = "stopping; again to stop at once";

/// How much is said on stderr, by the word of --log-level.
enum class talk { error, warn, info };

} // namespace

struct app::content {
  program_text program;
  bool is_program = false;
  config told = {};
  conduct asked = {};
  std::shared_ptr<graph> described = std::make_shared<graph>();
  std::function<void(const std::string&)> warned = {};
  std::function<result<void>(job_state)> at_end = {};
  std::vector<state_kind> states = {};
  bool is_settled = false;

  content(std::string name, config its, bool is_whole_program)
      : is_program{is_whole_program}, told{std::move(its)} {
    program.name = std::move(name);
    if (is_program) asked = declare_conduct(told);
  }

  /// Applies settings to the graph, once; gives what made no sense.
  std::optional<error> settle() {
    if (!is_settled) {
      if (!is_program) // late, so that `set` reaches them
        asked = declare_conduct(told);
      told.apply(described->options());
      if (auto done = apply_model_files(asked, *described); !done) told.add_problem(done.error());
      if (auto done = check_refit(asked, *described); !done) told.add_problem(done.error());
    }
    is_settled = true;
    return told.problem();
  }

  result<planned> plan_for(const std::shared_ptr<model_board>& models) const {
    plan_options options{.job = program.name};
    if (auto done = apply_state(asked, states, options); !done) return std::move(done).error();
    if (models) {
      options.publish = [models](const model_report& report) { models->put(report); };
      options.counts = [models](const std::string& name) { return models->counts_of(name); };
    }
    return make_plan(*described, options);
  }

  result<running_job> start(std::function<void()> opened = {}) {
    if (auto problem = settle()) return std::move(*problem);
    const auto models = std::make_shared<model_board>();
    auto planned = plan_for(models);
    if (!planned) return std::move(planned).error();
    auto options = asked.job;
    options.opened = std::move(opened);
    if (warned)
      options.warn = options.warn_of_loss = warned;
    else if (is_program) {
      options.warn_of_loss = [name = program.name](const std::string& text) {
        print(stderr, name + ": " + text + "\n");
      };
      options.warn = [is_heard = hears(talk::warn),
                      tell = options.warn_of_loss](const std::string& text) {
        if (is_heard) tell(text);
      };
    }
    auto started = job::start(planned->what, std::move(options));
    if (!started) return error{started.error().code, without_secrets(started.error().message)};
    return running_job{std::move(*planned), std::move(*started), models};
  }

  /// Of a job that could not be started: what `--json` promises also then.
  std::string failed_summary(const error& cause) const {
    planned nothing;
    nothing.what.job = program.name;
    const job_summary ended{.state = job_state::failed, .cause = {}, .took = {}};
    return json_summary({.what = nothing,
                         .ended = ended,
                         .counters = {},
                         .reports = {},
                         .predictions = {},
                         .peak_rss_bytes = peak_rss_bytes(),
                         .failure = without_secrets_of(cause)})
           + "\n";
  }

  int fail(const error& cause) const {
    print(stderr, fmt::format("{}: {}\n", program.name, cause.message));
    return exit_code_of(cause.code);
  }
  int refuse(const error& cause) const {
    if (asked.json) print(stdout, failed_summary(cause));
    return fail(cause);
  }

  bool hears(talk level) const {
    const auto least = asked.log_level == "info"   ? talk::info
                       : asked.log_level == "warn" ? talk::warn
                                                   : talk::error;
    return is_program && !asked.quiet && level <= least;
  }
  /// One line on stderr, if the log level lets it.
  void say(talk level, const std::string& text) const {
    if (hears(level)) print(stderr, program.name + ": " + text + "\n");
  }

  /// Sinks that colour their output ask the environment: https://no-color.org,
  /// https://bixense.com/clicolors.
  void choose_color() const {
    if (asked.color == "auto") return;
    ::unsetenv(asked.color == "never" ? "CLICOLOR_FORCE" : "NO_COLOR");
    ::setenv(asked.color == "never" ? "NO_COLOR" : "CLICOLOR_FORCE", "1", 1);
  }

  bool is_question() const {
    return is_program
           && (asked.help || asked.version || asked.show_config
               || asked.explain == explain_mode::plan);
  }
  std::optional<int> answer_questions();
  int run();
  int run_job();
  job_summary watch(running_job& running, const interrupt_watch& interrupts) const;
  static void leave_to(const interrupt_watch& interrupts);
  void warn_of_rejects(const running_job& running) const;
  void tell_loss(const std::string& text) const;
  void report(const running_job& running, const job_summary& ended,
              const std::optional<error>& failure) const;
  std::optional<error> settle_end(job_summary& ended) const;
};

std::optional<int> app::content::answer_questions() {
  if (asked.version) {
    print(stdout, version_text(program));
    return 0;
  }
  const auto problem = settle();
  if (asked.help) {
    print(stdout, help_text(program, told.known()));
    return 0;
  }
  if (problem) return refuse(*problem);
  if (is_program)
    for (const auto& sentence : misspelt_variables(told.known(), process_variables()))
      say(talk::warn, sentence);
  if (asked.show_config) {
    print(stdout, config_text(told.known()));
    return 0;
  }
  if (asked.explain != explain_mode::plan) return std::nullopt;
  const auto planned = plan_for(nullptr);
  if (!planned) return fail(planned.error());
  print(stdout, explain(*planned));
  return 0;
}

int app::content::run() {
  if (const auto answered = answer_questions()) return *answered;
  choose_color();
  return run_job();
}

int app::content::run_job() {
  std::optional<interrupt_watch> interrupts;
  if (is_program)
    interrupts.emplace(asked.quiet ? "" : program.name + ": interrupted before it had begun\n");
  // From the first row on interrupts only count: what was accepted is drained.
  auto running = start([&] {
    if (interrupts) static_cast<void>(interrupts->count());
  });
  if (!running) return refuse(running.error());
  say(talk::info,
      fmt::format("running {} in {}", counted(running->what().what.links.size(), "link"),
                  counted(running->what().what.actors.size(), "actor")));
  auto ended = interrupts ? watch(*running, *interrupts) : running->wait();
  auto failure = settle_end(ended);
  if (auto missing = missing_fit(*described, running->reports())) failure = std::move(missing);
  if (ended.state == job_state::failed)
    failure = ended.cause.value_or(error{errc::failed, "the job failed"});
  report(*running, ended, failure);
  if (interrupts) leave_to(*interrupts);
  // Ctrl-C that came too late to cut anything short is none.
  const bool is_interrupted = interrupts && interrupts->count() > 0
                              && ended.state != job_state::finished
                              && ended.state != job_state::failed;
  if (failure) {
    const int code = fail(*failure);
    return is_interrupted ? exit_interrupted : code;
  }
  for (const auto& name : never_fitted(*described, running->reports()))
    say(talk::warn, "history was cut short: '" + name + "' was not fitted");
  return is_interrupted ? exit_interrupted : 0;
}

/// What the program itself makes of the end, if that is a mistake. A job that had finished has
/// failed then; one that had failed keeps its own cause.
std::optional<error> app::content::settle_end(job_summary& ended) const {
  if (!at_end) return std::nullopt;
  auto settled = at_end(ended.state);
  if (settled) return std::nullopt;
  if (ended.state == job_state::finished) {
    ended.state = job_state::failed;
    ended.cause = settled.error();
  }
  return std::move(settled).error();
}

/// The first interrupt drains the job, the second ends it at once.
job_summary app::content::watch(running_job& running, const interrupt_watch& interrupts) const {
  const auto start = std::chrono::steady_clock::now();
  progress_display progress{program.name, asked.quiet};
  int seen = 0;
  for (;;) {
    if (auto ended = running.wait_for(look_every)) return std::move(*ended);
    progress.show(std::chrono::steady_clock::now() - start, running.counters());
    const int count = interrupts.count();
    if (count > seen && seen == 0) {
      say(talk::warn, std::string{stopping});
      running.stop();
    }
    if (count > 1 && seen < 2) {
      leave_within(abort_grace);
      running.abort();
    }
    seen = count;
  }
}

/// All is said; actors, sources and sinks are still to be destroyed, and some take their time.
void app::content::leave_to(const interrupt_watch& interrupts) {
  interrupts.end_at_once();
  if (interrupts.count() > 1) leave_within(abort_grace); // the second came while the job was ending
}

/// The table names rejects; where it is not shown they must not pass unseen.
void app::content::warn_of_rejects(const running_job& running) const {
  if (!asked.json) return;
  for (std::size_t i = 0; i < running.counters().size(); ++i) {
    const auto rejects = running.counters()[i].rejects.get(); // of an actor's operators together
    if (rejects > 0)
      say(talk::warn,
          fmt::format("{}: {} rejected", running.counters()[i].name, counted(rejects, "row")));
  }
}

/// What is lost is told however quiet the program is to be.
void app::content::tell_loss(const std::string& text) const {
  if (warned)
    warned(text);
  else if (is_program)
    print(stderr, program.name + ": " + text + "\n");
}

void app::content::report(const running_job& running, const job_summary& ended,
                          const std::optional<error>& failure) const {
  auto shown = failure;
  if (shown) shown = without_secrets_of(std::move(*shown));
  const job_account account{.what = running.what(),
                            .ended = ended,
                            .counters = running.counters(),
                            .reports = running.reports(),
                            .predictions = running.predictions(),
                            .peak_rss_bytes = peak_rss_bytes(),
                            .failure = shown};
  warn_of_rejects(running);
  for (const auto& sentence : dropped_late(running.what(), running.counters())) tell_loss(sentence);
  for (const auto& sentence : left_out(running.counters())) say(talk::warn, sentence);
  if (asked.explain == explain_mode::analyze)
    print(asked.json ? stderr : stdout,
          explain_run(running.what(), running.counters(), ended.took));
  if (is_program && !asked.quiet && !asked.json) print(stderr, text_summary(account));
  if (asked.json) print(stdout, json_summary(account) + "\n");
}

app::app(std::string name)
    : content_{std::make_unique<content>(std::move(name), config{}, false)} {}

app::app(std::string name, int argc, const char* const* argv)
    : content_{std::make_unique<content>(
        std::move(name), config{words_of(argc, argv), process_environment()}, true)} {}

app::~app() = default;
app::app(app&&) noexcept = default;
app& app::operator=(app&&) noexcept = default;

app& app::about(std::string sentence) {
  content_->program.about = std::move(sentence);
  return *this;
}

app& app::version(std::string number) {
  content_->program.version = std::move(number);
  return *this;
}

app& app::example(std::string words, std::string what) {
  content_->program.examples.emplace_back(std::move(words), std::move(what));
  return *this;
}

std::string app::choice(const std::string& name, std::vector<std::string> words,
                        std::string fallback, std::string help) {
  return content_->told.choice(name, std::move(words), std::move(fallback), std::move(help));
}

app& app::set(std::string key, std::string value) {
  content_->told.set(std::move(key), std::move(value));
  return *this;
}

app& app::on_warning(std::function<void(const std::string&)> take) {
  content_->warned = std::move(take);
  return *this;
}

app& app::on_end(std::function<result<void>(job_state)> settle) {
  content_->at_end = std::move(settle);
  return *this;
}

app& app::offer_state(state_kind kind) {
  content_->states.push_back(std::move(kind));
  return *this;
}

int app::run() {
  const int code = content_->run();
  if (code != 0 || std::ferror(stdout) == 0) return code;
  return content_->fail({errc::failed, "cannot write to the standard output"});
}
int app::refuse(error what) {
  content_->told.add_problem(std::move(what));
  return content_->run();
}
result<running_job> app::start() {
  if (content_->is_question()) std::exit(content_->answer_questions().value_or(0));
  return content_->start();
}

result<planned> app::plan() {
  if (auto problem = content_->settle()) return std::move(*problem);
  return content_->plan_for(nullptr);
}

config& app::told() { return content_->told; }
const std::shared_ptr<graph>& app::described() { return content_->described; }

} // namespace weir
