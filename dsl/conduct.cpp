// SPDX-License-Identifier: Apache-2.0

#include <weir/dsl/conduct.hpp>
#include <weir/dsl/text.hpp>
#include <weir/dsl/usable_memory.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

namespace weir {
namespace {

/// The rows of `1000`, `1000 rows`.
std::optional<std::uint64_t> parse_rows(std::string_view text) {
  std::uint64_t rows = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), rows);
  std::string_view rest{end, static_cast<std::size_t>(text.data() + text.size() - end)};
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  const bool is_count = rest.empty() || rest == "rows" || rest == "row";
  return problem == std::errc{} && is_count ? std::optional{rows} : std::nullopt;
}

/// `5 s` as `5s`; anything else as it is.
std::string without_blank(std::string_view text) {
  const auto blank = text.find(' ');
  if (blank == std::string_view::npos) return std::string{text};
  const auto unit = text.find_first_not_of(' ', blank);
  const bool is_unit =
      unit != std::string_view::npos && std::isalpha(static_cast<unsigned char>(text[unit])) != 0;
  return std::string{text.substr(0, blank)} + std::string{text.substr(is_unit ? unit : blank)};
}

explain_mode explain_of(const std::string& word) {
  return word == "plan"      ? explain_mode::plan
         : word == "analyze" ? explain_mode::analyze
                             : explain_mode::none;
}

using model_list = std::vector<std::pair<std::string, learn_options*>>;

result<model_list> models_of(const graph& in) {
  auto names = in.names();
  if (!names) return std::move(names).error();
  model_list models;
  for (std::size_t i = 0; i < in.nodes().size(); ++i)
    if (const auto* model = std::get_if<model_node>(&in.nodes()[i].content);
        model != nullptr && !model->is_given)
      models.emplace_back((*names)[i], model->options.get());
  return models;
}

std::string names_of(const model_list& models) {
  std::string all;
  for (const auto& [name, options] : models) all += (all.empty() ? "" : ", ") + name;
  return all;
}

/// Sets one option of the model that `text` means: FILE where there is one model, NAME=FILE.
result<void> apply_file(const std::string& flag, const std::string& text, const model_list& models,
                        std::string learn_options::*option) {
  for (const auto& [name, options] : models)
    if (text.starts_with(name + "=")) {
      options->*option = text.substr(name.size() + 1);
      return {};
    }
  if (models.size() == 1) {
    models.front().second->*option = text;
    return {};
  }
  if (models.empty())
    return error{errc::usage, fmt::format("--{} {}: this job learns no model", flag, text)};
  return error{errc::usage,
               fmt::format("--{} {}: say which model, as in --{} {}=FILE; this job has {}", flag,
                           text, flag, models.front().first, names_of(models))};
}

} // namespace

result<void> parse_until(std::string_view text, job_options& into) {
  if (const auto rows = parse_rows(text); rows && *rows > 0)
    into.until_rows = rows;
  else if (const auto time = parse_duration(without_blank(text));
           !rows && time && time->count() > 0)
    into.until_time = *time;
  else
    return error{errc::usage,
                 fmt::format("--until '{}' is neither a time such as 30s nor a number of rows such "
                             "as '1000 rows'",
                             text)};
  return {};
}

