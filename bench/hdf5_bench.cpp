// SPDX-License-Identifier: Apache-2.0
//
// What does it cost to read HDF5 columns into records? Twelve columns, chunks of 64 Ki rows, no
// filter, 4 million trips (304 MB) from the page cache.
//
// The baseline reads each column by H5Dread, one chunk at a time (so that the library copies whole
// chunks), into buffers it keeps, and makes records of them, one thread. Its block of 64 Ki rows
// was the fastest of 4 Ki, 16 Ki, 64 Ki and 256 Ki.

#include <weir/bench/harness.hpp>
#include <weir/bench/taxi.hpp>
#include <weir/bench/weir_run.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/io/hdf5_source.hpp>

#include <hdf5.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace weir::bench {

namespace {

constexpr std::uint64_t full_rows = 4'000'000;
constexpr hsize_t chunk_rows = 65'536;

/// An HDF5 identifier and how it is closed.
class handle {
public:
  handle(hid_t id, herr_t (*close)(hid_t)) : id_{id}, close_{close} {
    if (id_ < 0) throw std::runtime_error{"HDF5 refused to open or create something"};
  }
  ~handle() { close_(id_); }
  handle(const handle&) = delete;
  handle& operator=(const handle&) = delete;
  operator hid_t() const { return id_; }

private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

void check(herr_t status) {
  if (status < 0) throw std::runtime_error{"HDF5 failed"};
}

hid_t type_of(std::int64_t) { return H5T_NATIVE_INT64; }
hid_t type_of(std::int32_t) { return H5T_NATIVE_INT32; }
hid_t type_of(double) { return H5T_NATIVE_DOUBLE; }

template <class T>
void write_column(hid_t file, const char* name, const std::vector<T>& values) {
  const hsize_t rows = values.size(), chunk = std::min(chunk_rows, rows);
  const handle space{H5Screate_simple(1, &rows, nullptr), H5Sclose};
  const handle layout{H5Pcreate(H5P_DATASET_CREATE), H5Pclose};
  check(H5Pset_chunk(layout, 1, &chunk));
  const handle set{H5Dcreate2(file, name, type_of(T{}), space, H5P_DEFAULT, layout, H5P_DEFAULT),
                   H5Dclose};
  check(H5Dwrite(set, type_of(T{}), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()));
}

/// A column that is read block by block into the same buffer.
template <class T>
class column {
public:
  column(hid_t file, const char* name)
      : access_{H5Pcreate(H5P_DATASET_ACCESS), H5Pclose},
        set_{open(file, name, access_), H5Dclose},
        space_{H5Dget_space(set_), H5Sclose} {
    check(H5Sget_simple_extent_dims(space_, &rows_, nullptr) < 0 ? -1 : 0);
  }
  hsize_t rows() const { return rows_; }
  const T* read(hsize_t from, hsize_t rows) {
    check(H5Sselect_hyperslab(space_, H5S_SELECT_SET, &from, nullptr, &rows, nullptr));
    const handle memory{H5Screate_simple(1, &rows, nullptr), H5Sclose};
    check(H5Dread(set_, type_of(T{}), memory, space_, H5P_DEFAULT, buffer_.get()));
    return buffer_.get();
  }

private:
  static hid_t open(hid_t file, const char* name, hid_t access) {
    check(H5Pset_chunk_cache(access, 0, 0, 1.0));
    return H5Dopen2(file, name, access);
  }

