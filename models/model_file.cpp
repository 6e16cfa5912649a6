// SPDX-License-Identifier: Apache-2.0

#include <weir/models/model_file.hpp>

#include <fmt/format.h>
#include <simdjson.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <unistd.h>

namespace weir {

namespace {

constexpr std::int64_t format_version = 1;
constexpr std::string_view checksum_mark = "\"checksum\": \"xxh3:";
constexpr std::size_t checksum_digits = 16;

// --- writing ------------------------------------------------------------------------------------

/// JSON, a member or element at a time; each begins a line or follows on one.
class json_text {
public:
  json_text& open(char bracket) {
    text_ += bracket;
    is_first_ = true;
    return *this;
  }
  json_text& close(char bracket) {
    text_ += bracket;
    is_first_ = false;
    return *this;
  }
  json_text& line(int depth) {
    text_ += is_first_ ? "\n" : ",\n";
    text_.append(static_cast<std::size_t>(depth) * 2, ' ');
    is_first_ = true;
    return *this;
  }
  json_text& key(std::string_view name) {
    begin();
    string(name);
    text_ += ": ";
    is_first_ = true;
    return *this;
  }
  json_text& member(std::string_view name, std::string_view value) {
    key(name).string(value);
    return done();
  }
  json_text& member(std::string_view name, bool value) {
    key(name);
    text_ += value ? "true" : "false";
    return done();
  }
  template <class V>
  requires(std::is_arithmetic_v<V> && !std::is_same_v<V, bool>) json_text& member(
      std::string_view name, V value) {
    key(name).number(value);
    return done();
  }
  template <class V>
  void number(V value) {
    if constexpr (std::is_floating_point_v<V>)
      if (!std::isfinite(value)) {
        text_ += "null";
        return;
      }
    char digits[32];
    text_.append(digits, std::to_chars(std::begin(digits), std::end(digits), value).ptr);
  }
  void string(std::string_view value);
  [[nodiscard]] std::string take() { return std::move(text_); }

private:
  void begin() {
    if (!is_first_) text_ += ", ";
    is_first_ = true;
  }
  json_text& done() {
    is_first_ = false;
    return *this;
  }

