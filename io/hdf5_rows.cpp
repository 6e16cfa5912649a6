// SPDX-License-Identifier: Apache-2.0

#include <weir/io/hdf5_field.hpp>
#include <weir/io/hdf5_reader.hpp>
#include <weir/io/hdf5_rows.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace weir {

namespace {

/// Rows stored at once, column by column: they stay in the first cache.
constexpr std::size_t block_bytes = 16 * 1024;

/// Plain fields of one size that lie side by side in the row: stored together, row by row, so that
/// stores to a cache line follow each other (measured: a third of the time of column by column).
struct neighbours {
  static constexpr std::size_t most = 8;
  std::size_t first = 0, count = 0; // of `content::fields`
};

template <class Bits, std::size_t Count>
void store_together(const std::byte* const* columns, std::size_t rows, std::byte* to,
                    std::size_t stride) {
  const std::byte* from[Count];
  std::copy_n(columns, Count, from);
  for (std::size_t i = 0; i < rows; ++i, to += stride)
    for (std::size_t c = 0; c < Count; ++c)
      std::memcpy(to + c * sizeof(Bits), from[c] + i * sizeof(Bits), sizeof(Bits));
}

template <class Bits>
void store_neighbours(std::size_t count, const std::byte* const* columns, std::size_t rows,
                      std::byte* to, std::size_t stride) {
  switch (count) {
    case 2: return store_together<Bits, 2>(columns, rows, to, stride);
    case 3: return store_together<Bits, 3>(columns, rows, to, stride);
    case 4: return store_together<Bits, 4>(columns, rows, to, stride);
    case 5: return store_together<Bits, 5>(columns, rows, to, stride);
    case 6: return store_together<Bits, 6>(columns, rows, to, stride);
    case 7: return store_together<Bits, 7>(columns, rows, to, stride);
    default: return store_together<Bits, 8>(columns, rows, to, stride);
  }
}

} // namespace

struct hdf5_rows::content {
  const record_info& table;
  std::unique_ptr<hdf5_reader> file;
  std::vector<hdf5_field> fields;
  std::vector<neighbours> groups; // all fields, in order
  std::uint64_t rows = 0;
  std::uint64_t next = 0;
  bool has_text = false;
  bool borrows_text = false;

  [[nodiscard]] result<std::size_t> reach(std::size_t wanted);
  [[nodiscard]] std::size_t fitting(std::size_t count, std::size_t bytes) const;
  void find_neighbours();
  void store(std::size_t count, std::byte* to, char* text) const;
  void store_group(const neighbours& group, std::uint64_t row, std::size_t count, std::byte* to,
                   char*& text) const;
  [[nodiscard]] std::vector<bad_row> bad_of(std::size_t count) const;
  [[nodiscard]] kept_text text_for(std::size_t count) const;
};

hdf5_rows::hdf5_rows(std::unique_ptr<content> content) : content_{std::move(content)} {}
hdf5_rows::~hdf5_rows() = default;

result<std::unique_ptr<hdf5_rows>>
hdf5_rows::bind(const record_info& table, const std::string& path, const hdf5_options& options) {
  auto file = hdf5_reader::open(path, options);
  if (!file) return std::move(file).error();
  auto made = std::make_unique<content>(content{table, std::move(*file), {}, {}});
  bool has_column = false;
  for (const auto& field : table.fields) {
    auto bound = hdf5_field::bind(*made->file, path, field, options);
    if (!bound) return std::move(bound).error();
    has_column |= !bound->is_absent();
    made->has_text |= bound->has_text();
    made->borrows_text |= bound->borrows_text();
    made->fields.push_back(std::move(*bound));
  }
  if (!has_column)
    return error{errc::config, "cannot read '" + path + "': none of its datasets is a column of "
                                   + table.name + "; name the group that holds them (`group`)"};
  auto rows = made->file->rows();
  if (!rows) return rows.error();
  made->rows = *rows;
  made->find_neighbours();
  return std::unique_ptr<hdf5_rows>{new hdf5_rows{std::move(made)}};
}

std::uint64_t hdf5_rows::size() const noexcept { return content_->rows; }
std::uint64_t hdf5_rows::next() const noexcept { return content_->next; }
void hdf5_rows::seek(std::uint64_t row) noexcept { content_->next = std::min(row, content_->rows); }

