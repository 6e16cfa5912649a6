// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/user_call.hpp>
#include <weir/io/file_series.hpp>
#include <weir/io/hdf5_manifest.hpp>
#include <weir/io/hdf5_rows.hpp>
#include <weir/io/hdf5_source.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace weir {

namespace {

using detail::hdf5_batch_access;

/// Two readers of one file take turns: while rows are made of the windows of one, a thread reads
/// the windows behind them into the other. So memory is bounded by two windows a column, and the
/// shell, which makes the rows, has them in its own cache. While `is_reading_`, `ahead_` and
/// `ahead_end_` are the thread's, and so is `rows_` until the first windows were taken; all else
/// that `mutex_` does not guard is the shell's. The library's own lock lets one call in at a time.
class hdf5_file_source final : public any_source {
public:
  /// `warning`: of the first file, what is to be told of all.
  hdf5_file_source(hdf5_batch_access access, series_file file, hdf5_options options, bool is_first,
                   std::string warning)
      : access_{access},
        file_{std::move(file)},
        options_{std::move(options)},
        is_first_{is_first},
        warning_{std::move(warning)} {}
  ~hdf5_file_source() override {
    {
      const std::lock_guard lock{mutex_};
      is_stopping_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

  const row_type& type() const override { return *access_.type; }

  result<void> open(source_context context) override {
    partition_ = intern_partition(context.name, file_.partition);
    context_ = std::move(context);
    if (!warning_.empty() && context_.warn) context_.warn(warning_);
    // What is wrong with the first file is known before the job runs. Later ones are verified when
    // their turn comes, by the thread.
    return is_first_ ? open_rows() : result<void>{};
  }
  result<poll_state> poll(credit allowed, batch_base& rows, batch<reject>& rejects) override;
  result<void> committed(std::uint64_t) override { return {}; }
  void barrier(std::uint64_t) override {}
  void save(snapshot_writer& to) const override { to.write(next_).write(position_); }
  result<void> load(snapshot_reader& from) override;
  source_progress progress() const override {
    if (size_ == 0) return {0.0, std::nullopt};
    return {static_cast<double>(next_) / static_cast<double>(size_), std::nullopt};
  }
  bool blocks() const override { return false; }

private:
  result<void> open_rows();
  result<void> read_ahead();
  void work();
  result<bool> take();
  std::size_t drop_bad(const hdf5_rows::run& run, void* tail, batch<reject>& rejects);

  const hdf5_batch_access access_;
  const series_file file_;
  const hdf5_options options_;
  const bool is_first_;
  const std::string warning_;
  source_context context_;
  const partition* partition_ = nullptr;
  std::unique_ptr<hdf5_rows> rows_, ahead_;
  std::uint64_t size_ = 0, next_ = 0; // rows of the file; the next one
  std::uint64_t end_ = 0;             // of the windows rows_ holds
  std::uint64_t position_ = 0;        // of the next row that fits

  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_stopping_ = false, is_reading_ = false, wants_wake_ = false;
  std::uint64_t ahead_end_ = 0; // of the windows ahead_ holds
  std::optional<error> failed_;
};

result<void> hdf5_file_source::open_rows() {
  auto verified = verify_file(file_.path);
  if (!verified) return std::move(verified).error();
  for (auto* reader : {&ahead_, &rows_}) {
    auto bound = hdf5_rows::bind(*access_.type->table, file_.path, options_);
    if (!bound) return std::move(bound).error();
    *reader = std::move(*bound);
  }
  return {};
}

/// The thread's: windows from `ahead_`'s next row on.
result<void> hdf5_file_source::read_ahead() {
  if (!ahead_)
    if (auto opened = open_rows(); !opened) return opened;
  auto reached = ahead_->reach();
  if (!reached) return std::move(reached).error();
  ahead_end_ = ahead_->next() + *reached;
  return {};
}

void hdf5_file_source::work() {
  std::unique_lock lock{mutex_};
  for (;;) {
    changed_.wait(lock, [this] { return is_stopping_ || is_reading_; });
    if (is_stopping_) return;
    lock.unlock();
    const auto began = std::chrono::steady_clock::now();
    auto done = user_call([this] { return read_ahead(); });
    if (context_.worked) context_.worked(std::chrono::steady_clock::now() - began);
    lock.lock();
    if (!done) failed_ = std::move(done).error();
    is_reading_ = false;
    if (std::exchange(wants_wake_, false)) context_.wake();
  }
}

/// Turns to the windows that were read ahead, and has the thread read on; false: they are not there
/// yet.
result<bool> hdf5_file_source::take() {
  const bool is_started = thread_.joinable();
  {
    const std::lock_guard lock{mutex_};
    if (is_reading_ || !is_started) {
      wants_wake_ = true;
    } else {
      if (failed_) return *failed_;
      std::swap(rows_, ahead_);
      end_ = ahead_end_;
      size_ = rows_->size();
      if (end_ == size_) return true;
      ahead_->seek(end_);
    }
    if (std::exchange(is_reading_, true)) return false;
  }
  if (!is_started) thread_ = std::thread{[this] { work(); }};
  changed_.notify_one();
  return is_started;
}

result<poll_state> hdf5_file_source::poll(credit allowed, batch_base& rows,
                                          batch<reject>& rejects) {
  if (!rows.empty() && rows.first_origin().partition != partition_)
    return poll_state::rows; // what is in there must leave first
  if (next_ == end_) {
    if (end_ != 0 && next_ == size_) return poll_state::end;
    auto taken = take();
    if (!taken) return std::move(taken).error();
    if (!*taken) return poll_state::idle;
    if (next_ == size_) return poll_state::end;
  }
  const auto room =
      std::min<std::uint64_t>(std::min<std::uint64_t>(rows.room(), end_ - next_),
                              static_cast<std::uint64_t>(std::max<std::int64_t>(allowed.rows, 0)));
  if (room == 0) return poll_state::rows;
  const auto text_bytes = static_cast<std::int64_t>(rows.text_bytes());
  const auto bytes = std::clamp<std::int64_t>(batch_bytes - text_bytes, 0,
                                              std::max<std::int64_t>(allowed.bytes, 0));

  void* tail = access_.tail(rows);
  auto run = rows_->read(tail, room, static_cast<std::size_t>(bytes));
  if (!run) return std::move(run).error();
  const auto kept = run->bad.empty() ? run->rows : drop_bad(*run, tail, rejects);
  if (kept > 0 && rows.empty()) rows.set_origin({partition_, position_});
  if (run->text.owner) rows.keep(std::move(run->text));
  access_.add(rows, kept);
  position_ += kept;
  next_ = rows_->next();
  return next_ == size_ ? poll_state::end : poll_state::rows;
}

/// Moves the good rows together and gives how many. When no more rejects can be taken it stops, to
/// read on from there.
std::size_t hdf5_file_source::drop_bad(const hdf5_rows::run& run, void* tail,
                                       batch<reject>& rejects) {
  std::size_t kept = 0;
  auto bad = run.bad.begin();
  for (std::size_t i = 0; i < run.rows; ++i) {
    if (bad == run.bad.end() || bad->index != i) {
      if (kept != i) access_.move(tail, i, kept);
      ++kept;
      continue;
    }
    const auto row = run.first + i;
    if (rejects.is_full()) {
      rows_->seek(row);
      return kept;
    }
    rejects.push_back(
        {partition_->source, file_.path + ":row " + std::to_string(row), bad->reason, bad->raw});
    ++bad;
  }
  return kept;
}

result<void> hdf5_file_source::load(snapshot_reader& from) {
  std::uint64_t row = 0, position = 0;
  if (!from.read(row).read(position).ok())
    return error{errc::damaged, "the saved position in '" + file_.path + "' is cut short"};
  if (!rows_)
    if (auto opened = open_rows(); !opened) return opened;
  if (row > rows_->size())
    return error{errc::damaged, "cannot go on in '" + file_.path + "' at row " + std::to_string(row)
                                    + ": it has only " + std::to_string(rows_->size()) + " now"};
  rows_->seek(row);
  ahead_->seek(row);
  size_ = rows_->size();
  next_ = end_ = row;
  position_ = position;
  return {};
}

/// One warning for all files that have no checksum; empty if all have.
std::string warning_of_unverified(const std::vector<std::string>& paths) {
  std::string first;
  std::size_t count = 0;
  for (const auto& path : paths) {
    std::error_code ignored;
    if (!std::filesystem::exists(manifest_of(path), ignored) && count++ == 0) first = path;
  }
  if (count == 0) return {};
  const auto others = count == 1 ? " has" : " and " + std::to_string(count - 1) + " more have";
  return "'" + first + "'" + others
         + " no checksum beside it (.xxh3): a damaged byte would be read as wrong data, or crash "
           "the HDF5 library. Files that weir writes have one; for a file known to be good, "
           "`xxh128sum x.h5 > x.h5.xxh3` makes it";
}

} // namespace

result<std::unique_ptr<any_source>> detail::make_hdf5_source(const hdf5_batch_access& rows,
                                                             const file_list& files,
                                                             const hdf5_options& options) {
  auto found = expand_files(files);
  if (!found) return std::move(found).error();
  // A pattern such as `trips*` also finds what lies beside the files.
  std::erase_if(*found, [](const std::string& path) {
    return path.ends_with(manifest_of("")) || path.ends_with(part_of(""));
  });
  if (found->empty())
    return error{errc::config, "no HDF5 file among " + files.describe() + ": look at the names"};
  const auto first = found->front();
  auto make = [rows, options, first, warning = warning_of_unverified(*found)](
                  const series_file& file) -> result<std::unique_ptr<any_source>> {
    const bool is_first = file.path == first;
    return std::unique_ptr<any_source>{std::make_unique<hdf5_file_source>(
        rows, file, options, is_first, is_first ? warning : std::string{})};
  };
  if (found->size() == 1) return make(name_partitions(std::move(*found)).front());
  // One file at a time: the library does one thing at a time in the whole process.
  return make_file_series(*rows.type, std::move(*found), std::move(make),
                          {.open_files = 1, .run_behind = {}});
}

} // namespace weir
