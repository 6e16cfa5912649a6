// SPDX-License-Identifier: Apache-2.0
//
// rocksdb_backend: keeps the state of keys on disk, by RocksDB, for state that is larger than
// memory.
//
// Each operator (each instance of it) has a database in a directory of its own, which is emptied
// when it is opened and removed when it is closed: it is no checkpoint. A directory that holds
// anything else, or that another process uses, is refused. Memory (block cache with indexes and
// filters, and what was not written yet) stays within the given bytes, from 8 MiB on; compactions
// run on the two threads that all databases of the process share.
//
//   app.offer_state(rocksdb_state({.directory = "/var/tmp/taxi"}));

#pragma once

#include <weir/actors/state/state_kind.hpp>

#include <cstddef>
#include <memory>
#include <string>

namespace weir {

struct rocksdb_options {
  /// Where the directories of operators are made. Empty: among the machine's temporary files.
  std::string directory = {};
};

/// What `--state rocksdb` stands for.
[[nodiscard]] state_kind rocksdb_state(rocksdb_options options = {});

/// Opens a database, empty, in a directory of its own.
[[nodiscard]] result<std::unique_ptr<state_backend>>
open_rocksdb_backend(const std::string& directory, std::size_t memory_bytes);

} // namespace weir
