// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/runtime/pump.hpp>
#include <weir/io/file_series.hpp>

#include <algorithm>
#include <atomic>
#include <deque>
#include <filesystem>
#include <map>
#include <optional>
#include <thread>
#include <utility>

namespace weir {
namespace {

std::uint64_t size_of(const std::string& path) {
  std::error_code failed;
  const auto size = std::filesystem::file_size(path, failed);
  return failed ? 0 : size;
}

std::size_t default_open_files() {
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 8);
}

class file_series final : public any_source {
public:
  file_series(const row_type& type, std::vector<series_file> files, make_file_source make,
              file_series_options options)
      : type_{&type},
        files_{std::move(files)},
        make_{std::move(make)},
        options_{std::move(options)} {
    if (options_.open_files == 0) options_.open_files = default_open_files();
    if (!options_.run_behind)
      options_.run_behind = [](std::unique_ptr<any_source> blocking) {
        return pump(std::move(blocking));
      };
    ends_.reserve(files_.size());
    std::uint64_t bytes = 0;
    for (const auto& file : files_) ends_.push_back(bytes += size_of(file.path));
  }

  const row_type& type() const override { return *type_; }

  result<void> open(source_context context) override {
    context_ = std::move(context);
    open_ahead();
    for (const auto& file : opened_) // nothing is running yet: a broken file is better known now
      if (file.why) return *file.why;
    return {};
  }

  result<poll_state> poll(credit allowed, batch_base& rows, batch<reject>& rejects) override {
    if (opened_.empty()) return poll_state::end;
    auto& front = opened_.front();
    if (front.why) return *front.why;
    auto state = front.source->poll(allowed, rows, rejects);
    if (!state || *state != poll_state::end) return state;
    opened_.pop_front();
    current_->fetch_add(1);
    open_ahead();
    return opened_.empty() ? poll_state::end : poll_state::rows;
  }

  result<void> committed(std::uint64_t number) override {
    return is_open() ? opened_.front().source->committed(number) : result<void>{};
  }
  void barrier(std::uint64_t number) override {
    if (is_open()) opened_.front().source->barrier(number);
  }

  // The file by its partition, too: files may have come or gone since.
  void save(snapshot_writer& to) const override {
    const bool has_ended = opened_.empty();
    to.write(has_ended).write(has_ended ? std::string_view{} : files_[*current_].partition);
    snapshot_writer inside;
    if (is_open()) opened_.front().source->save(inside);
    to.write(std::string_view{inside.bytes()});
  }

  result<void> load(snapshot_reader& from) override {
    bool has_ended = false;
    std::string partition;
    std::string inside;
    if (!from.read(has_ended).read(partition).read(inside).ok())
      return error{errc::damaged, "the saved position of " + context_.name + " can't be read"};
    const auto found = std::ranges::find(files_, partition, &series_file::partition);
    if (!has_ended && found == files_.end())
      return error{errc::config, "the saved position of " + context_.name + " lies in file '"
                                     + partition + "', which is not among the files any more"};
    const auto at = static_cast<std::size_t>((has_ended ? files_.end() : found) - files_.begin());
    if (at != *current_) {
      opened_.clear();
      *current_ = at;
      next_ = at;
      open_ahead();
    }
    if (opened_.empty()) return {};
    if (opened_.front().why) return *opened_.front().why;
    snapshot_reader position{inside};
    return opened_.front().source->load(position);
  }

  source_progress progress() const override {
    if (opened_.empty()) return {.done = 1.0, .behind = std::nullopt};
    const auto total = static_cast<double>(ends_.back());
    const std::size_t current = *current_;
    const std::uint64_t before = current == 0 ? 0 : ends_[current - 1];
    const double inside = is_open() ? opened_.front().source->progress().done.value_or(0) : 0;
    const double bytes =
        static_cast<double>(before) + inside * static_cast<double>(ends_[current] - before);
    return {.done = total > 0 ? bytes / total : 0.0, .behind = std::nullopt};
  }

  bool blocks() const override { return false; }

private:
  struct opened_file {
    std::unique_ptr<any_source> source;
    std::optional<error> why; ///< It could not be opened.
  };

  [[nodiscard]] bool is_open() const { return !opened_.empty() && !opened_.front().why; }

  void open_ahead() {
    for (; next_ < files_.size() && opened_.size() < options_.open_files; ++next_) {
      opened_.push_back(open_file(next_));
      if (opened_.size() > 1) start(opened_.back());
    }
  }

  // A pump begins with its first poll: this one, into batches that are full, gets nothing.
  void start(opened_file& ahead) {
    if (ahead.why) return;
    const auto rows = type_->make();
    rows->set_limit(1);
    rows->rows_added(1);
    batch<reject> rejects{1};
    rejects.rows_added(1);
    if (auto polled = ahead.source->poll({0, 0}, *rows, rejects); !polled)
      ahead.why = std::move(polled).error();
  }

  opened_file open_file(std::size_t index) {
    auto made = make_(files_[index]);
    if (!made) return {nullptr, std::move(made).error()};
    auto source = *std::move(made);
    if (source->blocks()) source = options_.run_behind(std::move(source));
    // A file that is parsed ahead has nothing to tell before its turn.
    auto context = context_;
    context.wake = [current = current_, index, wake = context_.wake] {
      if (current->load() == index && wake) wake();
    };
    if (auto opened = source->open(std::move(context)); !opened)
      return {nullptr, std::move(opened).error()};
    return {std::move(source), std::nullopt};
  }

  const row_type* type_;
  std::vector<series_file> files_;
  make_file_source make_;
  file_series_options options_;
  std::vector<std::uint64_t> ends_; // bytes of all files up to this one
  source_context context_;
  std::shared_ptr<std::atomic<std::size_t>> current_ =
      std::make_shared<std::atomic<std::size_t>>(0);
  std::size_t next_ = 0;           // to be opened
  std::deque<opened_file> opened_; // the current file, and those ahead of it
};

} // namespace

std::vector<series_file> name_partitions(std::vector<std::string> paths) {
  std::ranges::sort(paths);
  std::map<std::string, int> uses;
  for (const auto& path : paths) ++uses[std::filesystem::path{path}.stem().string()];
  std::vector<series_file> files;
  for (auto& path : paths) {
    auto stem = std::filesystem::path{path}.stem().string();
    auto partition = uses[stem] == 1 ? std::move(stem) : path;
    files.push_back({std::move(path), std::move(partition)});
  }
  return files;
}

std::unique_ptr<any_source> make_file_series(const row_type& type, std::vector<std::string> paths,
                                             make_file_source make, file_series_options options) {
  return std::make_unique<file_series>(type, name_partitions(std::move(paths)), std::move(make),
                                       std::move(options));
}

} // namespace weir
