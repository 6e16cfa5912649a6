// SPDX-License-Identifier: Apache-2.0

#include <weir/models/evaluation.hpp>
#include <weir/models/holdout.hpp>
#include <weir/models/model_file.hpp>
#include <weir/models/ridge_fit.hpp>
#include <weir/models/ridge_operators.hpp>
#include <weir/models/split_export.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <unistd.h>

namespace weir {

namespace {

/// Held-out rows leave a learner in pieces of about this size.
constexpr std::size_t piece_bytes = std::size_t{64} * 1024;

/// The end of history: phase 1, or the end of a stream that never said so.
bool ends_history(any_operator::mark kind, std::int64_t value) noexcept {
  return kind == any_operator::mark::end || (kind == any_operator::mark::phase && value >= 1);
}

[[noreturn]] void refuse_snapshot(const std::string& whose) {
  throw std::runtime_error{"the snapshot of a " + whose
                           + " does not fit the model: it is damaged, or of other features; start "
                             "without it"};
}

// --- learner ------------------------------------------------------------------------------------

class ridge_learner final : public any_operator {
public:
  ridge_learner(const ridge_plan& plan, feature_reader reader, const learn_options& options)
      : rows_{plan.rows},
        reader_{std::move(reader)},
        holdout_{options.holdout},
        seed_{options.seed},
        exports_{!options.export_split.empty()},
        keeps_learning_{options.keep_learning},
        block_{reader_.make_block()},
        sums_{std::make_shared<ridge_sums>(reader_.features(), reader_.kinds())} {}

  std::vector<const row_type*> inlet_types() const override { return {rows_}; }
  std::vector<const row_type*> outlet_types() const override {
    return {&row_type_of<learned_part>(), &row_type_of<packed_rows>()};
  }

  std::size_t on_batch(std::size_t, any_view in, outlets out) override {
    const auto all = in.rows->size() - in.first;
    if (is_over_) return all;
    if (!send_piece(out, piece_bytes)) return 0;
    for (std::size_t from = 0; from < all;) {
      const auto count = std::min(chunk_rows, all - from);
      take(*in.rows, in.first + from, count);
      from += count;
      if (!send_piece(out, piece_bytes)) return from;
    }
    return all;
  }

  bool on_mark(mark kind, std::int64_t value, outlets out) override {
    if (is_over_ || !ends_history(kind, value)) return true;
    auto& parts = out.at<learned_part>(0);
    if (!send_piece(out, 1) || parts.is_full()) return false;
    is_over_ = !(keeps_learning_ && kind == mark::phase);
    // What goes on gathering rows gives a copy.
    auto given = is_over_ ? std::move(sums_) : std::make_shared<ridge_sums>(*sums_);
    given->finish();
    parts.push_back({std::move(given), skipped_, held_out_rows_});
    return true;
  }

  void save(snapshot_writer& to) const override {
    to.write(is_over_).write(skipped_).write(held_out_rows_).write(std::string_view{packed_});
    if (!is_over_) sums_->save(to);
  }
  void load(snapshot_reader& from) override {
    from.read(is_over_).read(skipped_).read(held_out_rows_).read(packed_);
    if (!from.ok() || !(is_over_ || sums_->load(from))) refuse_snapshot("learner");
  }

private:
  void take(const batch_base& rows, std::size_t from, std::size_t count) {
    const auto* first = static_cast<const std::byte*>(rows.row_data()) + from * rows.row_bytes();
    reader_.read(first, count, block_);
    bool usable[chunk_rows];
    find_usable_rows(reader_.features(), block_, usable);
    split(rows, from, count, usable);
    held_out_rows_ += held_out_.size();
    sums_->add(block_, learnt_);
    pack({block_, held_out_, false, lines(rows, from, held_out_, true)}, packed_);
    if (exports_) pack({block_, learnt_, true, lines(rows, from, learnt_, false)}, packed_);
  }

