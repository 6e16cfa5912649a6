// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/instruction_set.hpp>

namespace weir {

instruction_set best_instruction_set() noexcept {
  static const instruction_set best = [] {
#if defined(__x86_64__) && defined(__GNUC__)
    const auto has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi")
                          && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma")
                          && __builtin_cpu_supports("popcnt");
    const auto has_avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
                            && __builtin_cpu_supports("avx512cd")
                            && __builtin_cpu_supports("avx512dq")
                            && __builtin_cpu_supports("avx512vl");
    if (has_avx2 && has_avx512) return instruction_set::avx512;
    if (has_avx2) return instruction_set::avx2;
#endif
    return instruction_set::baseline;
  }();
  return best;
}

} // namespace weir
