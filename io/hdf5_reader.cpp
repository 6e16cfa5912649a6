// SPDX-License-Identifier: Apache-2.0

#include <weir/io/hdf5_handle.hpp>
#include <weir/io/hdf5_reader.hpp>

#include <hdf5.h>

#include <algorithm>
#include <cstring>

namespace weir {

namespace {

constexpr std::size_t smallest_window = 4096;
constexpr std::size_t largest_window = 256 * 1024;
constexpr std::size_t text_window_bytes = 4 * 1024 * 1024;

/// An open dataset with the buffers its values are read into.
struct open_column_state {
  hdf5_column_info info;
  hdf5_handle set, space;
  hdf5_handle type; // in memory: the machine's own
  std::size_t value_bytes = 0;
  bool is_fixed_text = false;
  std::size_t window_rows = smallest_window;
  std::vector<std::byte> numbers;
  std::vector<char*> owned_texts; // of variable length: memory of the library
  std::vector<const char*> texts; // what is handed out

  open_column_state() = default;
  open_column_state(open_column_state&&) = default;
  ~open_column_state() { release_text(); }

  void release_text() {
    for (char*& text : owned_texts) {
      if (text != nullptr) H5free_memory(text);
      text = nullptr;
    }
    owned_texts.clear();
  }
};

herr_t add_name(hid_t, const char* name, const H5L_info_t*, void* names) {
  static_cast<std::vector<std::string>*>(names)->emplace_back(name);
  return 0;
}

std::string text_attribute(hid_t set, const char* name) {
  if (H5Aexists(set, name) <= 0) return {};
  const hdf5_handle attribute{H5Aopen(set, name, H5P_DEFAULT), H5Aclose};
  if (!attribute) return {};
  const hdf5_handle type{H5Aget_type(attribute.id()), H5Tclose};
  const hdf5_handle space{H5Aget_space(attribute.id()), H5Sclose};
  if (!type || !space || H5Tget_class(type.id()) != H5T_STRING
      || H5Sget_simple_extent_npoints(space.id()) != 1)
    return {};
  if (H5Tis_variable_str(type.id()) > 0) {
    char* text = nullptr;
    const hdf5_handle memory{H5Tcopy(H5T_C_S1), H5Tclose};
    H5Tset_size(memory.id(), H5T_VARIABLE);
    H5Tset_cset(memory.id(), H5Tget_cset(type.id()));
    if (H5Aread(attribute.id(), memory.id(), &text) < 0 || text == nullptr) return {};
    std::string copy{text};
    H5free_memory(text);
    return copy;
  }
  std::string text(std::min<std::size_t>(H5Tget_size(type.id()), 256), '\0');
  const hdf5_handle memory{H5Tcopy(type.id()), H5Tclose};
  if (H5Tset_size(memory.id(), text.size()) < 0
      || H5Aread(attribute.id(), memory.id(), text.data()) < 0)
    return {};
  text.resize(::strnlen(text.data(), text.size()));
  return text;
}

field_kind integer_kind(std::size_t bytes, bool is_signed) {
  const int step = bytes == 1 ? 0 : bytes == 2 ? 1 : bytes == 4 ? 2 : 3;
  return static_cast<field_kind>(static_cast<int>(is_signed ? field_kind::int8 : field_kind::uint8)
                                 + step);
}

hid_t memory_type_of(field_kind kind) {
  switch (kind) {
    case field_kind::int8: return H5T_NATIVE_INT8;
    case field_kind::int16: return H5T_NATIVE_INT16;
    case field_kind::int32: return H5T_NATIVE_INT32;
    case field_kind::uint8: return H5T_NATIVE_UINT8;
    case field_kind::uint16: return H5T_NATIVE_UINT16;
    case field_kind::uint32: return H5T_NATIVE_UINT32;
    case field_kind::uint64: return H5T_NATIVE_UINT64;
    case field_kind::float32: return H5T_NATIVE_FLOAT;
    case field_kind::float64: return H5T_NATIVE_DOUBLE;
    default: return H5T_NATIVE_INT64;
  }
}

std::size_t bytes_of(field_kind kind) { return H5Tget_size(memory_type_of(kind)); }

/// h5py writes bool as an enum of FALSE and TRUE.
bool is_boolean_enum(const std::vector<std::pair<std::string, std::int64_t>>& names) {
  return names.size() == 2 && std::ranges::all_of(names, [](const auto& n) {
           return (n.first == "FALSE" && n.second == 0) || (n.first == "TRUE" && n.second == 1);
         });
}

std::vector<std::pair<std::string, std::int64_t>> names_of_enum(hid_t type) {
  std::vector<std::pair<std::string, std::int64_t>> names;
  const hdf5_handle base{H5Tget_super(type), H5Tclose};
  const int members = H5Tget_nmembers(type);
  for (int i = 0; i < members; ++i) {
    std::int64_t value = 0;
    alignas(8) std::byte raw[64]{};
    char* name = H5Tget_member_name(type, static_cast<unsigned>(i));
    if (name == nullptr || H5Tget_size(type) > sizeof raw
        || H5Tget_member_value(type, static_cast<unsigned>(i), raw) < 0
        || H5Tconvert(base.id(), H5T_NATIVE_INT64, 1, raw, nullptr, H5P_DEFAULT) < 0) {
      H5free_memory(name);
      return {};
    }
    std::memcpy(&value, raw, sizeof value);
    names.emplace_back(name, value);
    H5free_memory(name);
  }
  return names;
}

/// Whole chunks of numbers; of text no more than fits, as far as its size is known.
std::size_t window_of(const open_column_state& column, const hdf5_options& options) {
  if (column.is_fixed_text)
    return std::clamp<std::size_t>(text_window_bytes / column.value_bytes, 1, smallest_window);
  if (column.info.kind == field_kind::text) return smallest_window;
  const auto chunk = column.info.chunk_rows;
  return chunk >= smallest_window && chunk <= largest_window
             ? chunk
             : std::clamp<std::size_t>(options.chunk_rows, smallest_window, largest_window);
}

} // namespace

struct hdf5_reader::content {
  std::string path, group_name;
  hdf5_options options;
  hdf5_handle file, group;
  std::vector<std::string> names;
  std::vector<open_column_state> columns;