  // Without a branch, which a processor could only guess.
  void split(const batch_base& rows, std::size_t from, std::size_t count, const bool* usable) {
    learnt_.resize(count);
    held_out_.resize(count);
    std::size_t learnt = 0, held_out = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      const bool counts = usable[i] & (block_.labels[i] == block_.labels[i]);
      const bool is_held = is_held_out(rows.origin_of(from + i), holdout_, seed_);
      learnt_[learnt] = held_out_[held_out] = i;
      learnt += counts & !is_held;
      held_out += counts & is_held;
    }
    learnt_.resize(learnt);
    held_out_.resize(held_out);
    skipped_ += count - learnt - held_out;
  }

  std::string_view lines(const batch_base& rows, std::size_t from,
                         const std::vector<std::uint32_t>& chosen, bool is_held_out) {
    lines_.clear();
    if (exports_)
      for (const auto i : chosen)
        append_split_line(lines_, reader_,
                          static_cast<const std::byte*>(rows.row_data())
                              + (from + i) * rows.row_bytes(),
                          rows.origin_of(from + i), block_.labels[i], is_held_out);
    return lines_;
  }

  /// False: there is a piece of at least `bytes`, and no room for it.
  bool send_piece(outlets out, std::size_t bytes) {
    if (packed_.size() < bytes) return true;
    auto& pieces = out.at<packed_rows>(1);
    if (pieces.is_full()) return false;
    pieces.push_back({std::move(packed_)});
    packed_.clear();
    return true;
  }

  const row_type* rows_;
  feature_reader reader_;
  double holdout_;
  std::uint64_t seed_;
  bool exports_;
  bool keeps_learning_;
  bool is_over_ = false;
  std::uint64_t skipped_ = 0, held_out_rows_ = 0;
  feature_block block_;
  std::vector<std::uint32_t> learnt_, held_out_; // rows of the chunk
  std::string packed_, lines_;
  std::shared_ptr<ridge_sums> sums_;
};

// --- combiner -----------------------------------------------------------------------------------

class ridge_combiner final : public any_operator {
public:
  ridge_combiner(const ridge_plan& plan, feature_reader reader, const model_context& context)
      : reader_{std::move(reader)},
        label_{plan.label},
        l2_{plan.l2},
        name_{context.name},
        keeps_learning_{context.options.keep_learning},
        parts_(context.options.learners) {}

  std::vector<const row_type*> inlet_types() const override {
    return std::vector<const row_type*>(parts_.size(), &row_type_of<learned_part>());
  }
  std::vector<const row_type*> outlet_types() const override {
    return {&row_type_of<fitted_model>()};
  }

  std::size_t on_batch(std::size_t inlet, any_view in, outlets) override {
    const auto parts = in.as<learned_part>();
    if (!parts.empty()) parts_[inlet] = parts[parts.size() - 1];
    return parts.size();
  }

  bool on_mark(mark kind, std::int64_t value, outlets out) override {
    if (is_over_ || !ends_history(kind, value)) return true;
    auto& models = out.at<fitted_model>(0);
    if (models.is_full()) return false;
    ++version_;
    models.push_back({fit()});
    is_over_ = !(keeps_learning_ && kind == mark::phase);
    if (is_over_) parts_.clear();
    return true;
  }

