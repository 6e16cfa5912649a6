// SPDX-License-Identifier: Apache-2.0

#include <weir/io/file_parts.hpp>
#include <weir/io/hdf5_manifest.hpp>
#include <weir/io/hdf5_sink.hpp>
#include <weir/io/hdf5_writer.hpp>

#include <algorithm>
#include <cstddef>
#include <unistd.h>
#include <utility>
#include <vector>

namespace weir {

namespace {

class hdf5_file_sink final : public any_sink {
public:
  hdf5_file_sink(const row_type& rows, std::string path, const hdf5_options& options)
      : type_{rows}, path_{std::move(path)}, options_{options} {}

  const row_type& type() const override { return type_; }

  result<void> open(sink_context context) override {
    for (const auto& field : type_.table->fields)
      columns_.push_back({field.name, field.kind, field.is_optional, field.enumeration});
    warn_ = context.warn;
    warn_of_parts(path_, warn_);
    return begin();
  }

  result<std::size_t> write(batch_base& rows, std::size_t first, bool) override {
    const auto* data = static_cast<const std::byte*>(rows.row_data());
    for (std::size_t i = first; i < rows.size();) {
      const auto count = std::min(rows.size() - i, file_->room());
      if (auto added = append(data + i * type_.row_bytes, count); !added) return added.error();
      i += count;
    }
    return rows.size() - first;
  }
  result<bool> prepare(std::uint64_t) override {
    if (auto safe = end_part(); !safe) return safe.error();
    if (auto begun = begin(); !begun) return begun.error();
    return true;
  }
  result<void> commit(std::uint64_t) override { return {}; }
  result<void> abort(std::uint64_t) override { return {}; }
  result<bool> close() override {
    if (!parts_.empty()) {
      if (auto safe = end_part(); !safe) return safe.error();
      if (auto begun = begin(); !begun) return begun.error();
      for (const auto& part : parts_)
        if (auto added = file_->append_file(part); !added) return added.error();
    }
    if (auto kept = keep_aside(path_, warn_); !kept) return std::move(kept).error();
    if (auto finished = file_->finish(); !finished) return finished.error();
    for (const auto& part : parts_) {
      ::unlink(part.c_str());
      ::unlink(manifest_of(part).c_str());
    }
    return true;
  }
  bool blocks() const override { return true; }

private:
  /// Makes sure of a file to write to.
  result<void> begin() {
    if (file_) return {};
    auto created = hdf5_writer::create(path_, columns_, options_);
    if (!created) return std::move(created).error();
    file_ = std::move(*created);
    return {};
  }
  /// What was written since the last part becomes one, if there was anything.
  result<void> end_part() {
    if (file_->rows() == 0) return {};
    auto part = next_part(path_);
    if (auto finished = file_->finish_as(part); !finished) return finished;
    parts_.push_back(std::move(part));
    file_.reset();
    return {};
  }
  result<void> append(const std::byte* rows, std::size_t count) {
    const auto& fields = type_.table->fields;
    for (std::size_t column = 0; column < fields.size(); ++column)
      for (std::size_t i = 0; i < count; ++i) {
        auto added = file_->append(column, fields[column].value_in(rows + i * type_.row_bytes));
        if (!added) return added;
      }
    return file_->end_rows(count);
  }

  const row_type& type_;
  const std::string path_;
  const hdf5_options options_;
  std::vector<hdf5_column> columns_;
  std::vector<std::string> parts_; // of this job, in order
  std::unique_ptr<hdf5_writer> file_;
  std::function<void(const std::string&)> warn_;
};

} // namespace

result<std::unique_ptr<any_sink>> make_hdf5_sink(const row_type& rows, const std::string& path,
                                                 const hdf5_options& options) {
  ensure(rows.table != nullptr, "an HDF5 sink is given rows with a table");
  if (path.empty()) return error{errc::config, "an HDF5 sink writes one file: name one"};
  return std::unique_ptr<any_sink>{std::make_unique<hdf5_file_sink>(rows, path, options)};
}

} // namespace weir
