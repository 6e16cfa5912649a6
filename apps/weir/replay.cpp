// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/pass_on.hpp>
#include <weir/apps/weir/replay.hpp>
#include <weir/apps/weir/talk.hpp>
#include <weir/dsl/interrupt.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/dsl/progress.hpp>
#include <weir/io/csv_source.hpp>
#include <weir/io/json_writer.hpp>
#include <weir/io/kafka_topic.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace tool {
namespace {

/// The rows of a file as JSON. Memory is bounded by one run of rows.
class json_rows final : public weir::source<std::string> {
public:
  explicit json_rows(std::shared_ptr<column_file> file)
      : file_{std::move(file)}, writer_{file_->table()} {}

  weir::result<void> open(weir::source_context context) override {
    partition_ =
        weir::intern_partition(context.name, std::filesystem::path{file_->path()}.stem().string());
    return {};
  }

  weir::result<weir::poll_state> poll(weir::credit allowed,
                                      weir::poll_out<std::string> out) override {
    if (next_ == rows_) {
      if (file_->has_ended()) return weir::poll_state::end;
      if (out.rejects.is_full()) return weir::poll_state::rows;
      auto got = file_->read([&](weir::reject bad) {
        out.rejects.push_back(std::move(bad));
        return !out.rejects.is_full();
      });
      if (!got) return std::move(got).error();
      rows_ = *got;
      next_ = 0;
    }
    if (out.rows.empty()) out.rows.set_origin({partition_, given_});
    for (auto left = allowed.rows; left > 0 && next_ < rows_ && !out.rows.is_full(); --left) {
      std::string text;
      writer_.append(text, file_->row(next_++));
      out.rows.push_back(std::move(text));
      ++given_;
    }
    return weir::poll_state::rows;
  }

  weir::source_progress progress() const override {
    return {.done = file_->done(), .behind = std::nullopt};
  }
  bool blocks() const override { return true; }

private:
  std::shared_ptr<column_file> file_;
  weir::json_writer writer_;
  std::size_t next_ = 0, rows_ = 0; // of the run that was read
  std::uint64_t given_ = 0;
  const weir::partition* partition_ = nullptr;
};

/// Wants no more rows once there was a Ctrl-C: those that wait for their time to come are not sent.
class until_interrupted final : public weir::stream_operator<std::string, std::string> {
public:
  explicit until_interrupted(const weir::interrupt_watch& interrupts) : interrupts_{&interrupts} {}

  std::size_t on_batch(weir::batch_view<std::string> in, weir::batch<std::string>& out) override {
    return wants_no_more() ? 0 : weir::pass_on(in, in.size(), out);
  }
  [[nodiscard]] bool wants_no_more() const override { return interrupts_->count() != 0; }

private:
  const weir::interrupt_watch* interrupts_;
};

/// JSON has no line of names at its top.
bool is_json(const std::string& file) {
  return file.ends_with(".jsonl") || file.ends_with(".ndjson") || file.ends_with(".json");
}

/// The lines of a file. No character separates fields here, so a line stays whole.
weir::stream<std::string> lines_of(weir::app& app, const std::string& file, bool has_header) {
  return app.from(weir::csv<std::string>(
             file, {.delimiter = "\x01", .quote = "", .header = weir::csv_header::absent}))
         | weir::filter([is_header = has_header](const std::string&) mutable {
             return !std::exchange(is_header, false);
           });
}

weir::result<weir::stream<std::string>> messages_of(weir::app& app, const std::string& file,
                                                    const replay_options& options) {
  if (!options.as_json) return lines_of(app, file, options.has_header && !is_json(file));
  auto opened = column_file::open(file, options.input);
  if (!opened) return std::move(opened).error();
  const std::shared_ptr<column_file> rows = std::move(*opened);
  tell(fmt::format("{} has {}", rows->path(), weir::describe_columns(rows->columns())));
  return weir::stream<std::string>{
      app.from([rows] { return std::make_unique<json_rows>(rows); }).named("rows")};
}

} // namespace

int replay(const std::string& file, const std::string& topic, const replay_options& options) {
  weir::app app{"replay"};
  auto messages = messages_of(app, file, options);
  if (!messages) return fail(messages.error());
  const weir::interrupt_watch interrupts;
  *messages | weir::throttle(options.rate) | weir::via(until_interrupted{interrupts})
      | weir::to(weir::kafka<std::string>(topic, {.format = weir::kafka_format::text}))
            .named("messages");

  auto job = app.start();
  if (!job) return fail(job.error());
  progress line;
  weir::progress_line how_far{"replay"};
  const auto begun = std::chrono::steady_clock::now();
  std::optional<weir::job_summary> ended;
  while (!(ended = job->wait_for(std::chrono::milliseconds{20}))) {
    if (interrupts.count() > 1) job->abort();
    if (line.is_due())
      line.show(how_far.at(std::chrono::steady_clock::now() - begun, job->counters()));
  }
  if (ended->cause) return fail(*ended->cause);
  for (const auto& actor : job->counters())
    if (actor.name == "messages")
      tell(fmt::format("{} messages to {} in {:.1f} s", actor.rows_in.get(), topic,
                       std::chrono::duration<double>(ended->took).count()));
  return interrupts.count() == 0 ? 0 : weir::exit_code_of(weir::errc::interrupted);
}

} // namespace tool
