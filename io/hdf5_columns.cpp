// SPDX-License-Identifier: Apache-2.0

#include <weir/io/hdf5_columns.hpp>
#include <weir/io/hdf5_manifest.hpp>
#include <weir/io/hdf5_reader.hpp>

#include <memory>
#include <utility>

namespace weir {

namespace {

field_kind kind_of(const hdf5_column_info& column) {
  if (column.kind == field_kind::text || column.kind == field_kind::enumeration)
    return field_kind::text_view;
  for (auto kind : {field_kind::boolean, field_kind::time, field_kind::span})
    if (column.written_as == name_of(kind)) return kind;
  const bool counts_time =
      column.unit == "s" || column.unit == "ms" || column.unit == "us" || column.unit == "ns";
  return counts_time && is_integer(column.kind) ? field_kind::time : column.kind;
}

} // namespace

result<std::vector<hdf5_column>> hdf5_columns(const std::string& path,
                                              const hdf5_options& options) {
  if (auto verified = verify_file(path); !verified) return std::move(verified).error();
  auto opened = hdf5_reader::open(path, options);
  if (!opened) return std::move(opened).error();
  auto& file = **opened;
  std::vector<hdf5_column> columns;
  for (const auto& name : file.names()) {
    const auto mark = validity_of("");
    if (name.ends_with(mark) && file.has(name.substr(0, name.size() - mark.size()))) continue;
    auto column = file.open_column(name);
    if (!column) continue; // a group, a table: nothing a row has a value of
    columns.push_back({name, kind_of(file.column(*column)), file.has(validity_of(name)), nullptr});
  }
  if (columns.empty())
    return error{errc::config, "'" + path + "' has no columns in group '" + options.group
                                   + "'; name the group that holds them (`group`)"};
  return columns;
}

} // namespace weir
