// SPDX-License-Identifier: Apache-2.0

#include <weir/io/rocksdb_backend.hpp>

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <unistd.h>
#include <utility>

namespace weir {
namespace {

namespace files = std::filesystem;

constexpr std::size_t mebibyte = std::size_t{1} << 20U;

rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }
std::string_view view(rocksdb::Slice slice) { return {slice.data(), slice.size()}; }

/// Forces nothing onto the disk: what is lost with the process need not outlive the machine.
class unsynced_files final : public rocksdb::FileSystemWrapper {
public:
  unsynced_files() : FileSystemWrapper{rocksdb::FileSystem::Default()} {}

  const char* Name() const override { return "weir-unsynced"; }
  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* made,
                                    rocksdb::IODebugContext* debug) override {
    auto status = FileSystemWrapper::NewWritableFile(name, options, made, debug);
    if (status.ok()) *made = std::make_unique<file>(std::move(*made));
    return status;
  }
  rocksdb::IOStatus NewDirectory(const std::string& name, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* made,
                                 rocksdb::IODebugContext* debug) override {
    auto status = FileSystemWrapper::NewDirectory(name, options, made, debug);
    if (status.ok()) *made = std::make_unique<directory>();
    return status;
  }

private:
  using options = rocksdb::IOOptions;
  using debug = rocksdb::IODebugContext;

  class file final : public rocksdb::FSWritableFileOwnerWrapper {
  public:
    using FSWritableFileOwnerWrapper::FSWritableFileOwnerWrapper;
    rocksdb::IOStatus Sync(const options&, debug*) override { return rocksdb::IOStatus::OK(); }
    rocksdb::IOStatus Fsync(const options&, debug*) override { return rocksdb::IOStatus::OK(); }
    rocksdb::IOStatus RangeSync(std::uint64_t, std::uint64_t, const options&, debug*) override {
      return rocksdb::IOStatus::OK();
    }
  };
  class directory final : public rocksdb::FSDirectory {
  public:
    rocksdb::IOStatus Fsync(const options&, debug*) override { return rocksdb::IOStatus::OK(); }
  };
};

rocksdb::Env* unsynced_env() {
  static const auto env = rocksdb::NewCompositeEnv(std::make_shared<unsynced_files>());
  return env.get();
}

error failure(const char* what, const std::string& directory, const rocksdb::Status& status) {
  const bool is_full =
      status.IsNoSpace() || status.ToString().find("No space") != status.ToString().npos;
  const char* const advice =
      is_full ? "make room there, or choose another directory"
      : status.IsCorruption()
          ? "check the disk, and start the job again"
          : "check that this directory can be written, and no other job uses it";
  return {status.IsCorruption() ? errc::damaged : errc::failed,
          std::string{"cannot "} + what + " the state in '" + directory + "': " + status.ToString()
              + "; " + advice};
}

/// What is written comes by key group, and in order: it is put next to what came before it.
/// RocksDB keeps one hint for keys and for ranges that are removed, which lie elsewhere: those must
/// have none.
class next_to_its_group final : public rocksdb::SliceTransform {
public:
  const char* Name() const override { return "weir-next-to-its-group"; }
  rocksdb::Slice Transform(const rocksdb::Slice& key) const override { return {key.data(), 1}; }
  bool InDomain(const rocksdb::Slice& key) const override { return !removes && !key.empty(); }

  bool removes = false; // of the one writer
};

/// Many small values, read one at a time; memory within the budget.
rocksdb::Options options_for(std::size_t memory_bytes, std::shared_ptr<rocksdb::Cache> cache,
                             std::shared_ptr<const rocksdb::SliceTransform> hint) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.block_size = 4096;
  table.cache_index_and_filter_blocks = true; // or else they are bounded by nothing
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10)); // most first reads find nothing
  table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
  table.format_version = 5;

  rocksdb::Options made;
  made.env = unsynced_env();
  made.create_if_missing = true;
  made.error_if_exists = true;
  made.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  made.write_buffer_size = std::max(memory_bytes / 8, mebibyte / 4);
  made.max_write_buffer_number = 3;
  made.write_buffer_manager =
      std::make_shared<rocksdb::WriteBufferManager>(memory_bytes / 4, cache);
  made.memtable_prefix_bloom_size_ratio = 0.1; // as the filter of a file
  made.memtable_whole_key_filtering = true;
  made.memtable_insert_with_hint_prefix_extractor = std::move(hint);
  made.compaction_style = rocksdb::kCompactionStyleUniversal; // writes the least
  made.target_file_size_base = std::clamp(memory_bytes / 8, mebibyte, 32 * mebibyte);
  made.max_bytes_for_level_base = 8 * made.target_file_size_base;
  made.level_compaction_dynamic_level_bytes = true;
  made.max_background_jobs = 2;
  made.max_open_files = 512;
  made.compression = rocksdb::kNoCompression;
  made.allow_concurrent_memtable_write = false; // one writer
  made.avoid_flush_during_shutdown = true;      // it is removed then
  made.info_log_level = rocksdb::ERROR_LEVEL;
  made.keep_log_file_num = 1;
  made.stats_dump_period_sec = 0;
  made.stats_persist_period_sec = 0;
  return made;
}

