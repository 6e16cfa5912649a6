// SPDX-License-Identifier: Apache-2.0
//
// model_file: a fitted model as a file: JSON text with the features, the record's table, all
// weights and what the evaluation said; numbers in the shortest form that gives the same double
// back.
//
//   {
//     "weir_model": 1,                         version of the format
//     "checksum": "xxh3:93c1...",              of the whole text with the sixteen digits as zeros
//     "kind": "ridge", "name": "fare", "version": 1, "trained_rows": 127921, ...
//     "record": {"name": "trip", "fields": [{"name": "distance", "kind": "float64"}, ...]},
//     "intercept": 3.2,
//     "features": [{"name": "distance", "kind": "number", "field": "distance", "weight": 2.4, ...},
//                  {"name": "hour_of(pickup)", "kind": "one_hot", "field": "pickup",
//                   "part": "hour_of", "categories": [{"value": 0, "weight": -0.1, "rows": 9}]}],
//     "report": {"rmse": 4.9, ...}             null where nothing was measured
//   }
//
// A file is written whole or not at all: into `<file>.part`, synced, renamed, directory synced. One
// that is damaged, of another format, or does not fit the record it is loaded for is refused with
// the reason.

#pragma once

#include <weir/actors/state/snapshot.hpp>
#include <weir/actors/stream/error.hpp>
#include <weir/actors/stream/record.hpp>
#include <weir/models/linear_model.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace weir {

/// How every model file begins.
inline constexpr std::string_view model_file_begin = "{\n  \"weir_model\":";

/// Through a link it replaces what the link leads to.
[[nodiscard]] result<void> save_model(const linear_model& model, const std::string& path);
[[nodiscard]] result<linear_model> load_model(const std::string& path);
/// Loads a model and checks that it fits a record.
[[nodiscard]] result<std::shared_ptr<const linear_model>> load_model_for(const std::string& path,
                                                                         const record_info& record);

/// The text of a model file; and back. `origin` names it in errors.
[[nodiscard]] std::string model_to_json(const linear_model& model);
[[nodiscard]] result<linear_model> model_from_json(std::string_view text, std::string_view origin);

/// A model in an operator's snapshot; nullptr: none yet.
void save_state(const linear_model* model, snapshot_writer& to);
/// For the record it was saved with; throws std::runtime_error when it does not fit.
[[nodiscard]] std::shared_ptr<const linear_model> load_state(snapshot_reader& from,
                                                             const record_info& record);

} // namespace weir
