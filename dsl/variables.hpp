// SPDX-License-Identifier: Apache-2.0
//
// variables: variables of the environment that look like a setting misspelt.
//
// Other programs may own names that begin with WEIR_, so none is a mistake for being unknown; one
// that is nearly the name of a setting is worth a sentence. Pure.
//
//   misspelt_variables(told.known(), {"WEIR_SEEED"});
//   // WEIR_SEEED is the variable of no setting; did you mean 'WEIR_SEED'?

#pragma once

#include <weir/dsl/config.hpp>

#include <string>
#include <vector>

namespace weir {

/// The names of this process's variables.
[[nodiscard]] std::vector<std::string> process_variables();

/// A sentence for each name that no setting has and that is near one's.
[[nodiscard]] std::vector<std::string> misspelt_variables(const std::vector<known_setting>& known,
                                                          const std::vector<std::string>& names);

} // namespace weir
