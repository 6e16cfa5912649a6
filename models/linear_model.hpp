// SPDX-License-Identifier: Apache-2.0
//
// linear_model: what a fit leaves behind: an intercept and a weight for every column, by name. And
// linear_scorer: such a model bound to a record, ready to answer rows.
//
// A model is plain data, immutable once shared. It knows the fields it was learnt from by name and
// kind; binding it to another record finds them again or says what differs. A scorer is immutable
// and keeps its model alive; any number of threads may use one. A row's prediction does not depend
// on the rows beside it.
//
//   result<linear_scorer> scorer = linear_scorer::bind(model, record_of<trip>());
//   scorer->predict(block, predictions);

#pragma once

#include <weir/actors/operators/model.hpp>
#include <weir/actors/stream/error.hpp>
#include <weir/actors/stream/record.hpp>
#include <weir/models/category_index.hpp>
#include <weir/models/feature.hpp>
#include <weir/models/feature_reader.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weir {

/// One category of a one_hot feature. `text` holds text, and the name of an enum's value.
struct category_weight {
  std::int64_t integer = 0;
  std::string text = {};
  double weight = 0;
  std::uint64_t rows = 0; ///< Training rows that have it.

  friend bool operator==(const category_weight&, const category_weight&) = default;
};

/// A feature and what was learnt for it.
struct fitted_feature {
  feature what;
  field_kind field = field_kind::float64; ///< The kind of its field.

  // A number. Its column is (x - mean) / scale; mean is 0 and scale 1 unless it is `standard`.
  double weight = 0;
  double mean = 0;
  double scale = 1;
  double imputed = 0; ///< In place of a missing number, if anything is.
  double spread = 0;  ///< The column's standard deviation in the training rows.

  std::vector<category_weight> categories = {}; ///< Sorted: integers by value, text by bytes.

  friend bool operator==(const fitted_feature&, const fitted_feature&) = default;
};

/// A field of the record a model was learnt from.
struct model_field {
  std::string name;
  field_kind kind = field_kind::float64;
  bool is_optional = false;

  friend bool operator==(const model_field&, const model_field&) = default;
};

struct linear_model {
  std::string kind = "linear"; ///< How it came to be: `linear` (given), `ridge`.
  std::string name = {};       ///< In the job that fitted it.
  std::uint64_t version = 1;   ///< Counts the fits of a job.
  std::string record = {};
  std::vector<model_field> fields = {};
  std::string label = {}; ///< Empty for a given model.
  double l2 = 0;
  std::uint64_t trained_rows = 0;
  std::uint64_t skipped_rows = 0;
  double label_mean = 0; ///< Of the training rows: the baseline.
  double intercept = 0;
  std::vector<fitted_feature> features = {};
  std::optional<model_report> report = {}; ///< Once it was judged on held-out rows.

  [[nodiscard]] std::size_t columns() const noexcept;
};

/// `distance`, `hour_of(pickup)=13`: every column of the model with its weight.
struct named_weight {
  std::string name;
  double weight = 0;
  double effect = 0; ///< |weight| times the column's standard deviation, in units of the label.
};
/// All columns, in the model's order.
[[nodiscard]] std::vector<named_weight> weights_of(const linear_model& model);
/// `distance 2.71; hour_of(pickup)=3 -1.2; ...`: the `count` columns of largest effect.
[[nodiscard]] std::string top_weights_of(const linear_model& model, std::size_t count = 10);

/// A model for people: where it comes from, how good it is, every weight by name (`weir model
/// show`).
[[nodiscard]] std::string describe(const linear_model& model);

/// What is known of a model's quality, from when it was fitted; `name`: what this job calls it.
[[nodiscard]] model_report report_of(const linear_model& model, const std::string& name);

/// The table of a record, as models keep it.
[[nodiscard]] std::vector<model_field> fields_of(const record_info& record);

class linear_scorer {
public:
  /// An error lists what the record lacks, or holds as another kind.
  static result<linear_scorer> bind(std::shared_ptr<const linear_model> model,
                                    const record_info& record);
  /// For blocks that were read elsewhere, with columns of these kinds.
  linear_scorer(std::shared_ptr<const linear_model> model, std::vector<column_kind> kinds);

  [[nodiscard]] const linear_model& model() const noexcept { return *model_; }
  /// Reads the features of rows of the record. Precondition: made by `bind`.
  [[nodiscard]] const feature_reader& reader() const { return *reader_; }

  /// One prediction a row; NaN for a row that lacks a number. Gives how many categories were never
  /// seen in history.
  std::uint64_t predict(const feature_block& block, double* predictions) const;

private:
  struct column {
    double slope = 0;   // of a number
    double imputed = 0; // NaN: nothing is
    category_index index;
    std::vector<double> weights; // by category number; 0 for none
  };

  void add_column(const fitted_feature& learnt, column_kind kind);

  std::shared_ptr<const linear_model> model_;
  std::shared_ptr<const feature_reader> reader_;
  std::vector<column_kind> kinds_;
  double start_ = 0; // the intercept, with the means of standard numbers in it
  std::vector<column> columns_;
};

} // namespace weir
