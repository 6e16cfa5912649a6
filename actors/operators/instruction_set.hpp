// SPDX-License-Identifier: Apache-2.0
//
// instruction_set: compiles a row loop for several instruction sets and runs the best one this
// machine has.
//
// A loop is a struct with an always-inlined `run` template. `run_wide<Loop>(arguments...)` calls it
// from inside a function compiled for AVX-512, AVX2 or the baseline, so that the loop and the
// user's callable inlined into it are vectorised for that set. Unlike `target_clones` there is no
// ifunc behind it: it works alike under the sanitizers, and tests can ask for each set. Loops that
// use intrinsics can't be written this way (select.hpp). Without optimisation only the baseline is
// compiled.
// Arguments are passed by value: pointers, so that the loop knows what its stores can't change.
//
//   struct negate {
//     template <instruction_set Set>
//     [[gnu::always_inline]] static void run(int* rows, std::size_t n) { ... }
//   };
//   run_wide<negate>(rows, n);

#pragma once

#include <cstdint>

namespace weir {

enum class instruction_set : std::uint8_t {
  baseline,
  avx2,   ///< With BMI and FMA.
  avx512, ///< F, BW, CD, DQ, VL: servers since Skylake, Zen 4.
};

/// The best set this machine has; asked once.
[[nodiscard]] instruction_set best_instruction_set() noexcept;

namespace detail {

template <class Loop, class... Arguments>
[[gnu::noinline]] auto run_baseline(Arguments... arguments) {
  return Loop::template run<instruction_set::baseline>(arguments...);
}

#if defined(__x86_64__) && defined(__GNUC__) && defined(__OPTIMIZE__)
// Features by name, not `arch=`: g++ 12 inlines neither lambdas nor intrinsics into templates of
// another arch.
template <class Loop, class... Arguments>
[[gnu::noinline, gnu::target("avx2,bmi,bmi2,fma,lzcnt,popcnt")]] auto
run_avx2(Arguments... arguments) {
  return Loop::template run<instruction_set::avx2>(arguments...);
}

template <class Loop, class... Arguments>
[[gnu::noinline,
  gnu::target("avx512f,avx512bw,avx512cd,avx512dq,avx512vl,bmi,bmi2,fma,lzcnt,popcnt")]] auto
run_avx512(Arguments... arguments) {
  return Loop::template run<instruction_set::avx512>(arguments...);
}
#endif

} // namespace detail

/// Runs the loop compiled for `set`, which this machine must have.
template <class Loop, class... Arguments>
auto run_for(instruction_set set, Arguments... arguments) {
#if defined(__x86_64__) && defined(__GNUC__) && defined(__OPTIMIZE__)
  if (set == instruction_set::avx512) return detail::run_avx512<Loop>(arguments...);
  if (set == instruction_set::avx2) return detail::run_avx2<Loop>(arguments...);
#endif
  static_cast<void>(set);
  return detail::run_baseline<Loop>(arguments...);
}

/// Runs the loop compiled for the best set.
template <class Loop, class... Arguments>
auto run_wide(Arguments... arguments) {
  return run_for<Loop>(best_instruction_set(), arguments...);
}

} // namespace weir
