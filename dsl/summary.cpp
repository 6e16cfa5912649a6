// SPDX-License-Identifier: Apache-2.0

#include <weir/dsl/summary.hpp>
#include <weir/dsl/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <sys/resource.h>
#include <utility>

namespace weir {
namespace {

double seconds_of(const job_summary& ended) {
  return std::chrono::duration<double>(ended.took).count();
}

/// NaN and infinity are no JSON.
std::string json_number(double number) {
  return std::isfinite(number) ? fmt::format("{}", number) : "null";
}

/// `[{...},{...}]` of the actors of a kind, default sinks left out.
std::string json_list(const job_account& of, const std::string& what,
                      const std::function<void(std::string&, const actor_counters&)>& write) {
  std::string list;
  for (std::size_t i = 0; i < of.what.notes.size(); ++i) {
    const auto& note = of.what.notes[i];
    const bool is_chain = note.what.empty() || note.what == "model";
    if (note.is_default || (what.empty() ? !is_chain : note.what != what)) continue;
    write(list, of.counters.at(i));
  }
  return "[" + list + "]";
}

void add_object(std::string& list, const std::string& object) {
  list += (list.empty() ? "{" : ",{") + object + "}";
}

std::string json_models(const std::vector<model_report>& reports) {
  std::string list;
  for (const auto& report : reports)
    add_object(list,
               fmt::format(R"("name":{},"version":{},"trained_rows":{},"holdout":{{"rows":{},)"
                           R"("rmse":{},"mae":{},"r2":{}}})",
                           json_text(report.name), report.version, report.trained_rows,
                           report.holdout_rows, json_number(report.rmse), json_number(report.mae),
                           json_number(report.r2)));
  return "[" + list + "]";
}

std::string rate_of(std::uint64_t rows, const job_summary& ended) {
  const double seconds = seconds_of(ended);
  return short_number(seconds > 0 ? static_cast<double>(rows) / seconds : 0) + " rows/s";
}

std::string text_of(const model_report& report) {
  auto text = fmt::format("  model   {} v{}: learnt from {}", report.name, report.version,
                          counted(report.trained_rows, "row"));
  if (report.holdout_rows > 0)
    text +=
        fmt::format("; on {} held out: RMSE {:.3f}, MAE {:.3f}, R2 {:.3f} (the mean alone: RMSE "
                    "{:.3f}, MAE {:.3f})",
                    grouped(report.holdout_rows), report.rmse, report.mae, report.r2,
                    report.baseline_rmse, report.baseline_mae);
  if (report.skipped_rows > 0)
    text += fmt::format("; {} skipped", counted(report.skipped_rows, "row"));
  return text + "\n";
}

/// A key that is in three windows is three entries.
std::string counted_entries(std::uint64_t entries) {
  return grouped(entries) + (entries == 1 ? " entry" : " entries");
}

std::string json_state(const operator_counters& each) {
  const auto open = each.open_entries.get();
  const auto left_out = open > 0 ? fmt::format(R"(,"open_entries":{})", open) : std::string{};
  if (each.most_state_entries.get() == 0 && each.late_rows.get() == 0) return left_out;
  return fmt::format(R"(,"late_rows":{},"most_state_entries":{},"most_state_bytes":{}{})",
                     each.late_rows.get(), each.most_state_entries.get(),
                     each.most_state_bytes.get(), left_out);
}

/// What an operator kept, if it kept anything.
std::string text_of(const operator_counters& each) {
  const auto entries = each.most_state_entries.get();
  const auto late = each.late_rows.get();
  if (entries == 0 && late == 0) return {};
  auto text = fmt::format("  state   {}: at most {} in {}", each.name, counted_entries(entries),
                          short_bytes(each.most_state_bytes.get()));
  if (late > 0) text += fmt::format(", {} too late", counted(late, "row"));
  return text + "\n";
}

std::string text_of(const std::string& model, const prediction_counts& met) {
  if (met.answered.load() == 0) return {};
  auto text = fmt::format("  model   {}: {} answered", model, counted(met.answered.load(), "row"));
  if (const auto rows = met.unanswered.load(); rows > 0)
    text += fmt::format(", {} of them without a number the model needs", grouped(rows));
  if (const auto seen = met.unseen.load(); seen > 0)
    text += fmt::format(", {} never seen in history", counted(seen, "value"));
  return text + "\n";
}

} // namespace

std::string json_summary(const job_account& of) {
  const auto sources = json_list(of, "source", [](std::string& list, const actor_counters& actor) {
    add_object(list, fmt::format(R"("name":{},"rows":{},"rejected":{})", json_text(actor.name),
                                 actor.rows_in.get(), actor.rejects.get()));
  });
  const auto operators = json_list(of, "", [](std::string& list, const actor_counters& actor) {
    for (const auto& each : actor.operators)
      add_object(list, fmt::format(R"("name":{},"rows_in":{},"rows_out":{},"rejected":{}{})",
                                   json_text(each.name), each.rows_in.get(), each.rows_out.get(),
                                   each.rejects.get(), json_state(each)));
  });
  const auto sinks = json_list(of, "sink", [](std::string& list, const actor_counters& actor) {
    const auto lost = actor.lost_rows.get();
    add_object(list,
               fmt::format(R"("name":{},"rows":{}{})", json_text(actor.name), actor.rows_in.get(),
                           lost > 0 ? fmt::format(R"(,"lost":{})", lost) : std::string{}));
  });
  const auto failure =
      of.failure ? fmt::format(R"("error":{},)", json_text(of.failure->message)) : std::string{};
  return fmt::format(R"({{"job":{},"state":"{}",{}"seconds":{:.6f},"peak_rss_bytes":{},)"
                     R"("sources":{},"operators":{},"sinks":{},"models":{}}})",
                     json_text(of.what.what.job), name_of(of.ended.state), failure,
                     seconds_of(of.ended), of.peak_rss_bytes, sources, operators, sinks,
                     json_models(of.reports));
}

std::string text_summary(const job_account& of) {
  auto text =
      fmt::format("{}: {} after {:.2f} s, peak memory {} MB\n", of.what.what.job,
                  name_of(of.ended.state), seconds_of(of.ended), of.peak_rss_bytes / (1024 * 1024));
  for (std::size_t i = 0; i < of.what.notes.size(); ++i) {
    const auto& actor = of.counters.at(i);
    const auto& note = of.what.notes[i];
    if (note.what == "source") {
      text += fmt::format("  source  {}: {}, {}", actor.name, counted(actor.rows_in.get(), "row"),
                          rate_of(actor.rows_in.get(), of.ended));
      text += actor.rejects.get() > 0 ? fmt::format(", {} rejected\n", grouped(actor.rejects.get()))
                                      : "\n";
    } else if (note.what.empty()) {
      for (const auto& each : actor.operators)
        if (each.rejects.get() > 0)
          text += fmt::format("  operator {}: {}, {} rejected\n", each.name,
                              counted(each.rows_in.get(), "row"), grouped(each.rejects.get()));
    } else if (note.what == "sink" && (!note.is_default || actor.rows_in.get() > 0)) {
      text += fmt::format("  sink    {}: {}", actor.name, counted(actor.rows_in.get(), "row"));
      const auto lost = actor.lost_rows.get();
      text += lost > 0 ? fmt::format(", {} of them lost\n", grouped(lost)) : "\n";
    }
  }
  for (const auto& actor : of.counters)
    for (const auto& each : actor.operators) text += text_of(each);
  for (const auto& report : of.reports) text += text_of(report);
  for (const auto& [model, met] : of.predictions) text += text_of(model, *met);
  return text;
}

std::vector<std::string> left_out(const std::deque<actor_counters>& counters) {
  const auto time = [](const counter& of) {
    return timestamp{duration{static_cast<std::int64_t>(of.get())}};
  };
  std::vector<std::string> told;
  for (const auto& actor : counters)
    for (const auto& each : actor.operators) {
      const auto entries = each.open_entries.get();
      if (entries == 0) continue;
      const auto from = time(each.open_from), to = time(each.open_to);
      const auto why = from <= to ? fmt::format("windows from {} to {} were not over",
                                                to_string(from), to_string(to))
                                  : std::string{"its rows were not at their end"};
      told.push_back(fmt::format("{}: {}: what they came to so far, {}, is left out", each.name,
                                 why, counted_entries(entries)));
    }
  return told;
}

std::vector<std::string> dropped_late(const planned& what,
                                      const std::deque<actor_counters>& counters) {
  std::vector<std::pair<std::string, std::uint64_t>> dropped; // instances and sides together
  for (std::size_t i = 0; i < what.notes.size(); ++i) {
    const auto& name = what.notes[i].drops_late_of;
    const auto rows = counters.at(i).rows_in.get();
    if (name.empty() || rows == 0) continue;
    auto known = std::ranges::find(dropped, name, &std::pair<std::string, std::uint64_t>::first);
    if (known == dropped.end()) known = dropped.insert(known, {name, 0});
    known->second += rows;
  }
  std::vector<std::string> told;
  for (const auto& [name, rows] : dropped)
    told.push_back(fmt::format("{}: {} came too late and {} dropped; late() takes such rows, a "
                               "longer out_of_order makes them fewer",
                               name, counted(rows, "row"), rows == 1 ? "was" : "were"));
  return told;
}

std::uint64_t peak_rss_bytes() noexcept {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

} // namespace weir
