// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/stream/record_text.hpp>
#include <weir/dsl/config.hpp>
#include <weir/dsl/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

namespace weir {
namespace {

std::vector<std::string> split_words(const std::string& text) {
  std::istringstream in{text};
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

/// Whether a flag that takes `[=plan|analyze]` takes this word.
bool has_word(std::string_view takes, const std::string& word) {
  if (!takes.starts_with("[=") || word.find('|') != std::string::npos) return false;
  const auto all = "|" + std::string{takes.substr(2, takes.size() - 3)} + "|";
  return all.find("|" + word + "|") != std::string::npos;
}

/// What a key may have meant: those that end in it, or the nearest.
std::string meant_by(const std::string& key, const std::vector<std::string>& keys) {
  std::vector<std::string> whole;
  for (const auto& each : keys)
    if (each.ends_with("." + key)) whole.push_back("'" + each + "'");
  if (whole.empty()) return suggestion(key, keys);
  return fmt::format("; did you mean {}?", fmt::join(whole, " or "));
}

constexpr std::string_view mask = "****";

bool sounds_secret(std::string_view name) {
  for (const std::string_view word : {"password", "passphrase", "secret", "token"})
    if (name.find(word) != std::string_view::npos) return true;
  return false;
}

/// A value as it may be shown: masked where its name, or that of one of its parts
/// (`user=a;password=b`), says that it is nobody's business.
std::string shown_value(std::string_view name, const std::string& value) {
  if (sounds_secret(name)) return value.empty() || value == "-" ? value : std::string{mask};
  if (!sounds_secret(value)) return value;
  std::string shown;
  for (std::size_t at = 0; at < value.size();) {
    const auto end = std::min(value.find(';', at), value.size());
    const auto part = value.substr(at, end - at);
    const auto equals = part.find('=');
    const bool hides = equals != std::string::npos && sounds_secret(part.substr(0, equals));
    shown += hides ? part.substr(0, equals + 1) + std::string{mask} : part;
    if (end < value.size()) shown += ';';
    at = end + 1;
  }
  return shown;
}

} // namespace

environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value ? std::optional<std::string>{value} : std::nullopt;
  };
}

config::config(std::vector<std::string> words, environment from)
    : arguments_{std::move(words)}, environment_{std::move(from)} {
  for (const auto& text : arguments_.take("set", arity::many).value_or(texts{})) {
    const auto equals = text.find('=');
    if (equals == std::string::npos)
      problems_.push_back({errc::usage, "--set " + text + ": write --set key=value"});
    else
      set(text.substr(0, equals), text.substr(equals + 1));
  }
  const auto path = flag<std::string>("config", "", "TOML file with settings");
  if (path.empty()) return;
  auto settings = read_config_file(path);
  if (!settings)
    problems_.push_back(std::move(settings).error());
  else
    for (auto& each : *settings)
      file_.push_back({each.key, each.texts, fmt::format("{}:{}", path, each.line)});
}

void config::set(std::string key, std::string value) {
  sets_.push_back({std::move(key), {std::move(value)}, "--set"});
}

std::optional<config::given> config::find_pair(std::vector<pair>& in, const std::string& key) {
  std::optional<given> found;
  for (auto& each : in)
    if (each.key == key) {
      each.is_used = true;
      found = given{each.texts, each.where};
    }
  return found;
}

/// `keys`: what it is called, the full name first; each is as good as the others.
std::optional<config::given> config::find(const std::vector<std::string>& keys,
                                          std::optional<arity> flag) {
  // All places are asked, so that each counts as understood; the first that knows wins.
  std::optional<given> found;
  const auto consider = [&](std::optional<given> more) {
    if (!found) found = std::move(more);
  };
  const auto& name = keys.front();
  if (flag)
    if (auto texts = arguments_.take(name, *flag)) consider(given{std::move(*texts), "--" + name});
  for (const auto& key : keys) consider(find_pair(sets_, key));
  for (const auto& key : keys)
    if (auto text = environment_(variable_of(key)))
      consider(given{{std::move(*text)}, variable_of(key)});
  for (const auto& key : keys) consider(find_pair(file_, key));
  const bool may_split = flag == arity::many && found && found->texts.size() == 1
                         && !found->where.starts_with("--" + name);
  if (may_split) found->texts = split_words(found->texts.front());
  return found;
}

/// The lower wins: flags, --set, environment, file, default.
int config::place_of(const std::string& where) {
  if (where == "default") return 4;
  if (where == "--set") return 1;
  return where.starts_with("--") ? 0 : where.starts_with("WEIR_") ? 2 : 3;
}

void config::declare(declaration flag, const std::function<result<void>(const texts&)>& read,
                     const std::function<std::string()>& show) {
  const bool is_new = std::none_of(known_.begin(), known_.end(),
                                   [&](const auto& each) { return each.key == flag.name; });
  ensure(is_new, "every flag has a name of its own, and none of those every program has");
  std::string where = "default";
  if (const auto told = find({flag.name}, flag.words)) {
    where = told->where;
    if (auto done = read(told->texts); !done)
      problems_.push_back({where.starts_with("--") ? errc::usage : errc::config,
                           (where == "--" + flag.name ? where : flag.name + " (" + where + ")")
                               + ": " + done.error().message});
  }
  known_.push_back({flag.name, shown_value(flag.name, show()), where,
                    shown_value(flag.name, flag.fallback), flag.help, flag.takes});
}