  handle access_, set_, space_;
  hsize_t rows_ = 0;
  std::unique_ptr<T[]> buffer_ = std::make_unique_for_overwrite<T[]>(chunk_rows);
};

/// The file's trips: all whole numbers are present, so no column needs a mark for a missing value.
struct full_trip {
  timestamp pickup, dropoff;
  double distance, fare, tip, tolls, total;
  int passengers, rate_code, from, to, payment;
};
BOOST_DESCRIBE_STRUCT(full_trip, (),
                      (pickup, dropoff, distance, fare, tip, tolls, total, passengers, rate_code,
                       from, to, payment))

std::uint64_t mix(const full_trip& row) {
  const auto bits = [](double value) { return __builtin_bit_cast(std::uint64_t, value); };
  const auto time = [](timestamp at) {
    return static_cast<std::uint64_t>(at.time_since_epoch().count());
  };
  return time(row.pickup) + 3 * time(row.dropoff) + 5 * bits(row.distance) + 7 * bits(row.fare)
         + 11 * bits(row.tip) + 13 * bits(row.tolls) + 17 * bits(row.total)
         + static_cast<std::uint64_t>(row.passengers + 100 * row.rate_code + 10'000 * row.payment)
         + (static_cast<std::uint64_t>(row.from) << 32)
         + (static_cast<std::uint64_t>(row.to) << 48);
}

class sum_of_trips {
public:
  void add(std::span<const full_trip> batch) {
    for (const auto& row : batch) hash_ = (hash_ ^ mix(row)) * 0x9E3779B97F4A7C15u;
    rows_ += batch.size();
  }
  outcome result() const { return {.items = rows_, .checksum = hash_}; }

private:
  std::uint64_t hash_ = 0, rows_ = 0;
};

std::string file_of(const trial& run) { return (run.scratch() / "trips.h5").string(); }

void prepare(const trial& run) {
  const auto rows = run.scaled(full_rows);
  const handle file{H5Fcreate(file_of(run).c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT),
                    H5Fclose};
  const auto integers = [&](const char* name, std::int32_t from, std::int32_t count) {
    std::vector<std::int32_t> values(rows);
    for (std::uint64_t i = 0; i < rows; ++i)
      values[i] = from
                  + static_cast<std::int32_t>(i * 2'654'435'761u % 1'000'003
                                              % static_cast<std::uint64_t>(count));
    write_column(file, name, values);
  };
  const auto numbers = [&](const char* name, double step) {
    std::vector<double> values(rows);
    for (std::uint64_t i = 0; i < rows; ++i)
      values[i] = step * static_cast<double>(i * 40'503 % 4'099);
    write_column(file, name, values);
  };
  const auto times = [&](const char* name, std::int64_t from) {
    std::vector<std::int64_t> values(rows);
    for (std::uint64_t i = 0; i < rows; ++i)
      values[i] = from + static_cast<std::int64_t>(i) * 1'700'000;
    write_column(file, name, values);
  };
  times("pickup", 1'546'300'800'000'000);
  times("dropoff", 1'546'301'100'000'000);
  numbers("distance", 0.01);
  numbers("fare", 0.02);
  numbers("tip", 0.005);
  numbers("tolls", 0.001);
  numbers("total", 0.025);
  integers("passengers", 0, 7);
  integers("rate_code", 1, 6);
  integers("from", 1, 265);
  integers("to", 1, 265);
  integers("payment", 1, 4);
}

void read_by_hand(const std::string& path, sum_of_trips& sum) {
  const handle file{H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose};
  column<std::int64_t> pickup{file, "pickup"}, dropoff{file, "dropoff"};
  column<double> distance{file, "distance"}, fare{file, "fare"}, tip{file, "tip"},
      tolls{file, "tolls"}, total{file, "total"};
  column<std::int32_t> passengers{file, "passengers"}, rate_code{file, "rate_code"},
      from{file, "from"}, to{file, "to"}, payment{file, "payment"};
  constexpr std::size_t batch_rows = 4096;
  std::vector<full_trip> batch(batch_rows);
  for (hsize_t first = 0; first < pickup.rows(); first += chunk_rows) {
    const auto rows = std::min(chunk_rows, pickup.rows() - first);
    const auto *pickups = pickup.read(first, rows), *dropoffs = dropoff.read(first, rows);
    const auto *distances = distance.read(first, rows), *fares = fare.read(first, rows),
               *tips = tip.read(first, rows), *all_tolls = tolls.read(first, rows),
               *totals = total.read(first, rows);
    const auto *counts = passengers.read(first, rows), *codes = rate_code.read(first, rows),
               *starts = from.read(first, rows), *ends = to.read(first, rows),
               *payments = payment.read(first, rows);
    for (hsize_t done = 0; done < rows; done += batch_rows) {
      const auto count = std::min<hsize_t>(batch_rows, rows - done);
      for (hsize_t i = 0; i < count; ++i) {
        const auto at = done + i;
        batch[i] = {.pickup = timestamp{duration{pickups[at]}},
                    .dropoff = timestamp{duration{dropoffs[at]}},
                    .distance = distances[at],
                    .fare = fares[at],
                    .tip = tips[at],
                    .tolls = all_tolls[at],
                    .total = totals[at],
                    .passengers = counts[at],
                    .rate_code = codes[at],
                    .from = starts[at],
                    .to = ends[at],
                    .payment = payments[at]};
      }
      sum.add({batch.data(), count});
    }
  }
}

outcome hand(trial& run) {
  sum_of_trips sum;
  run.measure([&] { read_by_hand(file_of(run), sum); });
  return sum.result();
}

outcome weir_hdf5(trial& run) {
  sum_of_trips sum;
  const auto add = [&](std::span<const full_trip> batch) { sum.add(batch); };
  run.measure([&] {
    app graph{"hdf5"};
    graph.from(weir::hdf5<full_trip>(file_of(run), {.time_unit = "us"}))
        | to(taking_sink<full_trip, decltype(add)>{add});
    run_to_end(graph);
  });
  return sum.result();
}

const registration hdf5_entry{{
    .name = "hdf5",
    .question =
        "What does it cost to read HDF5 columns into records? (12 columns, chunked, no filter)",
    .contestants = {{"hand", hand}, {"weir", weir_hdf5}},
    .prepare = prepare,
}};

} // namespace

} // namespace weir::bench
