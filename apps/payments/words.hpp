// SPDX-License-Identifier: Apache-2.0
//
// words: what people are told of payments, in Korean or English.
//
//   [Alarm] A suspected abnormal transaction
//   2026-01-01 00:00:05 UTC
//   BITCOIN / stranger -> 120000
//   - paid by BITCOIN
//   - sent to stranger

#pragma once

#include <weir/apps/payments/payment.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>

namespace payments {

enum class language { ko, en };

/// A payment in a sentence.
struct notice {
  weir::timestamp time;
  std::string text;
};
BOOST_DESCRIBE_STRUCT(notice, (), (time, text))

/// What a person is alarmed by.
struct alarm {
  std::string key; ///< Alarms that are alike have the same.
  std::string text;
};
BOOST_DESCRIBE_STRUCT(alarm, (), (key, text))

/// `method=BITCOIN` in words; one that is not known as it is.
inline std::string reason_in(language in, std::string_view reason) {
  const auto mark = std::min(reason.find('='), reason.size());
  const auto what = reason.substr(0, mark);
  const auto which = reason.substr(std::min(mark + 1, reason.size()));
  const bool is_korean = in == language::ko;
  if (what == "method") return fmt::format("{}{}", is_korean ? "결제 수단: " : "paid by ", which);
  if (what == "to") return fmt::format("{}{}", is_korean ? "받는 사람: " : "sent to ", which);
  return std::string{reason};
}

/// All of them, with `between` between two.
inline std::string reasons_in(language in, std::string_view reasons, std::string_view between) {
  std::string text;
  while (!reasons.empty()) {
    const auto end = std::min(reasons.find(','), reasons.size());
    text += fmt::format("{}{}", text.empty() ? "" : between, reason_in(in, reasons.substr(0, end)));
    reasons.remove_prefix(std::min(end + 1, reasons.size()));
  }
  return text;
}

inline notice in_words(const checked_payment& p, language in) {
  if (in == language::ko)
    return {p.time,
            fmt::format("{} 결제, 받는 사람 {}, 금액 {}: {}", p.method, p.to, p.amount,
                        is_suspicious(p) ? "이상 의심 (" + reasons_in(in, p.reasons, ", ") + ")"
                                         : "정상")};
  return {p.time,
          fmt::format("{} payment of {} to {}: {}", p.method, p.amount, p.to,
                      is_suspicious(p) ? "suspicious (" + reasons_in(in, p.reasons, ", ") + ")"
                                       : "legitimate")};
}

inline alarm alarm_text(const checked_payment& p, language in) {
  auto time = weir::to_string(std::chrono::floor<std::chrono::seconds>(p.time));
  time = time.substr(0, 10) + " " + time.substr(11, 8) + " UTC";
  const auto what = fmt::format("{} / {}", p.method, p.to);
  return {what, fmt::format("{}\n{}\n{} -> {}\n- {}",
                            in == language::ko ? "[알람] 이상 거래가 의심됩니다"
                                               : "[Alarm] A suspected abnormal transaction",
                            time, what, p.amount, reasons_in(in, p.reasons, "\n- "))};
}

} // namespace payments