std::string config::choice(const std::string& name, std::vector<std::string> words,
                           std::string fallback, std::string help, arity count) {
  std::string value = fallback;
  const auto read = [&](const texts& from) -> result<void> {
    if (from.empty())
      return error{errc::config,
                   fmt::format("its value is missing: say one of {}", fmt::join(words, ", "))};
    auto word = from.front();
    if (count == arity::none && word == "true") word = words.front();
    if (std::find(words.begin(), words.end(), word) == words.end())
      return error{errc::config, fmt::format("'{}' is none of {}{}", word, fmt::join(words, ", "),
                                             suggestion(word, words))};
    value = word;
    return {};
  };
  const auto all = fmt::format("{}", fmt::join(words, "|"));
  const auto takes = count == arity::none ? "[=" + all + "]" : " " + all;
  declare({name, std::move(help), fallback, count, takes}, read, [&] { return value; });
  return value;
}

void config::end_of_standard_flags() {
  for (auto& each : known_) each.is_standard = true;
}

void config::apply(const std::vector<graph::keyed_options>& options) {
  const auto count_with = [&](const std::string& name) {
    return std::count_if(options.begin(), options.end(), [&](const auto& each) {
      return std::any_of(each.options.table->fields.begin(), each.options.table->fields.end(),
                         [&](const auto& field) { return field.name == name; });
    });
  };
  for (const auto& each : options)
    for (const auto& field : each.options.table->fields)
      apply_option(each.key + "." + field.name, field, each.options.object.get(),
                   count_with(field.name) == 1);
  for (const auto& each : options)
    for (const auto& [name, value] : each.options.secrets) add_secret(each.key + "." + name, value);
}

void config::add_secret(const std::string& key, const secret& what) {
  const auto where = what.where();
  known_.push_back(
      {.key = key,
       .value = where ? std::string{mask} : "-",
       .where = where.value_or("not set"),
       .fallback = {},
       .help = fmt::format("{}, or the path of its file in {}_FILE", what.name(), what.name()),
       .is_secret = true});
}

/// `is_alone`: no other operator has an option of this name, so the name will do. Where it is a
/// flag's name, too, it is the flag's; a program that made the option of its flag has told the
/// option by it.
void config::apply_option(const std::string& key, const field_info& field, void* options,
                          bool is_alone) {
  const std::string fallback = shown_value(field.name, read_field(field, options));
  const auto flag = std::find_if(known_.begin(), known_.end(), [&](const auto& known) {
    return known.key == field.name && !known.is_option;
  });
  const bool is_flag = flag != known_.end();
  auto told =
      is_alone && !is_flag ? find({key, field.name}, std::nullopt) : find({key}, std::nullopt);
  std::string where = "default";
  const bool is_made_of_flag = is_alone && is_flag && !flag->is_standard && flag->value == fallback;
  if (is_made_of_flag && (!told || place_of(flag->where) < place_of(told->where))) {
    where = flag->where;
  } else if (told) {
    where = told->where;
    if (auto done = read_option(field, options, told->texts); !done)
      problems_.push_back({errc::config, key + " (" + where + "): " + done.error().message});
  }
  known_.push_back({key,
                    shown_value(field.name, read_field(field, options)),
                    where,
                    fallback,
                    word_for(field),
                    {},
                    true});
}

std::optional<error> config::problem() const {
  if (!problems_.empty()) return problems_.front();
  std::vector<std::string> flags;
  for (const auto& each : known_)
    if (!each.is_option && !each.is_secret) flags.push_back("--" + each.key);
  for (const auto& word : arguments_.left_over()) {
    const auto name = word.substr(0, word.find('='));
    if (word.starts_with("--"))
      return error{errc::usage, "unknown flag " + name + suggestion(name, flags)};
    for (const auto& each : known_) // --explain analyze
      if (has_word(each.takes, word))
        return error{errc::usage,
                     fmt::format("unexpected '{}'; did you mean '--{}={}'?", word, each.key, word)};
    return error{errc::usage, "unexpected '" + word + "': a value needs a flag before it"};
  }
  return unused_key();
}

std::optional<error> config::unused_key() const {
  std::vector<std::string> keys;
  for (const auto& each : known_)
    if (!each.is_secret) keys.push_back(each.key);
  for (const auto* list : {&sets_, &file_})
    for (const auto& each : *list) {
      if (each.is_used) continue;
      const auto hidden = std::find_if(known_.begin(), known_.end(), [&](const auto& known) {
        return known.is_secret && known.key == each.key;
      });
      if (hidden != known_.end())
        return error{errc::config, fmt::format("{}: '{}' is a secret and is not told here: use the "
                                               "environment, {}",
                                               each.where, each.key, hidden->help)};
      const auto meant = meant_by(each.key, keys);
      const auto listed = keys.empty()    ? ""
                          : meant.empty() ? "; --show-config lists all keys"
                                          : " --show-config lists all keys";
      return error{errc::config, each.where + ": unknown key '" + each.key + "'" + meant + listed};
    }
  return std::nullopt;
}

result<void> config::read_option(const field_info& field, void* options, const texts& from) {
  if (from.size() == 1) return write_field(field, options, from.front());
  return error{errc::config, from.empty() ? "its value is missing"
                                          : "takes one value, not " + std::to_string(from.size())};
}

result<void> config::read(const texts& from, std::vector<std::string>& value) {
  if (from.empty()) return error{errc::config, "its value is missing"};
  value = from;
  return {};
}

std::string config::show(const std::vector<std::string>& value) {
  std::string all;
  for (const auto& text : value) all += (all.empty() ? "" : " ") + text;
  return all;
}

std::string config::show_field(const field_info& field, const void* value) {
  return read_field(field, value);
}

} // namespace weir