  [[nodiscard]] std::string place(const std::string& name) const {
    return "'" + path + "', dataset '" + name + "'";
  }

  [[nodiscard]] result<void> find_type(open_column_state& column) const;
  [[nodiscard]] result<void> find_extent(open_column_state& column) const;
  [[nodiscard]] result<void> size_cache(open_column_state& column) const;
};

hdf5_reader::hdf5_reader(std::unique_ptr<content> content) : content_{std::move(content)} {}
hdf5_reader::~hdf5_reader() {
  const hdf5_silence quiet;
  content_.reset();
}

std::string validity_of(std::string_view column) { return std::string{column} + ".valid"; }

result<std::unique_ptr<hdf5_reader>> hdf5_reader::open(const std::string& path,
                                                       const hdf5_options& options) {
  const hdf5_silence quiet;
  auto made = std::make_unique<content>();
  made->path = path;
  made->options = options;
  const auto is_hdf5 = H5Fis_hdf5(path.c_str());
  if (is_hdf5 < 0) return error{errc::config, "cannot open '" + path + "': " + hdf5_failure()};
  if (is_hdf5 == 0)
    return error{errc::damaged, "'" + path
                                    + "' is not an HDF5 file: look at what wrote it, or read it "
                                      "as what it is (csv for text)"};
  made->file = {H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose};
  if (!made->file)
    return error{errc::damaged,
                 "cannot open '" + path + "': " + hdf5_failure()
                     + "; the file is truncated or damaged: fetch or write it again"};
  made->group = {H5Gopen2(made->file.id(), options.group.c_str(), H5P_DEFAULT), H5Gclose};
  if (!made->group)
    return error{errc::config, "cannot open '" + path + "': no group '" + options.group
                                   + "'; name the group that holds the columns (`group`)"};
  if (H5Literate(made->group.id(), H5_INDEX_NAME, H5_ITER_INC, nullptr, add_name, &made->names) < 0)
    return error{errc::damaged, "cannot list the datasets of '" + path + "': " + hdf5_failure()};
  return std::unique_ptr<hdf5_reader>{new hdf5_reader{std::move(made)}};
}

const std::vector<std::string>& hdf5_reader::names() const noexcept { return content_->names; }

bool hdf5_reader::has(std::string_view name) const {
  if (std::ranges::find(content_->names, name) != content_->names.end()) return true;
  if (name.find('/') == std::string_view::npos) return false;
  const hdf5_silence quiet;
  return H5Oexists_by_name(content_->group.id(), std::string{name}.c_str(), H5P_DEFAULT) > 0;
}

result<void> hdf5_reader::content::find_type(open_column_state& column) const {
  auto& info = column.info;
  const hdf5_handle stored{H5Dget_type(column.set.id()), H5Tclose};
  const std::size_t bytes = stored ? H5Tget_size(stored.id()) : 0;
  switch (stored ? H5Tget_class(stored.id()) : H5T_NO_CLASS) {
    case H5T_INTEGER:
      if (bytes <= 8)
        info.kind = integer_kind(bytes, H5Tget_sign(stored.id()) == H5T_SGN_2);
      else
        info.kind = field_kind::boolean; // refused below
      break;
    case H5T_FLOAT: info.kind = bytes <= 4 ? field_kind::float32 : field_kind::float64; break;
    case H5T_ENUM:
      info.names = names_of_enum(stored.id());
      info.kind = is_boolean_enum(info.names) ? field_kind::uint8 : field_kind::enumeration;
      break;
    case H5T_STRING: {
      info.kind = field_kind::text;
      column.type = {H5Tcopy(H5T_C_S1), H5Tclose};
      column.is_fixed_text = H5Tis_variable_str(stored.id()) <= 0;
      column.value_bytes = column.is_fixed_text ? bytes + 1 : sizeof(char*);
      H5Tset_size(column.type.id(), column.is_fixed_text ? column.value_bytes : H5T_VARIABLE);
      H5Tset_cset(column.type.id(), H5Tget_cset(stored.id()));
      if (column.value_bytes > max_chunk_bytes / 64)
        return error{errc::damaged, "cannot read " + place(info.name) + ": its text takes "
                                        + std::to_string(bytes) + " bytes a row"};
      return {};
    }
    default: info.kind = field_kind::boolean; break;
  }
  if (info.kind == field_kind::boolean)
    return error{errc::config,
                 "cannot read " + place(info.name)
                     + ": columns hold whole or floating numbers of up to 64 bits, text or "
                       "enums, and this is none of them"};
  // An enum is read as its numbers: the type in memory must be an enum, too, or the library
  // refuses.
  if (H5Tget_class(stored.id()) == H5T_ENUM) {
    const auto base = info.kind == field_kind::uint8 ? H5T_NATIVE_UINT8 : H5T_NATIVE_INT64;
    column.type = {H5Tenum_create(base), H5Tclose};
    for (const auto& [name, value] : info.names) {
      const auto small = static_cast<std::uint8_t>(value);
      H5Tenum_insert(column.type.id(), name.c_str(),
                     info.kind == field_kind::uint8 ? static_cast<const void*>(&small) : &value);
    }
    column.value_bytes = info.kind == field_kind::uint8 ? 1 : 8;
  } else {
    column.type = {H5Tcopy(memory_type_of(info.kind)), H5Tclose};
    column.value_bytes = bytes_of(info.kind);
  }
  return {};
}

result<void> hdf5_reader::content::find_extent(open_column_state& column) const {
  column.space = {H5Dget_space(column.set.id()), H5Sclose};
  if (!column.space || H5Sget_simple_extent_type(column.space.id()) != H5S_SIMPLE
      || H5Sget_simple_extent_ndims(column.space.id()) != 1)
    return error{errc::config, "cannot read " + place(column.info.name)
                                   + ": a column is a dataset of one dimension, one value a row"};
  hsize_t rows = 0;
  H5Sget_simple_extent_dims(column.space.id(), &rows, nullptr);
  column.info.rows = rows;
  const hdf5_handle layout{H5Dget_create_plist(column.set.id()), H5Pclose};
  if (layout && H5Pget_layout(layout.id()) == H5D_CHUNKED) {
    hsize_t chunk = 0;
    H5Pget_chunk(layout.id(), 1, &chunk);
    column.info.chunk_rows = chunk;
  }
  return {};
}

/// Chunks that are read as a whole bypass the library's cache; larger ones must stay in it from one
/// run to the next, or each run would read and inflate them again.
result<void> hdf5_reader::content::size_cache(open_column_state& column) const {
  const auto& info = column.info;
  column.window_rows = window_of(column, options);
  if (info.chunk_rows == 0) return {};
  const hdf5_handle stored{H5Dget_type(column.set.id()), H5Tclose};
  const std::uint64_t value_bytes = std::max<std::size_t>(H5Tget_size(stored.id()), 1);
  if (info.chunk_rows > max_chunk_bytes / value_bytes)
    return error{errc::config, "cannot read " + place(info.name) + ": its chunks hold "
                                   + std::to_string(info.chunk_rows) + " rows each, more than "
                                   + std::to_string(max_chunk_bytes >> 20)
                                   + " MiB; run h5repack -l CHUNK=65536 on the file"};
  const bool is_read_whole = info.chunk_rows == column.window_rows;
  const hdf5_handle access{H5Pcreate(H5P_DATASET_ACCESS), H5Pclose};
  H5Pset_chunk_cache(
      access.id(), is_read_whole ? 0 : 521,
      is_read_whole ? 0 : std::max<std::size_t>(info.chunk_rows * value_bytes, 1 << 20), 1.0);
  column.set.close();
  column.set = {H5Dopen2(group.id(), info.name.c_str(), access.id()), H5Dclose};
  return {};
}

result<std::size_t> hdf5_reader::open_column(const std::string& name) {
  const hdf5_silence quiet;
  open_column_state column;
  column.info.name = name;
  column.set = {H5Dopen2(content_->group.id(), name.c_str(), H5P_DEFAULT), H5Dclose};
  if (!column.set)
    return error{errc::damaged, "cannot open " + content_->place(name) + ": " + hdf5_failure()};
  if (auto found = content_->find_type(column); !found) return found.error();
  if (auto found = content_->find_extent(column); !found) return found.error();
  if (auto sized = content_->size_cache(column); !sized) return sized.error();
  if (!column.set)
    return error{errc::damaged, "cannot open " + content_->place(name) + ": " + hdf5_failure()};
  column.info.unit = text_attribute(column.set.id(), "unit");
  column.info.written_as = text_attribute(column.set.id(), "kind");
  content_->columns.push_back(std::move(column));
  return content_->columns.size() - 1;
}

const hdf5_column_info& hdf5_reader::column(std::size_t index) const {
  return content_->columns[index].info;
}

result<std::uint64_t> hdf5_reader::rows() const {
  const auto& columns = content_->columns;
  if (columns.empty()) return std::uint64_t{0};
  const auto& first = columns.front().info;
  for (const auto& column : columns)
    if (column.info.rows != first.rows)
      return error{errc::damaged, "cannot read '" + content_->path + "': dataset '" + first.name
                                      + "' has " + std::to_string(first.rows) + " rows, but '"
                                      + column.info.name + "' has "
                                      + std::to_string(column.info.rows)
                                      + "; columns of one length make rows: write the file again"};
  return first.rows;
}

std::size_t hdf5_reader::window_rows(std::size_t index) const noexcept {
  return content_->columns[index].window_rows;
}

result<hdf5_values> hdf5_reader::read(std::size_t index, std::uint64_t from, std::size_t count) {
  const hdf5_silence quiet;
  auto& column = content_->columns[index];
  const bool is_text = column.info.kind == field_kind::text;
  column.release_text();
  std::byte* to = nullptr;
  if (is_text && !column.is_fixed_text) {
    column.owned_texts.assign(count, nullptr);
    to = reinterpret_cast<std::byte*>(column.owned_texts.data());
  } else {
    if (column.numbers.size() < count * column.value_bytes)
      column.numbers.resize(count * column.value_bytes);
    to = column.numbers.data();
  }
  const hsize_t start = from, rows = count;
  const hdf5_handle memory{H5Screate_simple(1, &rows, nullptr), H5Sclose};
  if (H5Sselect_hyperslab(column.space.id(), H5S_SELECT_SET, &start, nullptr, &rows, nullptr) < 0
      || H5Dread(column.set.id(), column.type.id(), memory.id(), column.space.id(), H5P_DEFAULT, to)
             < 0)
    return error{errc::damaged, "cannot read " + content_->place(column.info.name) + " from row "
                                    + std::to_string(from) + " on: " + hdf5_failure()
                                    + "; the file is damaged: fetch or write it again"};
  if (!is_text) return hdf5_values{column.numbers.data(), {}};
  column.texts.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    // Read with one byte more than stored, the library ends each fixed text by NUL and drops its
    // padding.
    const char* fixed =
        reinterpret_cast<const char*>(column.numbers.data() + i * column.value_bytes);
    const char* text = column.is_fixed_text ? fixed : column.owned_texts[i];
    column.texts[i] = text == nullptr ? "" : text;
  }
  return hdf5_values{nullptr, column.texts};
}

} // namespace weir
