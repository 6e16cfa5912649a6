// SPDX-License-Identifier: Apache-2.0
//
// own_source, own_sink, own_operator: a user's own object or factory, as the spec or factory the
// graph holds.
//
// An object must be copyable: each job runs a copy, so the graph can be started again. What can't
// be copied is given as a callable that makes it, which runs when the job starts.
//
//   app.from([] { return std::make_unique<my_source>("ticks.bin"); })

#pragma once

#include <weir/actors/operators/any_operator.hpp>
#include <weir/actors/operators/spec.hpp>

#include <concepts>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace weir::detail {

template <class T>
struct result_value {
  using type = T;
};
template <class T>
struct result_value<result<T>> {
  using type = T;
};

/// What an object is, or what a callable makes: the class derived from source, sink or
/// stream_operator.
template <class Made>
struct made_class {
  using type = Made;
};
template <class Made>
requires std::invocable<const Made&>
struct made_class<Made> {
  using pointer = typename result_value<std::invoke_result_t<const Made&>>::type;
  using type = typename std::pointer_traits<pointer>::element_type;
};

/// A new one: a copy of the object, or what the callable makes.
template <class Base, class Made>
result<std::unique_ptr<Base>> make_own(const Made& own) {
  if constexpr (!std::invocable<const Made&>) {
    static_assert(
        std::copy_constructible<Made>,
        "weir: an object given to from, via or to is copied when the job starts; what can't "
        "be copied is given as a callable that makes it: [] { return "
        "std::make_unique<my_source>(...); }");
    return std::unique_ptr<Base>{std::make_unique<Made>(own)};
  } else if constexpr (std::same_as<std::invoke_result_t<const Made&>,
                                    result<typename made_class<Made>::pointer>>) {
    auto made = own();
    if (!made) return std::move(made).error();
    return std::unique_ptr<Base>{std::move(*made)};
  } else {
    return std::unique_ptr<Base>{own()};
  }
}

template <class T>
std::true_type is_source_of(const source<T>*);
template <class T>
T row_of_source(const source<T>*);

/// A class derived from source<T>, for some T.
template <class Own>
concept source_class = requires(const Own* own) {
  is_source_of(own);
};

/// Whether an own source says it never ends: `static constexpr bool is_bounded = false;`. One that
/// says nothing ends.
template <class Own>
constexpr bool is_bounded_source() {
  if constexpr (requires { Own::is_bounded; })
    return Own::is_bounded;
  else
    return true;
}

/// The spec of a user's own source.
template <class Made>
class own_source {
public:
  using own = typename made_class<Made>::type;
  using row = decltype(row_of_source(static_cast<const own*>(nullptr)));
  static constexpr bool is_bounded = is_bounded_source<own>();

  explicit own_source(Made own) : own_{std::move(own)} {}
  [[nodiscard]] std::string describe() const { return "source"; }
  [[nodiscard]] options_ref options() const { return {}; }
  [[nodiscard]] result<std::unique_ptr<any_source>> make() const {
    auto made = make_own<source<row>>(own_);
    if (!made) return std::move(made).error();
    return erase<row>(std::move(*made));
  }

private:
  Made own_;
};

/// The spec of a user's own sink for rows of T.
template <class T, class Made>
class own_sink {
public:
  using row = T;
  static_assert(
      std::derived_from<typename made_class<Made>::type, sink<T>>,
      "weir: to takes a sink for the stream's record: a spec such as csv, kafka or console, "
      "an object of a class derived from weir::sink<the record>, or a callable that makes "
      "one");

  explicit own_sink(Made own) : own_{std::move(own)} {}
  [[nodiscard]] std::string describe() const { return "sink"; }
  [[nodiscard]] options_ref options() const { return {}; }
  [[nodiscard]] result<std::unique_ptr<any_sink>> make() const {
    auto made = make_own<sink<T>>(own_);
    if (!made) return std::move(made).error();
    return erase<T>(std::move(*made));
  }

private:
  Made own_;
};

} // namespace weir::detail