class backend final : public state_backend {
public:
  backend(std::string directory, std::shared_ptr<rocksdb::Cache> cache,
          std::shared_ptr<next_to_its_group> hint, std::unique_ptr<rocksdb::DB> db)
      : directory_{std::move(directory)},
        cache_{std::move(cache)},
        hint_{std::move(hint)},
        db_{std::move(db)} {
    unlogged_.disableWAL = true;
  }
  ~backend() override {
    db_.reset();
    rocksdb::DestroyDB(directory_, {}).PermitUncheckedError();
    std::error_code ignored;
    files::remove(directory_, ignored); // where it is empty
  }
  backend(const backend&) = delete;
  backend& operator=(const backend&) = delete;

  result<bool> read(std::string_view key, std::string& value) override {
    const auto status = db_->Get({}, slice(key), &value);
    if (status.ok()) return true;
    if (status.IsNotFound()) return false;
    return failure("read", directory_, status);
  }

  result<void> write(std::span<const change> changes) override {
    batch_.Clear();
    for (const auto& each : changes) {
      auto status = each.value ? batch_.Put(slice(each.key), slice(*each.value))
                               : batch_.Delete(slice(each.key));
      if (!status.ok()) return failure("write", directory_, status);
    }
    const auto status = db_->Write(unlogged_, &batch_);
    if (!status.ok()) return failure("write", directory_, status);
    return {};
  }

  result<void> remove_range(std::string_view from, std::string_view to) override {
    hint_->removes = true;
    const auto status =
        db_->DeleteRange(unlogged_, db_->DefaultColumnFamily(), slice(from), slice(to));
    hint_->removes = false;
    if (!status.ok()) return failure("write", directory_, status);
    return {};
  }

  result<void> scan(std::string_view from, const visitor& take) override {
    rocksdb::ReadOptions options;
    options.fill_cache = false;
    const std::unique_ptr<rocksdb::Iterator> at{db_->NewIterator(options)};
    for (at->Seek(slice(from)); at->Valid(); at->Next()) {
      if (!take(view(at->key()), view(at->value()))) break;
    }
    if (!at->status().ok()) return failure("read", directory_, at->status());
    return {};
  }

  std::size_t memory_bytes() const override { return cache_->GetUsage(); }

private:
  std::string directory_;
  std::shared_ptr<rocksdb::Cache> cache_;
  std::shared_ptr<next_to_its_group> hint_;
  std::unique_ptr<rocksdb::DB> db_;
  rocksdb::WriteOptions unlogged_;
  rocksdb::WriteBatch batch_; // its memory is used again
};

/// Removes what an earlier process left, and nothing that is not RocksDB's.
result<void> empty(const std::string& directory) {
  const auto other_files = [&] {
    return error{errc::config, "cannot keep state in '" + directory
                                   + "': it holds other files; choose a directory of its own"};
  };
  std::error_code failed;
  if (files::exists(directory, failed) && !files::is_empty(directory, failed)) {
    if (!files::exists(directory + "/CURRENT") && !files::exists(directory + "/LOCK"))
      return other_files();
    const auto status = rocksdb::DestroyDB(directory, {});
    if (!status.ok()) return failure("empty", directory, status);
  }
  files::create_directories(directory, failed);
  if (failed)
    return error{errc::config, "cannot make the directory '" + directory + "' for state: "
                                   + failed.message() + "; choose one that can be written"};
  if (!files::is_empty(directory, failed)) return other_files();
  return {};
}

/// No two names share a file.
std::string file_name(std::string_view name) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string made;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_letter = (byte | 0x20U) >= 'a' && (byte | 0x20U) <= 'z';
    if (is_letter || (c >= '0' && c <= '9') || c == '-' || c == '_')
      made += c;
    else
      (((made += '%') += digits[byte >> 4U]) += digits[byte & 15U]);
  }
  return made;
}

} // namespace

result<std::unique_ptr<state_backend>> open_rocksdb_backend(const std::string& directory,
                                                            std::size_t memory_bytes) {
  const auto emptied = empty(directory);
  if (!emptied) return emptied.error();
  // What is read and built outside of the cache has the rest.
  auto cache = rocksdb::NewLRUCache(memory_bytes / 2, 2);
  rocksdb::DB* opened = nullptr;
  auto hint = std::make_shared<next_to_its_group>();
  const auto status = rocksdb::DB::Open(options_for(memory_bytes, cache, hint), directory, &opened);
  if (!status.ok()) return failure("open", directory, status);
  return std::unique_ptr<state_backend>{std::make_unique<backend>(
      directory, std::move(cache), std::move(hint), std::unique_ptr<rocksdb::DB>{opened})};
}

state_kind rocksdb_state(rocksdb_options options) {
  return {.name = "rocksdb",
          .open = [options = std::move(options)](const std::string& operator_name,
                                                 std::size_t memory_bytes) {
            const auto name = file_name(operator_name);
            const auto temporary = "weir-state-" + std::to_string(::getpid()) + "-" + name;
            return open_rocksdb_backend(options.directory.empty()
                                            ? (files::temp_directory_path() / temporary).string()
                                            : options.directory + "/" + name,
                                        memory_bytes);
          }};
}

} // namespace weir