conduct declare_conduct(config& told) {
  conduct made;
  made.help = told.flag("help", false, "this text");
  made.version = told.flag("version", false, "the program's version and Weir's");
  made.explain = explain_of(told.choice("explain", {"plan", "analyze", "no"}, "no",
                                        "the plan as a tree, without running it; =analyze runs "
                                        "it and adds rows and times",
                                        arity::none));
  made.show_config = told.flag("show-config", false, "every setting and where its value came from");
  const auto until =
      told.flag<std::string>("until", "", "stop, drained, after 30s or after '1000 rows'");
  made.json = told.flag("json", false, "the summary as one JSON object, the last line on stdout");
  made.quiet =
      told.flag("quiet", false, "no progress and no summary, only errors and what was lost");
  made.log_level = told.choice("log-level", {"error", "warn", "info"}, "warn",
                               "what is told on stderr beside the summary");
  made.color = told.choice("color", {"auto", "always", "never"}, "auto",
                           "auto: on a terminal, unless NO_COLOR is set");
  made.save_model = told.flag("save-model", made.save_model, "write the fitted model to this file");
  made.load_model = told.flag("load-model", made.load_model,
                              "use the model of this file; history is then not read");
  made.job.max_reject_ratio = told.flag("max-reject-ratio", made.job.max_reject_ratio,
                                        "fail above this share of rows that can't be parsed");
  made.job.commit_every = told.flag("commit-every", made.job.commit_every,
                                    "how often sinks are flushed and offsets committed");
  made.state = told.flag("state", made.state,
                         "where operators by key keep their state: memory, or what the program "
                         "offers beside");
  made.state_memory = told.flag("state-memory", made.state_memory,
                                "what state may take of memory, such as 256MiB; empty: half of "
                                "what the machine has");
  const auto refit_every = told.flag("refit-every", std::chrono::milliseconds{0},
                                     "fit models that keep learning again this often; 0s: when "
                                     "the program asks");
  made.job.threads =
      told.flag("threads", made.job.threads, "threads that run actors; 0: one a core");
  if (!until.empty())
    if (auto done = parse_until(until, made.job); !done) told.add_problem(done.error());
  if (made.job.max_reject_ratio < 0 || made.job.max_reject_ratio > 1)
    told.add_problem({errc::usage, "max-reject-ratio is a share between 0 and 1"});
  if (made.job.commit_every.count() <= 0)
    told.add_problem({errc::usage, "commit-every must be at least 1ms"});
  if (refit_every.count() < 0)
    told.add_problem({errc::usage, "refit-every must be at least 1ms, or 0s"});
  if (refit_every.count() > 0) made.job.refit_every = refit_every;
  told.end_of_standard_flags();
  return made;
}

result<void> apply_state(const conduct& told, const std::vector<state_kind>& offered,
                         plan_options& to) {
  to.state_memory_bytes = usable_memory() / 2;
  if (!told.state_memory.empty()) {
    const auto bytes = parse_bytes(told.state_memory);
    if (!bytes || *bytes == 0)
      return error{errc::usage, fmt::format("--state-memory '{}' is no size such as 256MiB or 4GB",
                                            told.state_memory)};
    to.state_memory_bytes = *bytes;
  }
  if (told.state == "memory") return {};
  const auto kind = std::ranges::find(offered, told.state, &state_kind::name);
  if (kind == offered.end()) {
    std::vector<std::string> known{"memory"};
    for (const auto& each : offered) known.push_back(each.name);
    return error{errc::usage,
                 fmt::format("--state '{}': this program keeps state in {}{}", told.state,
                             fmt::join(known, ", "), suggestion(told.state, known))};
  }
  to.state = *kind;
  return {};
}

result<void> check_refit(const conduct& told, const graph& in) {
  if (!told.job.refit_every) return {};
  const auto models = models_of(in);
  if (!models) return models.error();
  for (const auto& [name, options] : *models)
    if (options->keep_learning) return {};
  if (models->empty()) return error{errc::usage, "--refit-every: this job learns no model"};
  return error{
      errc::usage,
      fmt::format("--refit-every: no model keeps learning, so there is nothing new to fit; "
                  "add --set {}.keep_learning=true",
                  models->front().first)};
}

std::vector<std::string> never_fitted(const graph& in, const std::vector<model_report>& reports) {
  std::vector<std::string> missing;
  const auto models = models_of(in);
  if (!models) return missing;
  for (const auto& [name, options] : *models)
    if (options->load.empty()
        && std::ranges::find(reports, name, &model_report::name) == reports.end())
      missing.push_back(name);
  return missing;
}

std::optional<error> missing_fit(const graph& in, const std::vector<model_report>& reports) {
  const auto missing = never_fitted(in, reports);
  const auto models = models_of(in);
  if (!models) return models.error();
  for (const auto& [name, options] : *models) {
    const auto& path = options->save.empty() ? options->export_split : options->save;
    if (!path.empty() && std::ranges::find(missing, name) != missing.end())
      return error{errc::failed, fmt::format("history was cut short: '{}' was not fitted, and "
                                             "nothing is written to '{}'",
                                             name, path)};
  }
  return std::nullopt;
}

result<void> apply_model_files(const conduct& told, const graph& to) {
  if (told.save_model.empty() && told.load_model.empty()) return {};
  auto models = models_of(to);
  if (!models) return std::move(models).error();
  for (const auto& text : told.save_model)
    if (auto done = apply_file("save-model", text, *models, &learn_options::save); !done)
      return done;
  for (const auto& text : told.load_model)
    if (auto done = apply_file("load-model", text, *models, &learn_options::load); !done)
      return done;
  return {};
}

} // namespace weir
