// SPDX-License-Identifier: Apache-2.0

#include <weir/io/hdf5_handle.hpp>

#include <hdf5.h>

#include <type_traits>

namespace weir {

static_assert(std::is_same_v<hid_t, std::int64_t>, "an HDF5 identifier is a 64-bit number");

namespace {

herr_t keep_first(unsigned, const H5E_error2_t* report, void* text) {
  auto& first = *static_cast<std::string*>(text);
  if (first.empty() && report->desc != nullptr) first = report->desc;
  return 0;
}

} // namespace

hdf5_silence::hdf5_silence() {
  H5Eget_auto2(H5E_DEFAULT, &function_, &data_);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

hdf5_silence::~hdf5_silence() { H5Eset_auto2(H5E_DEFAULT, function_, data_); }

std::string hdf5_failure() {
  std::string text;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_first, &text);
  return text.empty() ? "HDF5 does not say why" : "HDF5 says: " + text;
}

} // namespace weir
