// SPDX-License-Identifier: Apache-2.0
//
// config: everything a program can be told, from where it was told, and what of it made no sense.
//
// Flags over `--set key=value` over environment (`WEIR_HISTORY` for `history`, `WEIR_CSV_DELIMITER`
// for `csv.delimiter`) over the file of `--config` over the default in the program. A flag is
// answered when it is declared; what can't be understood is kept and told by `problem()`, once all
// flags and the graph are known. Used by one thread.
//
//   config told{{"--seed", "7"}, environment};
//   std::uint64_t seed = told.flag<std::uint64_t>("seed", 1, "which rows are held out");    // 7

#pragma once

#include <weir/actors/stream/error.hpp>
#include <weir/actors/stream/timestamp.hpp>
#include <weir/dsl/arguments.hpp>
#include <weir/dsl/config_file.hpp>
#include <weir/dsl/graph.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir {

/// A setting as `--help` and `--show-config` list it.
struct known_setting {
  std::string key;
  std::string value;    ///< In force.
  std::string where;    ///< `--seed`, `--set`, `WEIR_SEED`, `taxi.toml:3`, `default`.
  std::string fallback; ///< The program's own default.
  std::string help;
  std::string takes = {};   ///< What stands behind a flag in --help: `N`, `TEXT...`, `a|b`.
  bool is_option = false;   ///< Of an operator: given by `--set`, environment and file only.
  bool is_standard = false; ///< Every program has it.
  bool is_secret = false;   ///< From the environment or a file only; `value` is a mask.
};

/// The environment, as a function so that tests can have their own.
using environment = std::function<std::optional<std::string>(const std::string& name)>;
[[nodiscard]] environment process_environment();

class config {
public:
  /// Nothing is told but what `set` says: no command line, environment or file.
  config() = default;
  /// Reads the file of `--config` or `WEIR_CONFIG` at once.
  config(std::vector<std::string> words, environment from);

  /// As if `--set key=value` had been given.
  void set(std::string key, std::string value);

  /// The value of a flag. T: bool, an integer, a floating point type, std::string, a std::chrono
  /// duration, or std::vector<std::string>.
  template <class T>
  T flag(const std::string& name, T fallback, std::string help) {
    T value = fallback;
    declare(
        {name, std::move(help), show(fallback), words_of<T>(), takes_of<T>()},
        [&](const auto& texts) { return read(texts, value); }, [&] { return show(value); });
    return value;
  }

  /// The value of a flag that is one of a few words. With `arity::none` the bare flag means the
  /// first.
  std::string choice(const std::string& name, std::vector<std::string> words, std::string fallback,
                     std::string help, arity count = arity::one);

  /// Applies what was told of the options of operators.
  void apply(const std::vector<graph::keyed_options>& options);

  /// What made no sense, first of all; unknown flags and keys come with a suggestion. Ask last.
  [[nodiscard]] std::optional<error> problem() const;
  void add_problem(error what) { problems_.push_back(std::move(what)); }

  [[nodiscard]] const std::vector<known_setting>& known() const noexcept { return known_; }
  /// Flags declared until now are every program's.
  void end_of_standard_flags();

private:
  struct declaration {
    std::string name, help, fallback;
    arity words;
    std::string takes;
  };
  struct given {
    std::vector<std::string> texts;
    std::string where;
  };
  struct pair { // of --set, or of the file
    std::string key;
    std::vector<std::string> texts;
    std::string where;
    bool is_used = false;
  };
  using texts = std::vector<std::string>;

  void declare(declaration flag, const std::function<result<void>(const texts&)>& read,
               const std::function<std::string()>& show);
  std::optional<given> find(const std::vector<std::string>& keys, std::optional<arity> flag);
  std::optional<given> find_pair(std::vector<pair>& in, const std::string& key);
  void apply_option(const std::string& key, const field_info& field, void* options, bool is_alone);
  [[nodiscard]] static int place_of(const std::string& where);
  void add_secret(const std::string& key, const secret& what);
  [[nodiscard]] std::optional<error> unused_key() const;

  template <class T>
  static constexpr bool is_list = std::is_same_v<T, std::vector<std::string>>;
  template <class T>
  static constexpr arity words_of() {
    return std::is_same_v<T, bool> ? arity::none : is_list<T> ? arity::many : arity::one;
  }
  template <class T>
  static std::string takes_of() {
    if constexpr (std::is_same_v<T, bool>)
      return "";
    else if constexpr (is_list<T>)
      return " TEXT...";
    else
      return std::is_arithmetic_v<T> ? " N" : std::is_same_v<T, std::string> ? " TEXT" : " TIME";
  }
  static result<void> read(const texts& from, std::vector<std::string>& value);
  template <class T>
  static result<void> read(const texts& from, T& value);
  static std::string show(const std::vector<std::string>& value);
  template <class T>
  static std::string show(const T& value);
  static result<void> read_option(const field_info& field, void* value, const texts& from);
  static std::string show_field(const field_info& field, const void* value);

  arguments arguments_;
  environment environment_ = [](const std::string&) { return std::nullopt; };
  std::vector<pair> sets_;
  std::vector<pair> file_;
  std::vector<known_setting> known_;
  std::vector<error> problems_;
};

namespace detail {

/// What a flag of T is stored and parsed as: durations of any unit as `duration`.
template <class T>
struct flag_storage {
  using type = T;
};
template <class Rep, class Period>
struct flag_storage<std::chrono::duration<Rep, Period>> {
  using type = duration;
};

} // namespace detail

template <class T>
result<void> config::read(const texts& from, T& value) {
  using storage = typename detail::flag_storage<T>::type;
  static_assert(tabular<storage>, "weir: a flag is a bool, a number, a std::string, a std::chrono "
                                  "duration, or a std::vector<std::string>");
  storage stored{};
  auto done = read_option(record_of<storage>().fields.front(), &stored, from);
  if (done) {
    if constexpr (std::is_same_v<storage, T>)
      value = std::move(stored);
    else
      value = std::chrono::duration_cast<T>(stored);
  }
  return done;
}

template <class T>
std::string config::show(const T& value) {
  using storage = typename detail::flag_storage<T>::type;
  if constexpr (std::is_same_v<storage, T>) {
    return show_field(record_of<storage>().fields.front(), &value);
  } else {
    const auto stored = std::chrono::duration_cast<storage>(value);
    return show_field(record_of<storage>().fields.front(), &stored);
  }
}

} // namespace weir