/// How many of `wanted` rows all windows hold, after those that end here were moved on.
result<std::size_t> hdf5_rows::content::reach(std::size_t wanted) {
  std::uint64_t end = std::min<std::uint64_t>(rows, next + wanted);
  for (auto& field : fields) {
    auto reached = field.reach(*file, next, rows);
    if (!reached) return reached.error();
    end = std::min(end, *reached);
  }
  return static_cast<std::size_t>(end - next);
}

std::size_t hdf5_rows::content::fitting(std::size_t count, std::size_t bytes) const {
  if (!has_text) return std::min(count, std::max<std::size_t>(bytes / table.row_bytes, 1));
  std::size_t used = 0;
  for (std::size_t i = 0; i < count; ++i) {
    used += table.row_bytes;
    for (const auto& field : fields)
      if (field.has_text()) used += field.text_bytes(next + i);
    if (used > bytes) return std::max<std::size_t>(i, 1);
  }
  return count;
}

kept_text hdf5_rows::content::text_for(std::size_t count) const {
  if (!borrows_text) return {};
  std::size_t bytes = 0;
  for (const auto& field : fields)
    for (std::size_t i = 0; field.borrows_text() && i < count; ++i)
      bytes += field.text_bytes(next + i);
  return {std::shared_ptr<char[]>{new char[std::max<std::size_t>(bytes, 1)]}, bytes};
}

void hdf5_rows::content::find_neighbours() {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto bytes = fields[i].plain_bytes();
    const bool can_join = (bytes == 4 || bytes == 8) && !groups.empty();
    if (can_join) {
      auto& last = groups.back();
      const auto& before = fields[i - 1];
      if (last.count < neighbours::most && before.plain_bytes() == bytes
          && before.offset() + bytes == fields[i].offset()) {
        ++last.count;
        continue;
      }
    }
    groups.push_back({i, 1});
  }
}

void hdf5_rows::content::store_group(const neighbours& group, std::uint64_t row, std::size_t count,
                                     std::byte* to, char*& text) const {
  const auto& first = fields[group.first];
  if (group.count == 1) return first.store(row, count, to, table.row_bytes, text);
  const std::byte* columns[neighbours::most];
  for (std::size_t i = 0; i < group.count; ++i)
    columns[i] = fields[group.first + i].plain_value(row);
  const auto store =
      first.plain_bytes() == 8 ? store_neighbours<std::uint64_t> : store_neighbours<std::uint32_t>;
  store(group.count, columns, count, to + first.offset(), table.row_bytes);
}

void hdf5_rows::content::store(std::size_t count, std::byte* to, char* text) const {
  const std::size_t block = std::max<std::size_t>(block_bytes / table.row_bytes, 16);
  for (std::size_t done = 0; done < count; done += block)
    for (const auto& group : groups)
      store_group(group, next + done, std::min(block, count - done), to + done * table.row_bytes,
                  text);
}

std::vector<hdf5_rows::bad_row> hdf5_rows::content::bad_of(std::size_t count) const {
  std::vector<bad_row> bad;
  for (const auto& field : fields)
    for (const auto& value : field.bad())
      if (value.row >= next && value.row < next + count)
        bad.push_back({static_cast<std::size_t>(value.row - next), value.reason, value.raw});
  std::ranges::stable_sort(bad, {}, &bad_row::index);
  const auto again = std::ranges::unique(bad, {}, &bad_row::index);
  bad.erase(again.begin(), again.end());
  return bad;
}

result<std::size_t> hdf5_rows::reach() {
  return content_->reach(static_cast<std::size_t>(content_->rows - content_->next));
}

result<hdf5_rows::run> hdf5_rows::read(void* to, std::size_t rows, std::size_t bytes) {
  auto& own = *content_;
  auto reached = own.reach(rows);
  if (!reached) return std::move(reached).error();
  run made;
  made.first = own.next;
  made.rows = *reached == 0 ? 0 : own.fitting(*reached, bytes);
  made.text = own.text_for(made.rows);
  own.store(made.rows, static_cast<std::byte*>(to),
            static_cast<char*>(const_cast<void*>(made.text.owner.get())));
  made.bad = own.bad_of(made.rows);
  own.next += made.rows;
  return made;
}

} // namespace weir