  std::string text_;
  bool is_first_ = true;
};

void json_text::string(std::string_view value) {
  text_ += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\')
      (text_ += '\\') += c;
    else if (static_cast<unsigned char>(c) < 0x20)
      text_ += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    else
      text_ += c;
  }
  text_ += '"';
}

std::string hex_of(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

bool holds_text(field_kind kind) noexcept {
  return is_text(kind) || kind == field_kind::enumeration;
}

void write_category(json_text& out, field_kind kind, const category_weight& category) {
  out.line(4).open('{');
  if (!holds_text(kind))
    out.member("value", category.integer);
  else if (simdjson::validate_utf8(category.text.data(), category.text.size()))
    out.member("value", category.text);
  else
    out.member("hex", hex_of(category.text)); // JSON holds no bytes that are not UTF-8
  out.member("weight", category.weight).member("rows", category.rows).close('}');
}

void write_feature(json_text& out, const fitted_feature& learnt) {
  const auto& what = learnt.what;
  out.line(2).open('{').member("name", name_of(what)).member("kind", name_of(what.kind));
  out.member("field", what.field).member("field_kind", name_of(learnt.field));
  if (what.part != time_part::none) out.member("part", name_of(what.part));
  if (!what.steps.empty()) {
    std::string steps;
    for (const auto step : what.steps)
      steps += (steps.empty() ? "" : " ") + std::string{name_of(step)};
    out.member("steps", steps);
  }
  if (what.kind == feature_kind::number) {
    out.member("weight", learnt.weight).member("spread", learnt.spread);
    if (what.missing != missing_rule::skip)
      out.member("impute", name_of(what.missing)).member("imputed", learnt.imputed);
    if (what.is_standard) out.member("mean", learnt.mean).member("scale", learnt.scale);
  } else {
    out.key("categories").open('[');
    for (const auto& category : learnt.categories) write_category(out, learnt.field, category);
    out.close(']');
  }
  out.close('}');
}

void write_record(json_text& out, const linear_model& model) {
  out.line(1).key("record").open('{').member("name", model.record).key("fields").open('[');
  for (const auto& field : model.fields) {
    out.line(2).open('{').member("name", field.name).member("kind", name_of(field.kind));
    if (field.is_optional) out.member("optional", true);
    out.close('}');
  }
  out.close(']').close('}');
}

// Every field of the report by its table, so that a new one is written and read without a line
// here.
void write_report(json_text& out, const model_report& report) {
  out.line(1).key("report").open('{');
  for (const auto& field : record_of<model_report>().fields) {
    const void* value = field.value_in(&report);
    out.line(2);
    if (field.kind == field_kind::float64)
      out.member(field.name, *static_cast<const double*>(value));
    else if (field.kind == field_kind::uint64)
      out.member(field.name, *static_cast<const std::uint64_t*>(value));
    else
      out.member(field.name, std::string_view{*static_cast<const std::string*>(value)});
  }
  out.close('}');
}

std::string checksum_of(std::string_view text) {
  return fmt::format("{:016x}", XXH3_64bits(text.data(), text.size()));
}

// --- reading ------------------------------------------------------------------------------------

using json = simdjson::dom::element;

struct unreadable {
  std::string what;
};

json member_of(const json& object, std::string_view name) {
  json found;
  if (object[name].get(found) != simdjson::SUCCESS)
    throw unreadable{"it has no '" + std::string{name} + "'"};
  return found;
}

template <class V>
V value_of(const json& object, std::string_view name) {
  V value;
  if (member_of(object, name).get(value) != simdjson::SUCCESS)
    throw unreadable{"'" + std::string{name} + "' is of another type"};
  return value;
}

template <class V>
V value_or(const json& object, std::string_view name, V otherwise) {
  json found;
  if (object[name].get(found) != simdjson::SUCCESS) return otherwise;
  return value_of<V>(object, name);
}

std::string text_of(const json& object, std::string_view name) {
  return std::string{value_of<std::string_view>(object, name)};
}

/// The value whose name stands in the file.
template <class E>
E named(std::string_view name, std::initializer_list<E> all) {
  for (const auto value : all)
    if (name_of(value) == name) return value;
  throw unreadable{"'" + std::string{name} + "' is not known to this version of Weir"};
}

field_kind field_kind_named(std::string_view name) {
  for (auto kind = field_kind::boolean; kind <= field_kind::enumeration;
       kind = static_cast<field_kind>(static_cast<int>(kind) + 1))
    if (name_of(kind) == name) return kind;
  throw unreadable{"'" + std::string{name} + "' is no kind of field"};
}

std::string bytes_of(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    unsigned value = 0;
    std::from_chars(hex.data() + i, hex.data() + i + 2, value, 16);
    bytes += static_cast<char>(value);
  }
  return bytes;
}

category_weight read_category(const json& from, field_kind kind) {
  category_weight category;
  json hex;
  if (!holds_text(kind))
    category.integer = value_of<std::int64_t>(from, "value");
  else if (from["hex"].get(hex) == simdjson::SUCCESS)
    category.text = bytes_of(value_of<std::string_view>(from, "hex"));
  else
    category.text = text_of(from, "value");
  category.weight = value_of<double>(from, "weight");
  category.rows = value_of<std::uint64_t>(from, "rows");
  return category;
}

fitted_feature read_feature(const json& from) {
  fitted_feature learnt;
  auto& what = learnt.what;
  what.kind = named(value_of<std::string_view>(from, "kind"),
                    {feature_kind::number, feature_kind::one_hot});
  what.field = text_of(from, "field");
  learnt.field = field_kind_named(value_of<std::string_view>(from, "field_kind"));
  what.part = named(value_or<std::string_view>(from, "part", ""),
                    {time_part::none, time_part::hour, time_part::weekday});
  auto steps = value_or<std::string_view>(from, "steps", "");
  while (!steps.empty()) {
    const auto end = std::min(steps.find(' '), steps.size());
    what.steps.push_back(named(steps.substr(0, end), {number_step::log1p}));
    steps.remove_prefix(std::min(end + 1, steps.size()));
  }
  if (what.kind == feature_kind::one_hot) {
    for (const auto category : value_of<simdjson::dom::array>(from, "categories"))
      learnt.categories.push_back(read_category(category, learnt.field));
    return learnt;
  }
  what.missing = named(value_or<std::string_view>(from, "impute", "skip"),
                       {missing_rule::skip, missing_rule::mean, missing_rule::value});
  learnt.weight = value_of<double>(from, "weight");
  learnt.spread = value_of<double>(from, "spread");
  learnt.imputed = value_or<double>(from, "imputed", 0);
  if (what.missing == missing_rule::value) what.missing_value = learnt.imputed;
  json scale;
  what.is_standard = from["scale"].get(scale) == simdjson::SUCCESS;
  learnt.mean = value_or<double>(from, "mean", 0);
  learnt.scale = value_or<double>(from, "scale", 1);
  return learnt;
}

model_report read_report(const json& from) {
  model_report report;
  for (const auto& field : record_of<model_report>().fields) {
    json found;
    if (from[field.name].get(found) != simdjson::SUCCESS || found.is_null()) continue;
    void* value = field.value_for_writing(&report);
    if (field.kind == field_kind::float64)
      *static_cast<double*>(value) = value_of<double>(from, field.name);
    else if (field.kind == field_kind::uint64)
      *static_cast<std::uint64_t*>(value) = value_of<std::uint64_t>(from, field.name);
    else
      *static_cast<std::string*>(value) = text_of(from, field.name);
  }
  return report;
}

linear_model read_model(const json& from) {
  linear_model model;
  model.kind = text_of(from, "kind");
  model.name = text_of(from, "name");
  model.version = value_of<std::uint64_t>(from, "version");
  model.label = text_of(from, "label");
  model.l2 = value_of<double>(from, "l2");
  model.trained_rows = value_of<std::uint64_t>(from, "trained_rows");
  model.skipped_rows = value_of<std::uint64_t>(from, "skipped_rows");
  model.label_mean = value_of<double>(from, "label_mean");
  const auto record = member_of(from, "record");
  model.record = text_of(record, "name");
  for (const auto field : value_of<simdjson::dom::array>(record, "fields"))
    model.fields.push_back({text_of(field, "name"),
                            field_kind_named(value_of<std::string_view>(field, "kind")),
                            value_or<bool>(field, "optional", false)});
  model.intercept = value_of<double>(from, "intercept");
  for (const auto learnt : value_of<simdjson::dom::array>(from, "features"))
    model.features.push_back(read_feature(learnt));
  json report;
  if (from["report"].get(report) == simdjson::SUCCESS) model.report = read_report(report);
  return model;
}

bool has_right_checksum(std::string_view text) {
  const auto mark = text.find(checksum_mark);
  if (mark == std::string_view::npos) return false;
  const auto at = mark + checksum_mark.size();
  if (text.size() < at + checksum_digits) return false;
  std::string blank{text};
  std::fill_n(blank.begin() + static_cast<std::ptrdiff_t>(at), checksum_digits, '0');
  return checksum_of(blank) == text.substr(at, checksum_digits);
}

// --- files --------------------------------------------------------------------------------------

error cannot(std::string_view what, const std::string& path) {
  return {errc::failed,
          fmt::format("cannot {} model file '{}': {}", what, path, std::strerror(errno))};
}

class descriptor {
public:
  explicit descriptor(int number) : number_{number} {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int get() const noexcept { return number_; }
  [[nodiscard]] bool close() { return ::close(std::exchange(number_, -1)) == 0; }

private:
  int number_;
};

bool write_and_sync(descriptor& file, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(file.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(file.get()) == 0 && file.close();
}

} // namespace

std::string model_to_json(const linear_model& model) {
  json_text out;
  out.open('{').line(1).member("weir_model", format_version);
  out.line(1).member("checksum", "xxh3:" + std::string(checksum_digits, '0'));
  out.line(1).member("kind", model.kind);
  out.line(1).member("name", model.name);
  out.line(1).member("version", model.version);
  out.line(1).member("label", model.label);
  out.line(1).member("l2", model.l2);
  out.line(1).member("trained_rows", model.trained_rows);
  out.line(1).member("skipped_rows", model.skipped_rows);
  out.line(1).member("label_mean", model.label_mean);
  write_record(out, model);
  out.line(1).member("intercept", model.intercept);
  out.line(1).key("features").open('[');
  for (const auto& learnt : model.features) write_feature(out, learnt);
  out.close(']');
  if (model.report) write_report(out, *model.report);
  auto text = out.close('}').take() + "\n";
  text.replace(text.find(checksum_mark) + checksum_mark.size(), checksum_digits, checksum_of(text));
  return text;
}

result<linear_model> model_from_json(std::string_view text, std::string_view origin) {
  const auto refuse = [&](errc code, const std::string& what) {
    return error{code, fmt::format("cannot load model '{}': {}", origin, what)};
  };
  constexpr auto foreign = "it is no model file of Weir ({}): name one that was written by "
                           "--save-model, or leave --load-model out";
  simdjson::dom::parser parser;
  json root;
  if (const auto problem = parser.parse(text.data(), text.size()).get(root);
      problem != simdjson::SUCCESS)
    return refuse(errc::damaged, fmt::format(foreign, simdjson::error_message(problem)));
  std::int64_t version = 0;
  if (root["weir_model"].get(version) != simdjson::SUCCESS)
    return refuse(errc::damaged, fmt::format(foreign, "'weir_model' is missing"));
  if (version != format_version) // before the checksum, which another version may write otherwise
    return refuse(errc::config,
                  fmt::format("it is of format {}, and this Weir reads format {}: use the Weir "
                              "that wrote it, or fit the model again",
                              version, format_version));
  if (!has_right_checksum(text))
    return refuse(errc::damaged, "its checksum does not match, so it was changed or damaged after "
                                 "it was written: take a copy, or fit the model again");
  try {
    return read_model(root);
  } catch (const unreadable& problem) {
    return refuse(errc::damaged, problem.what + ": fit the model again");
  }
}

result<void> save_model(const linear_model& model, const std::string& named) {
  // A link stays one: what it leads to is replaced.
  std::filesystem::path led = named;
  std::error_code is_none;
  for (int links = 0; links < 40; ++links) {
    const auto next = std::filesystem::read_symlink(led, is_none);
    if (is_none) break;
    led = led.parent_path() / next;
  }
  const auto path = led.string();
  const auto part = path + ".part";
  descriptor file{::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)};
  if (file.get() < 0) return cannot("create", part);
  if (!write_and_sync(file, model_to_json(model))) return cannot("write", part);
  if (::rename(part.c_str(), path.c_str()) != 0) return cannot("rename", part);
  const auto directory = std::filesystem::path{path}.parent_path();
  const descriptor above{
      ::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (above.get() < 0 || ::fsync(above.get()) != 0) return cannot("sync the directory of", path);
  return {};
}

result<linear_model> load_model(const std::string& path) {
  if (std::error_code ignored; std::filesystem::is_directory(path, ignored))
    return error{errc::config, "cannot open '" + path + "': it is a directory; name a model file"};
  std::ifstream file{path, std::ios::binary};
  if (!file) {
    auto missing = cannot("open", path);
    missing.code = errc::config;
    return missing;
  }
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  return model_from_json(text, path);
}

result<std::shared_ptr<const linear_model>> load_model_for(const std::string& path,
                                                           const record_info& record) {
  auto loaded = load_model(path);
  if (!loaded) return std::move(loaded).error();
  auto model = std::make_shared<const linear_model>(std::move(*loaded));
  if (auto bound = linear_scorer::bind(model, record); !bound)
    return error{bound.error().code, "cannot use model '" + path + "': " + bound.error().message};
  return model;
}

void save_state(const linear_model* model, snapshot_writer& to) {
  const auto text = model == nullptr ? std::string{} : model_to_json(*model);
  to.write(std::string_view{text});
}

std::shared_ptr<const linear_model> load_state(snapshot_reader& from, const record_info& record) {
  std::string text;
  if (!from.read(text).ok()) throw std::runtime_error{"the snapshot of a model is cut short"};
  if (text.empty()) return nullptr;
  auto model = model_from_json(text, "snapshot");
  if (!model) throw std::runtime_error{model.error().message};
  auto bound = linear_scorer::bind(std::make_shared<linear_model>(std::move(*model)), record);
  if (!bound) throw std::runtime_error{bound.error().message};
  return std::make_shared<const linear_model>(bound->model());
}

} // namespace weir
