// SPDX-License-Identifier: Apache-2.0
//
// helper: a part of a workload that must run in a process of its own but is not measured with it,
// such as a broker. The bench starts itself again as `weir_bench helper NAME [ARGUMENT...]`.
//
//   const helper_registration broker{"broker", [](const std::vector<std::string>& arguments) { ...;
//   return 0; }};

#pragma once

#include <functional>
#include <string>
#include <vector>

namespace weir::bench {

/// Gets the arguments after its name, returns the exit code.
using helper_function = std::function<int(const std::vector<std::string>&)>;

/// Adds a helper at start-up; one static object each.
class helper_registration {
public:
  helper_registration(std::string name, helper_function run);
};

/// Null if there is none of that name.
const helper_function* find_helper(const std::string& name);

} // namespace weir::bench
