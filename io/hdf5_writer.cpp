// SPDX-License-Identifier: Apache-2.0

#include <weir/io/hdf5_handle.hpp>
#include <weir/io/hdf5_manifest.hpp>
#include <weir/io/hdf5_reader.hpp>
#include <weir/io/hdf5_writer.hpp>

#include <hdf5.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <limits>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace weir {

namespace {

/// One dataset and the values that wait for it.
struct open_dataset {
  std::string name;
  hdf5_handle set, type;
  std::size_t value_bytes = 0;
  bool is_text = false;
  std::vector<std::byte> values;
  std::string text;                // each ended by NUL
  std::vector<std::size_t> starts; // in `text`, one a value

  void add(const void* value) {
    const auto* bytes = static_cast<const std::byte*>(value);
    values.insert(values.end(), bytes, bytes + value_bytes);
  }
  void add_text(std::string_view value) {
    starts.push_back(text.size());
    text.append(value);
    text += '\0';
  }
};

struct open_column_state {
  hdf5_column plan;
  open_dataset data;
  std::unique_ptr<open_dataset> valid; // of an optional column
};

hid_t plain_type_of(field_kind kind) {
  switch (kind) {
    case field_kind::boolean:
    case field_kind::uint8: return H5T_STD_U8LE;
    case field_kind::int8: return H5T_STD_I8LE;
    case field_kind::int16: return H5T_STD_I16LE;
    case field_kind::int32: return H5T_STD_I32LE;
    case field_kind::uint16: return H5T_STD_U16LE;
    case field_kind::uint32: return H5T_STD_U32LE;
    case field_kind::uint64: return H5T_STD_U64LE;
    case field_kind::float32: return H5T_IEEE_F32LE;
    case field_kind::float64: return H5T_IEEE_F64LE;
    default: return H5T_STD_I64LE;
  }
}

hdf5_handle text_type() {
  hdf5_handle type{H5Tcopy(H5T_C_S1), H5Tclose};
  H5Tset_size(type.id(), H5T_VARIABLE);
  H5Tset_cset(type.id(), H5T_CSET_UTF8);
  return type;
}

hdf5_handle enum_type(const enum_info& names) {
  hdf5_handle type{H5Tenum_create(H5T_STD_I64LE), H5Tclose};
  for (const auto& [name, value] : names.values) // of two names for one value the first is kept
    H5Tenum_insert(type.id(), std::string{name}.c_str(), &value);
  return type;
}

hdf5_handle type_of(const hdf5_column& column) {
  if (is_text(column.kind)) return text_type();
  if (column.kind == field_kind::enumeration) return enum_type(*column.enumeration);
  return {H5Tcopy(plain_type_of(column.kind)), H5Tclose};
}

bool set_attribute(hid_t set, const char* name, std::string_view text) {
  const hdf5_handle type{H5Tcopy(H5T_C_S1), H5Tclose};
  H5Tset_size(type.id(), text.size());
  H5Tset_strpad(type.id(), H5T_STR_NULLPAD);
  const hdf5_handle space{H5Screate(H5S_SCALAR), H5Sclose};
  const hdf5_handle attribute{
      H5Acreate2(set, name, type.id(), space.id(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose};
  return attribute && H5Awrite(attribute.id(), type.id(), text.data()) >= 0;
}

} // namespace

struct hdf5_writer::content {
  std::string path;
  hdf5_options options;
  hdf5_handle file, group;
  std::vector<open_column_state> columns;
  std::uint64_t rows = 0;
  std::size_t waiting = 0;
  std::size_t text_bytes = 0;
  bool is_finished = false;

  [[nodiscard]] error failure(const std::string& what) const {
    return {errc::failed, "cannot write '" + path + "': " + what + ": " + hdf5_failure()
                              + "; make room on the disk, or choose another place"};
  }
  [[nodiscard]] result<void> make_dataset(open_dataset& into, std::string name, hdf5_handle type);
  [[nodiscard]] result<void> flush_dataset(open_dataset& data);
  [[nodiscard]] result<void> flush();
  [[nodiscard]] result<void> copy_values(hid_t from, open_dataset& into, hsize_t start,
                                         hsize_t count);

  ~content() {
    columns.clear();
    group.close();
    file.close();
    if (!is_finished) ::unlink(part_of(path).c_str());
  }
};

hdf5_writer::hdf5_writer(std::unique_ptr<content> content) : content_{std::move(content)} {}
hdf5_writer::~hdf5_writer() {
  const hdf5_silence quiet;
  content_.reset();
}

result<void> hdf5_writer::content::make_dataset(open_dataset& into, std::string name,
                                                hdf5_handle type) {
  into.name = std::move(name);
  into.type = std::move(type);
  into.is_text = H5Tget_class(into.type.id()) == H5T_STRING;
  into.value_bytes = into.is_text ? 0 : H5Tget_size(into.type.id());
  const hsize_t none = 0, no_limit = H5S_UNLIMITED, chunk = options.chunk_rows;
  const hdf5_handle space{H5Screate_simple(1, &none, &no_limit), H5Sclose};
  const hdf5_handle layout{H5Pcreate(H5P_DATASET_CREATE), H5Pclose};
  H5Pset_chunk(layout.id(), 1, &chunk);
  H5Pset_obj_track_times(layout.id(), false); // or no two files would be the same bytes
  if (options.deflate > 0) {
    H5Pset_shuffle(layout.id());
    H5Pset_deflate(layout.id(), options.deflate);
  }
  // A chunk of which only a part was written (long text) stays in the cache until the rest comes.
  const hdf5_handle access{H5Pcreate(H5P_DATASET_ACCESS), H5Pclose};
  H5Pset_chunk_cache(access.id(), 521, chunk * H5Tget_size(into.type.id()), 1.0);
  const hdf5_handle link{H5Pcreate(H5P_LINK_CREATE), H5Pclose};
  H5Pset_char_encoding(link.id(), H5T_CSET_UTF8);
  into.set = {H5Dcreate2(group.id(), into.name.c_str(), into.type.id(), space.id(), link.id(),
                         layout.id(), access.id()),
              H5Dclose};
  if (!into.set) return failure("dataset '" + into.name + "' can't be made");
  return {};
}

result<std::unique_ptr<hdf5_writer>> hdf5_writer::create(const std::string& path,
                                                         std::vector<hdf5_column> columns,
                                                         const hdf5_options& options) {
  if (options.deflate > 9 || options.chunk_rows == 0 || options.chunk_rows > (1U << 22U))
    return error{errc::config,
                 "cannot write '" + path
                     + "': deflate is 0 to 9 and chunk_rows 1 to 4194304; correct the "
                       "options of hdf5"};
  const hdf5_silence quiet;
  auto made = std::make_unique<content>();
  made->path = path;
  made->options = options;
  made->file = {H5Fcreate(part_of(path).c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT),
                H5Fclose};
  if (!made->file) {
    made->is_finished = true; // there is nothing of ours to remove
    return error{errc::config, "cannot create '" + part_of(path) + "': " + hdf5_failure()
                                   + "; look at the name and whether the folder may be written"};
  }
  const hdf5_handle parents{H5Pcreate(H5P_LINK_CREATE), H5Pclose};
  H5Pset_create_intermediate_group(parents.id(), 1);
  made->group = options.group.find_first_not_of('/') == std::string::npos
                    ? hdf5_handle{H5Gopen2(made->file.id(), "/", H5P_DEFAULT), H5Gclose}
                    : hdf5_handle{H5Gcreate2(made->file.id(), options.group.c_str(), parents.id(),
                                             H5P_DEFAULT, H5P_DEFAULT),
                                  H5Gclose};
  if (!made->group) return made->failure("group '" + options.group + "' can't be made");
  made->columns.reserve(columns.size());
  for (auto& plan : columns) {
    auto& column = made->columns.emplace_back();
    column.plan = std::move(plan);
    const auto& name = column.plan.name;
    if (auto set = made->make_dataset(column.data, name, type_of(column.plan)); !set)
      return std::move(set).error();
    const auto id = column.data.set.id();
    const bool is_time =
        column.plan.kind == field_kind::time || column.plan.kind == field_kind::span;
    if (!set_attribute(id, "kind", name_of(column.plan.kind))
        || (is_time && !set_attribute(id, "unit", "us")))
      return made->failure("attributes of '" + name + "' can't be written");
    if (!column.plan.is_optional) continue;
    column.valid = std::make_unique<open_dataset>();
    auto set =
        made->make_dataset(*column.valid, validity_of(name), {H5Tcopy(H5T_STD_U8LE), H5Tclose});
    if (!set) return std::move(set).error();
  }
  return std::unique_ptr<hdf5_writer>{new hdf5_writer{std::move(made)}};
}

result<void> hdf5_writer::append(std::size_t index, const void* value) {
  auto& column = content_->columns[index];
  auto& data = column.data;
  const auto bad = [&](std::string why) {
    return error{errc::failed, "cannot write '" + content_->path + "': dataset '" + data.name
                                   + "', row " + std::to_string(content_->rows) + ": "
                                   + std::move(why)};
  };
  if (column.valid) {
    const std::uint8_t is_there = value != nullptr;
    column.valid->add(&is_there);
  } else if (value == nullptr) {
    return bad("a value is missing in a column that is not optional");
  }
  if (data.is_text) {
    std::string_view text;
    if (value != nullptr)
      text = column.plan.kind == field_kind::text ? *static_cast<const std::string*>(value)
                                                  : *static_cast<const std::string_view*>(value);
    if (text.find('\0') != std::string_view::npos)
      return bad("HDF5 text can't hold a NUL byte; remove it before the sink");
    data.add_text(text);
    content_->text_bytes += text.size();
  } else if (column.plan.kind == field_kind::enumeration) {
    const auto& names = *column.plan.enumeration;
    const std::int64_t number = value != nullptr ? names.get(value) : 0;
    if (value != nullptr && names.name(number).empty())
      return bad(std::to_string(number) + " is no named value of the enum");
    data.add(&number);
  } else if (value != nullptr) {
    data.add(value);
  } else if (column.plan.kind == field_kind::float64) {
    const double missing = std::numeric_limits<double>::quiet_NaN();
    data.add(&missing);
  } else if (column.plan.kind == field_kind::float32) {
    const float missing = std::numeric_limits<float>::quiet_NaN();
    data.add(&missing);
  } else {
    const std::uint64_t missing = 0;
    data.add(&missing);
  }
  return {};
}

result<void> hdf5_writer::end_rows(std::size_t rows) {
  content_->waiting += rows;
  content_->rows += rows;
  if (content_->waiting < content_->options.chunk_rows && content_->text_bytes < text_block_bytes)
    return {};
  const hdf5_silence quiet;
  return content_->flush();
}

std::size_t hdf5_writer::room() const noexcept {
  return std::min<std::size_t>(content_->options.chunk_rows - content_->waiting, 1024);
}
std::uint64_t hdf5_writer::rows() const noexcept { return content_->rows; }

result<void> hdf5_writer::content::flush_dataset(open_dataset& data) {
  const hsize_t all = rows, count = waiting, start = rows - waiting;
  std::vector<const char*> texts;
  for (const auto at : data.starts) texts.push_back(data.text.data() + at);
  const void* from = data.is_text ? static_cast<const void*>(texts.data()) : data.values.data();
  if (H5Dset_extent(data.set.id(), &all) < 0) return failure("'" + data.name + "' can't grow");
  const hdf5_handle there{H5Dget_space(data.set.id()), H5Sclose};
  const hdf5_handle here{H5Screate_simple(1, &count, nullptr), H5Sclose};
  if (H5Sselect_hyperslab(there.id(), H5S_SELECT_SET, &start, nullptr, &count, nullptr) < 0
      || H5Dwrite(data.set.id(), data.type.id(), here.id(), there.id(), H5P_DEFAULT, from) < 0)
    return failure("'" + data.name + "' can't be written");
  data.values.clear();
  data.text.clear();
  data.starts.clear();
  return {};
}

result<void> hdf5_writer::content::flush() {
  if (waiting == 0) return {};
  for (auto& column : columns) {
    if (auto flushed = flush_dataset(column.data); !flushed) return flushed;
    if (column.valid)
      if (auto flushed = flush_dataset(*column.valid); !flushed) return flushed;
  }
  waiting = 0;
  text_bytes = 0;
  return {};
}

/// Values of a dataset of the same type, behind those that wait.
result<void> hdf5_writer::content::copy_values(hid_t from, open_dataset& into, hsize_t start,
                                               hsize_t count) {
  const hdf5_handle there{H5Dget_space(from), H5Sclose};
  const hdf5_handle here{H5Screate_simple(1, &count, nullptr), H5Sclose};
  std::vector<std::byte> values(count * H5Tget_size(into.type.id()));
  if (H5Sselect_hyperslab(there.id(), H5S_SELECT_SET, &start, nullptr, &count, nullptr) < 0
      || H5Dread(from, into.type.id(), here.id(), there.id(), H5P_DEFAULT, values.data()) < 0)
    return failure("'" + into.name + "' of a part can't be read");
  if (!into.is_text) {
    into.values.insert(into.values.end(), values.begin(), values.end());
    return {};
  }
  for (hsize_t i = 0; i < count; ++i) {
    const char* text = nullptr;
    std::memcpy(&text, values.data() + i * sizeof text, sizeof text);
    const std::string_view copied = text == nullptr ? "" : text;
    into.add_text(copied);
    text_bytes += copied.size();
  }
  H5Dvlen_reclaim(into.type.id(), here.id(), H5P_DEFAULT, values.data());
  return {};
}

result<void> hdf5_writer::append_file(const std::string& path) {
  auto verified = verify_file(path);
  if (!verified) return std::move(verified).error();
  if (*verified == checksum_state::missing)
    return error{errc::damaged, "cannot write '" + content_->path + "': '" + path
                                    + "', or the checksum beside it, was removed, and with it rows "
                                      "that belong into the file; run the job again"};
  const hdf5_silence quiet;
  auto& own = *content_;
  const hdf5_handle file{H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose};
  if (!file) return own.failure("'" + path + "' can't be opened");
  std::vector<std::pair<hdf5_handle, open_dataset*>> sets;
  const auto open_set = [&](open_dataset& into) {
    const hdf5_handle access{H5Pcreate(H5P_DATASET_ACCESS), H5Pclose};
    H5Pset_chunk_cache(access.id(), 521, own.options.chunk_rows * H5Tget_size(into.type.id()), 1.0);
    const auto name = own.options.group + "/" + into.name;
    sets.emplace_back(hdf5_handle{H5Dopen2(file.id(), name.c_str(), access.id()), H5Dclose}, &into);
  };
  for (auto& column : own.columns) {
    open_set(column.data);
    if (column.valid) open_set(*column.valid);
  }
  if (sets.empty()) return {};
  const hdf5_handle space{H5Dget_space(sets.front().first.id()), H5Sclose};
  const auto points = H5Sget_simple_extent_npoints(space.id());
  if (points < 0) return own.failure("'" + path + "' has other columns");
  const auto all = static_cast<hsize_t>(points);
  for (hsize_t done = 0; done < all;) {
    const auto count = std::min<hsize_t>(all - done, room());
    for (auto& [set, into] : sets)
      if (auto copied = own.copy_values(set.id(), *into, done, count); !copied) return copied;
    if (auto ended = end_rows(count); !ended) return ended;
    done += count;
  }
  return {};
}

result<void> hdf5_writer::finish() { return finish_as(content_->path); }

result<void> hdf5_writer::finish_as(const std::string& path) {
  const hdf5_silence quiet;
  auto& own = *content_;
  if (auto flushed = own.flush(); !flushed) return flushed;
  bool is_closed = true;
  for (auto& column : own.columns) {
    is_closed &= column.data.set.close();
    if (column.valid) is_closed &= column.valid->set.close();
  }
  is_closed &= own.group.close();
  is_closed &= own.file.close();
  if (!is_closed) return own.failure("the file can't be closed");
  if (path != own.path && std::rename(part_of(own.path).c_str(), part_of(path).c_str()) != 0)
    return error{errc::failed, "cannot rename '" + part_of(own.path) + "' to '" + part_of(path)
                                   + "': " + std::strerror(errno)};
  if (auto published = publish_file(path); !published) return published;
  own.is_finished = true;
  return {};
}

} // namespace weir
