// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/row_failure.hpp>

namespace weir {

void throw_row_failure(std::size_t index) {
  try {
    throw;
  } catch (const row_failure&) {
    throw;
  } catch (...) {
    throw row_failure{index, std::current_exception()};
  }
}

std::string text_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const row_failure& failure) {
    return text_of(failure.cause);
  } catch (const std::exception& known) {
    return known.what();
  } catch (const std::string& text) {
    return text;
  } catch (const char* text) {
    return text;
  } catch (...) {
    return "an exception that is no std::exception";
  }
}

} // namespace weir
