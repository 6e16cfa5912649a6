// SPDX-License-Identifier: Apache-2.0

#include <weir/dsl/explain.hpp>
#include <weir/dsl/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace weir {
namespace {

struct line {
  std::string drawing; ///< Of the tree, and the actor's name.
  std::size_t actor = 0;
  bool is_again = false;                 ///< Drawn above already.
  std::optional<std::size_t> stage = {}; ///< Of one operator of a chain.
};

class tree {
public:
  tree(const planned& what, bool with_operators) : what_{what}, with_operators_{with_operators} {}

  std::vector<line> lines() && {
    for (std::size_t i = 0; i < what_.notes.size(); ++i)
      if (what_.notes[i].what == "source") draw(i, "", "");
    return std::move(lines_);
  }

private:
  void draw(std::size_t actor, const std::string& first, const std::string& rest) {
    const bool is_again = !drawn_.insert(actor).second;
    lines_.push_back(
        {first + what_.what.actors[actor].name + (is_again ? " (above)" : ""), actor, is_again});
    if (is_again) return;
    const auto next = followers(actor);
    if (with_operators_) draw_operators(actor, rest + (next.empty() ? "   " : "│  "));
    for (std::size_t i = 0; i < next.size(); ++i) {
      const bool is_last = i + 1 == next.size();
      draw(next[i], rest + (is_last ? "└─ " : "├─ "), rest + (is_last ? "   " : "│  "));
    }
  }

  void draw_operators(std::size_t actor, const std::string& before) {
    const auto* chain = std::get_if<chain_plan>(&what_.what.actors[actor].hosts);
    if (chain == nullptr || chain->stages.size() < 2) return;
    for (std::size_t i = 0; i < chain->stages.size(); ++i)
      lines_.push_back({before + "· " + chain->stages[i].name, actor, false, i});
  }

  std::vector<std::size_t> followers(std::size_t actor) const {
    std::vector<std::size_t> next;
    for (const auto& link : what_.what.links)
      if (link.from == actor && !what_.notes[link.to].is_default
          && std::find(next.begin(), next.end(), link.to) == next.end())
        next.push_back(link.to);
    return next;
  }

