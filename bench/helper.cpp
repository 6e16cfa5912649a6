// SPDX-License-Identifier: Apache-2.0

#include <weir/bench/helper.hpp>

#include <map>
#include <utility>

namespace weir::bench {

namespace {

std::map<std::string, helper_function>& helpers() {
  static std::map<std::string, helper_function> entries;
  return entries;
}

} // namespace

helper_registration::helper_registration(std::string name, helper_function run) {
  helpers().emplace(std::move(name), std::move(run));
}

const helper_function* find_helper(const std::string& name) {
  const auto found = helpers().find(name);
  return found == helpers().end() ? nullptr : &found->second;
}

} // namespace weir::bench
