// SPDX-License-Identifier: Apache-2.0
//
// payment and checked_payment: what somebody paid, and what was found suspicious about it.
//
// Reasons are a list in one text, `method=BITCOIN,to=stranger`: what is suspicious, not how that is
// said, so that each reader can say it in a language of their own.

#pragma once

#include <weir/actors/stream/record.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace payments {

inline constexpr std::array<std::string_view, 6> methods{"CREDIT_CARD", "BANK_TRANSFER", "MOBILE",
                                                         "POINT",       "GIFT_CARD",     "BITCOIN"};
inline constexpr std::array<std::string_view, 4> recipients{"family", "friend", "shop", "stranger"};

struct payment {
  std::uint64_t id = 0;
  weir::timestamp time;
  std::string method;
  std::string to;
  std::int64_t amount = 0;
};
BOOST_DESCRIBE_STRUCT(payment, (), (id, time, method, to, amount))

struct checked_payment {
  std::uint64_t id = 0;
  weir::timestamp time;
  std::string method;
  std::string to;
  std::int64_t amount = 0;
  std::string reasons; ///< Empty: nothing is suspicious.
};
BOOST_DESCRIBE_STRUCT(checked_payment, (), (id, time, method, to, amount, reasons))

inline checked_payment check(const payment& p) {
  std::string reasons;
  if (p.method == "BITCOIN") reasons = "method=BITCOIN";
  if (p.to == "stranger") reasons += reasons.empty() ? "to=stranger" : ",to=stranger";
  return {p.id, p.time, p.method, p.to, p.amount, std::move(reasons)};
}

inline bool is_suspicious(const checked_payment& p) { return !p.reasons.empty(); }

} // namespace payments