  void save(snapshot_writer& to) const override {
    to.write(is_over_).write(version_);
    for (const auto& part : parts_) {
      to.write(part.skipped_rows).write(part.held_out_rows).write(part.sums != nullptr);
      if (part.sums) part.sums->save(to);
    }
  }
  void load(snapshot_reader& from) override {
    if (!from.read(is_over_).read(version_).ok()) refuse_snapshot("combiner");
    if (is_over_) parts_.clear();
    for (auto& part : parts_) {
      bool has_sums = false;
      from.read(part.skipped_rows).read(part.held_out_rows).read(has_sums);
      auto sums = std::make_shared<ridge_sums>(reader_.features(), reader_.kinds());
      if (!from.ok() || (has_sums && !sums->load(from))) refuse_snapshot("combiner");
      if (has_sums) part.sums = std::move(sums);
    }
  }

private:
  std::shared_ptr<const linear_model> fit() const {
    std::vector<const ridge_sums*> sums;
    std::uint64_t skipped = 0, held_out = 0;
    for (const auto& part : parts_) {
      if (part.sums) sums.push_back(part.sums.get());
      skipped += part.skipped_rows;
      held_out += part.held_out_rows;
    }
    auto fitted = ridge_fit(sums, reader_, l2_);
    if (!fitted)
      throw std::runtime_error{fmt::format(
          "model '{}' can't be fitted: {}. Of its history {} rows lacked '{}' or a number the "
          "features take, {} were held out: see that the history has rows with these fields, "
          "impute missing numbers, or hold out fewer",
          name_, fitted.error().message, skipped, label_, held_out)};
    fitted->name = name_;
    fitted->label = label_;
    fitted->version = version_;
    fitted->skipped_rows = skipped;
    return std::make_shared<const linear_model>(std::move(*fitted));
  }

  feature_reader reader_;
  std::string label_;
  double l2_;
  std::string name_;
  bool keeps_learning_;
  std::vector<learned_part> parts_; // one a learner
  std::uint64_t version_ = 0;       // of the last fit
  bool is_over_ = false;
};

// --- evaluator ----------------------------------------------------------------------------------

class ridge_evaluator final : public any_operator {
public:
  ridge_evaluator(feature_reader reader, const model_context& context)
      : reader_{std::move(reader)}, context_{context} {}

  std::vector<const row_type*> inlet_types() const override {
    std::vector<const row_type*> types(1 + context_.options.learners, &row_type_of<packed_rows>());
    types.front() = &row_type_of<fitted_model>();
    return types;
  }
  std::vector<const row_type*> outlet_types() const override {
    return {&row_type_of<model_report>()};
  }

  std::size_t on_batch(std::size_t inlet, any_view in, outlets) override {
    if (inlet == 0) {
      const auto models = in.as<fitted_model>();
      if (!models.empty()) model_ = models[models.size() - 1].model;
      return models.size();
    }
    const auto pieces = in.as<packed_rows>();
    for (const auto& piece : pieces.rows()) store_.add(piece.bytes);
    return pieces.size();
  }

  bool on_mark(mark kind, std::int64_t value, outlets out) override {
    if (is_over_ || !ends_history(kind, value)) return true;
    auto& reports = out.at<model_report>(0);
    if (reports.is_full()) return false;
    if (!model_) throw std::runtime_error{"model '" + context_.name + "' was never fitted"};
    auto judged = *model_;
    judged.report = judge();
    if (const auto& path = context_.options.save; !path.empty())
      if (auto saved = save_model(judged, path); !saved)
        throw std::runtime_error{saved.error().message};
    if (context_.publish) context_.publish(*judged.report);
    reports.push_back(std::move(*judged.report));
    is_over_ = !(context_.options.keep_learning && kind == mark::phase);
    if (is_over_) store_.clear();
    return true;
  }

  void save(snapshot_writer& to) const override {
    to.write(is_over_);
    save_state(model_.get(), to);
    store_.save(to);
  }
  void load(snapshot_reader& from) override {
    from.read(is_over_);
    model_ = load_state(from, reader_.record());
    if (!store_.load(from)) refuse_snapshot("evaluator");
  }

private:
  model_report judge() {
    const linear_scorer scorer{model_, reader_.kinds()};
    std::optional<split_export> exported;
    if (!context_.options.export_split.empty())
      exported.emplace(context_.options.export_split, reader_);
    evaluation judged{model_->label_mean};
    model_report report;
    report.unseen_categories = 0;
    unpacked_rows rows{.block = reader_.make_block(), .is_for_export_only = false, .lines = {}};
    double predictions[chunk_rows];
    store_.replay([&](std::string_view bytes) {
      while (!bytes.empty()) {
        unpack(bytes, rows);
        const auto unseen = scorer.predict(rows.block, predictions);
        if (exported) exported->add(rows.lines, predictions);
        if (rows.is_for_export_only) continue;
        report.unseen_categories += unseen;
        for (std::size_t i = 0; i < rows.block.rows; ++i)
          judged.add(rows.block.labels[i], predictions[i]);
      }
    });
    if (exported) exported->finish();
    judged.fill(report);
    report.name = context_.name;
    report.version = model_->version;
    report.trained_rows = model_->trained_rows;
    report.skipped_rows = model_->skipped_rows;
    report.top_weights = top_weights_of(*model_);
    return report;
  }