  const planned& what_;
  bool with_operators_;
  std::set<std::size_t> drawn_;
  std::vector<line> lines_;
};

/// Lines with the texts of `right` beside them, in a column of its own.
std::string beside(const std::vector<line>& lines,
                   const std::function<std::string(const line&)>& right) {
  std::size_t width = 0;
  for (const auto& each : lines) width = std::max(width, shown_width(each.drawing));
  std::string text;
  for (const auto& each : lines) {
    const auto note = right(each);
    text += each.drawing;
    if (!note.empty()) text += std::string(width - shown_width(each.drawing) + 3, ' ') + note;
    text += '\n';
  }
  return text;
}

std::string default_sinks(const planned& what) {
  std::string text;
  for (std::size_t i = 0; i < what.notes.size(); ++i)
    if (what.notes[i].is_default)
      text += (text.empty() ? "beside it: " : ", ") + what.what.actors[i].name;
  return text.empty() ? text : text + '\n';
}

std::string headline(const planned& what) {
  return fmt::format("{}: {}, {}\n\n", what.what.job, counted(what.what.actors.size(), "actor"),
                     counted(what.what.links.size(), "link"));
}

double share(std::uint64_t nanoseconds, std::chrono::nanoseconds of) {
  return of.count() > 0 ? 100.0 * static_cast<double>(nanoseconds) / static_cast<double>(of.count())
                        : 0.0;
}

/// Of the actor's turns, or of threads behind it if they worked longer (several add up).
std::uint64_t busy_of(const actor_counters& actor) {
  return std::max(actor.busy_nanoseconds.get(), actor.thread_nanoseconds.get());
}

std::string measured(const actor_counters& actor, std::chrono::nanoseconds took) {
  const auto rows = std::max(actor.rows_in.get(), actor.rows_out.get());
  const double seconds = std::chrono::duration<double>(took).count();
  return fmt::format("{:>12} {:>12} {:>9} {:>5.0f}% {:>6.0f}%", grouped(actor.rows_in.get()),
                     grouped(actor.rows_out.get()),
                     short_number(seconds > 0 ? static_cast<double>(rows) / seconds : 0),
                     share(busy_of(actor), took), share(actor.blocked_nanoseconds.get(), took));
}

std::string measured(const operator_counters& each) {
  return fmt::format("{:>12} {:>12}", grouped(each.rows_in.get()), grouped(each.rows_out.get()));
}

std::string slowest(const planned& what, const std::deque<actor_counters>& counters,
                    std::chrono::nanoseconds took) {
  const auto most = std::max_element(counters.begin(), counters.end(),
                                     [](auto& a, auto& b) { return busy_of(a) < busy_of(b); });
  if (most == counters.end() || busy_of(*most) == 0) return {};
  const auto index = static_cast<std::size_t>(most - counters.begin());
  return fmt::format("slowest: {}, busy {:.0f} % of the time\n", what.what.actors[index].name,
                     share(busy_of(*most), took));
}

/// How evenly keys are spread over instances: a hot key makes one of them busy and the others wait.
std::string busiest_instances(const planned& what, const std::deque<actor_counters>& counters) {
  struct share_of_rows {
    std::uint64_t instances = 0, all = 0, most = 0;
    std::string busiest;
  };
  std::map<std::string, share_of_rows> found;
  for (std::size_t i = 0; i < what.notes.size(); ++i) {
    if (what.notes[i].instance_of.empty()) continue;
    auto& of = found[what.notes[i].instance_of];
    const auto rows = counters.at(i).rows_in.get();
    ++of.instances;
    of.all += rows;
    if (rows > of.most || of.busiest.empty()) of.busiest = what.what.actors[i].name;
    of.most = std::max(of.most, rows);
  }
  std::string text;
  for (const auto& [name, of] : found)
    if (of.all > 0)
      text += fmt::format("keys: '{}' has {:.0f} % of the rows of '{}', whose {} instances would "
                          "have {:.0f} % each if keys were even\n",
                          of.busiest,
                          100.0 * static_cast<double>(of.most) / static_cast<double>(of.all), name,
                          of.instances, 100.0 / static_cast<double>(of.instances));
  return text;
}

} // namespace

std::string describe_actor(const actor_plan& actor, const actor_note& note) {
  std::string text = note.what;
  if (note.what == "source" || note.what == "sink") {
    text += " of " + type_word(note.rows);
  } else {
    const auto* chain = std::get_if<chain_plan>(&actor.hosts);
    const std::size_t operators = chain == nullptr ? 1 : chain->stages.size();
    text = note.what == "model" ? "part of a model"
           : operators == 1     ? "operator"
                                : fmt::format("{} operators fused", operators);
    if (!note.rows.empty()) text += ", giving " + type_word(note.rows);
  }
  return note.boundary.empty() ? text : text + "; " + note.boundary;
}

std::string explain(const planned& what) {
  const auto lines = tree{what, false}.lines();
  return headline(what)
         + beside(lines,
                  [&](const line& at) {
                    return at.is_again
                               ? std::string{}
                               : describe_actor(what.what.actors[at.actor], what.notes[at.actor]);
                  })
         + default_sinks(what);
}

std::string explain_run(const planned& what, const std::deque<actor_counters>& counters,
                        std::chrono::nanoseconds took) {
  auto lines = tree{what, true}.lines();
  lines.insert(lines.begin(), line{"", what.notes.size(), true});
  const auto notes = [&](const line& at) -> std::string {
    if (at.actor == what.notes.size())
      return fmt::format("{:>12} {:>12} {:>9} {:>6} {:>7}", "rows in", "rows out", "rows/s", "busy",
                         "blocked");
    if (at.is_again) return {};
    const auto& actor = counters.at(at.actor);
    return at.stage ? measured(actor.operators.at(*at.stage)) : measured(actor, took);
  };
  return headline(what) + beside(lines, notes) + default_sinks(what) + slowest(what, counters, took)
         + busiest_instances(what, counters);
}

} // namespace weir
