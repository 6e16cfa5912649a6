// SPDX-License-Identifier: Apache-2.0

#include <weir/io/access_log.hpp>

#include <array>
#include <charconv>
#include <chrono>
#include <optional>
#include <string>

namespace weir {
namespace {

/// Takes a line apart from left to right. Each step gives nothing when the line does not go on so.
class scanner {
public:
  explicit scanner(std::string_view line) : rest_{line} {}

  [[nodiscard]] bool is_done() const noexcept { return rest_.empty(); }

  bool skip(char expected) noexcept {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// Up to the next blank, which is skipped, or the end; at least one character.
  std::optional<std::string_view> word() noexcept {
    const auto end = rest_.find(' ');
    const auto found = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    return found.empty() ? std::nullopt : std::optional{found};
  }
  /// What stands in brackets.
  std::optional<std::string_view> bracketed() noexcept {
    const auto end = rest_.find(']');
    if (!rest_.starts_with('[') || end == std::string_view::npos) return std::nullopt;
    return take(1, end, end + 1);
  }
  /// What stands in quotes. With `may_be_cut` the closing one may be missing at the end.
  std::optional<std::string_view> quoted(bool may_be_cut = false) noexcept {
    if (!rest_.starts_with('"')) return std::nullopt;
    auto end = rest_.find_first_of("\\\"", 1);
    while (end < rest_.size() && rest_[end] == '\\') end = rest_.find_first_of("\\\"", end + 2);
    if (end < rest_.size()) return take(1, end, end + 1);
    return may_be_cut ? std::optional{take(1, rest_.size(), rest_.size())} : std::nullopt;
  }

private:
  std::string_view take(std::size_t begin, std::size_t end, std::size_t next) noexcept {
    const auto found = rest_.substr(begin, end - begin);
    rest_.remove_prefix(next);
    return found;
  }

  std::string_view rest_;
};

template <class Number>
std::optional<Number> number_of(std::string_view text) noexcept {
  Number number{};
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<unsigned> month_of(std::string_view name) noexcept {
  static constexpr std::array<std::string_view, 12> names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  for (unsigned i = 0; i < names.size(); ++i)
    if (names[i] == name) return i + 1;
  return std::nullopt;
}

// 17/May/2015:10:05:03 +0000
std::optional<timestamp> time_of(std::string_view text) noexcept {
  if (text.size() != 26 || text[2] != '/' || text[6] != '/' || text[11] != ':' || text[14] != ':'
      || text[17] != ':' || text[20] != ' ' || (text[21] != '+' && text[21] != '-'))
    return std::nullopt;
  const auto two = [&](std::size_t at) { return number_of<unsigned>(text.substr(at, 2)); };
  const auto day = two(0), hour = two(12), minute = two(15), second = two(18),
             hours_ahead = two(22), minutes_ahead = two(24);
  const auto month = month_of(text.substr(3, 3));
  const auto year = number_of<unsigned>(text.substr(7, 4));
  if (!day || !month || !year || !hour || !minute || !second || !hours_ahead || !minutes_ahead)
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(*year)},
                                         std::chrono::month{*month}, std::chrono::day{*day}};
  // 60: a leap second.
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60 || *hours_ahead > 23
      || *minutes_ahead > 59)
    return std::nullopt;
  const auto ahead = std::chrono::hours{*hours_ahead} + std::chrono::minutes{*minutes_ahead};
  return std::chrono::sys_days{date} + std::chrono::hours{*hour} + std::chrono::minutes{*minute}
         + std::chrono::seconds{*second} - (text[21] == '+' ? ahead : -ahead);
}

void take_request(std::string_view request, access_entry& into) {
  const auto first = request.find(' ');
  const auto last = request.rfind(' ');
  if (first == std::string_view::npos || !request.substr(last + 1).starts_with("HTTP/")) {
    into.path = request;
    return;
  }
  into.method = request.substr(0, first);
  if (last > first) into.path = request.substr(first + 1, last - first - 1);
}

error cannot(const char* why) { return {errc::failed, why}; }

} // namespace

result<access_entry> parse_access(std::string_view line) {
  scanner from{line};
  access_entry made;
  const auto address = from.word(), identity = from.word(), user = from.word();
  if (!address || !identity || !user)
    return cannot("it does not begin with address, identity and user");
  const auto written_time = from.bracketed();
  if (!written_time) return cannot("its time does not stand in [ ] behind the user");
  const auto time = time_of(*written_time);
  if (!time) return cannot("its time is not like 17/May/2015:10:05:03 +0000");
  if (!from.skip(' ')) return cannot("there is no blank behind its time");
  const auto request = from.quoted();
  if (!request) return cannot("its request does not stand in quotes that are closed");
  if (!from.skip(' ')) return cannot("there is no blank behind its request");
  const auto status = number_of<std::uint16_t>(from.word().value_or(""));
  if (!status || *status < 100 || *status > 599) return cannot("its status is not 100 to 599");
  const auto written_bytes = from.word().value_or("");
  const auto bytes =
      written_bytes == "-" ? std::uint64_t{0} : number_of<std::uint64_t>(written_bytes);
  if (!bytes) return cannot("its bytes are neither a number nor '-'");
  made.address = *address;
  made.time = *time;
  made.status = *status;
  made.bytes = *bytes;
  take_request(*request, made);
  if (from.is_done()) return made; // the common format
  const auto referer = from.quoted();
  if (!referer || !from.skip(' ')) return cannot("its referer does not stand in quotes");
  const auto agent = from.quoted(true);
  if (!agent) return cannot("its agent does not begin with a quote");
  made.referer = *referer;
  made.agent = *agent;
  return made;
}

} // namespace weir