  feature_reader reader_;
  model_context context_;
  row_store store_;
  std::shared_ptr<const linear_model> model_;
  bool is_over_ = false;
};

// --- factories ----------------------------------------------------------------------------------

/// Known before hours of history are read. What is there already is replaced only where it begins
/// alike.
std::optional<std::string> why_not_writable(const std::filesystem::path& path,
                                            std::string_view begin) {
  if (path.empty()) return std::nullopt;
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path{"."};
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored))
    return "there is no directory '" + folder.string() + "'";
  if (std::filesystem::is_directory(path, ignored)) return "it is a directory";
  if (std::filesystem::exists(path, ignored)) {
    if (!std::filesystem::is_regular_file(path, ignored)) return "it is no regular file";
    std::string there(begin.size(), '\0');
    std::ifstream{path, std::ios::binary}.read(there.data(),
                                               static_cast<std::streamsize>(there.size()));
    if (std::filesystem::file_size(path, ignored) > 0 && there != begin)
      return "a file of another kind is there, which would be lost; move it away, or name another";
  }
  if (::access(folder.c_str(), W_OK) != 0)
    return "this user may not write to '" + folder.string() + "'";
  return std::nullopt;
}

result<feature_reader> check(const ridge_plan& plan, const model_context& context) {
  const auto& options = context.options;
  const auto wrong = [&](const std::string& what) {
    return error{errc::config, "model '" + context.name + "': " + what};
  };
  if (!(options.holdout >= 0 && options.holdout < 1))
    return wrong("holdout must be at least 0 and below 1");
  if (options.learners == 0) return wrong("learners must be at least 1");
  for (const auto& [path, begin] : {std::pair{options.save, model_file_begin},
                                    std::pair{options.export_split, split_export::begin}})
    if (auto why = why_not_writable(path, begin))
      return wrong("cannot write '" + path + "': " + *why);
  if (!(plan.l2 >= 0 && plan.l2 <= std::numeric_limits<double>::max()))
    return wrong("l2 must be 0 or a positive number");
  return feature_reader::bind(plan.features, plan.label, *plan.record);
}

} // namespace

result<std::unique_ptr<any_operator>> make_ridge_learner(const ridge_plan& plan,
                                                         const model_context& context) {
  auto reader = check(plan, context);
  if (!reader) return std::move(reader).error();
  return std::unique_ptr<any_operator>{
      std::make_unique<ridge_learner>(plan, std::move(*reader), context.options)};
}

result<std::unique_ptr<any_operator>> make_ridge_combiner(const ridge_plan& plan,
                                                          const model_context& context) {
  auto reader = check(plan, context);
  if (!reader) return std::move(reader).error();
  return std::unique_ptr<any_operator>{
      std::make_unique<ridge_combiner>(plan, std::move(*reader), context)};
}

result<std::unique_ptr<any_operator>> make_ridge_evaluator(const ridge_plan& plan,
                                                           const model_context& context) {
  auto reader = check(plan, context);
  if (!reader) return std::move(reader).error();
  return std::unique_ptr<any_operator>{
      std::make_unique<ridge_evaluator>(std::move(*reader), context)};
}

std::string describe_ridge(const ridge_plan& plan) {
  std::string text = "ridge(" + plan.label + " ~ ";
  if (plan.features.empty()) text += "mean";
  for (const auto& what : plan.features) {
    const auto name = name_of(what);
    text += (&what == &plan.features.front() ? "" : ", ")
            + (what.kind == feature_kind::one_hot ? "one_hot(" + name + ")" : name);
  }
  return text + ")";
}

} // namespace weir
