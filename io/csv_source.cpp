// SPDX-License-Identifier: Apache-2.0

#include <weir/io/csv_reader.hpp>
#include <weir/io/csv_source.hpp>
#include <weir/io/file_series.hpp>

#include <algorithm>
#include <utility>

namespace weir {
namespace {

/// The rows of one file.
class csv_file_source final : public any_source {
public:
  csv_file_source(const detail::csv_rows& rows, series_file file, const csv_options& options)
      : rows_{rows},
        file_{std::move(file)},
        reader_{file_.path, *rows.type->table, options},
        borrows_{rows.type->table->borrows} {}

  const row_type& type() const override { return *rows_.type; }

  result<void> open(source_context context) override {
    name_ = std::move(context.name);
    partition_ = intern_partition(name_, file_.partition);
    return reader_.open();
  }

  result<poll_state> poll(credit allowed, batch_base& rows, batch<reject>& rejects) override {
    if (has_ended_) return poll_state::end;
    if (rows.empty())
      rows.set_origin({partition_, reader_.position()});
    else if (rows.first_origin().partition != partition_)
      return poll_state::rows; // what is in there must leave first
    const auto row_bytes = static_cast<std::int64_t>(rows.row_bytes());
    auto wanted = std::min(allowed.rows, std::max<std::int64_t>(allowed.bytes / row_bytes, 1));
    const auto reject_row = [&](csv_reject found) {
      rejects.push_back({name_, file_.path + ":" + std::to_string(found.line),
                         std::move(found.reason), std::string{found.raw}});
      return rejects.room() != 0;
    };
    while (wanted > 0 && rows.room() != 0 && rejects.room() != 0) {
      std::size_t room = std::min(rows.room(), static_cast<std::size_t>(wanted));
      if (rows_.one_by_one) room = 1;
      const std::size_t text_budget = borrows_ ? batch_bytes - rows.text_bytes() : 0;
      auto got = reader_.read(rows_.tail(rows), rows.row_bytes(), room, text_budget, reject_row);
      if (!got) return std::move(got).error();
      rows_.add(rows, got->rows);
      wanted -= static_cast<std::int64_t>(got->rows);
      if (borrows_ && got->rows != 0) rows.keep({reader_.text(), got->text_bytes});
      if (got->has_ended) {
        has_ended_ = true;
        return poll_state::end;
      }
    }
    return poll_state::rows;
  }

  result<void> committed(std::uint64_t /*number*/) override { return {}; }
  void barrier(std::uint64_t /*number*/) override {}
  void save(snapshot_writer& to) const override { reader_.save(to); }
  result<void> load(snapshot_reader& from) override {
    has_ended_ = false;
    return reader_.load(from);
  }
  source_progress progress() const override {
    const auto total = reader_.bytes_total();
    if (total == 0) return {};
    const double done = static_cast<double>(reader_.bytes_read()) / static_cast<double>(total);
    return {.done = std::min(done, 1.0), .behind = std::nullopt};
  }
  bool blocks() const override { return true; }

private:
  detail::csv_rows rows_;
  series_file file_;
  csv_reader reader_;
  bool borrows_;
  bool has_ended_ = false;
  std::string name_;
  const partition* partition_ = nullptr;
};

} // namespace

std::unique_ptr<any_source> detail::make_csv_file(const csv_rows& rows, std::string path,
                                                  std::string partition,
                                                  const csv_options& options) {
  return std::make_unique<csv_file_source>(rows, series_file{std::move(path), std::move(partition)},
                                           options);
}

result<std::unique_ptr<any_source>>
detail::make_csv_source(const csv_rows& rows, const file_list& files, const csv_options& options) {
  if (auto checked = dialect_of(options); !checked) return std::move(checked).error();
  auto paths = expand_files(files);
  if (!paths) return std::move(paths).error();
  auto make = [rows, options](const series_file& file) -> result<std::unique_ptr<any_source>> {
    return make_csv_file(rows, file.path, file.partition, options);
  };
  return make_file_series(*rows.type, *std::move(paths), std::move(make),
                          {.open_files = options.threads, .run_behind = {}});
}

} // namespace weir
