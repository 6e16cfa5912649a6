// SPDX-License-Identifier: Apache-2.0

#include <weir/io/output_folder.hpp>

#include <vector>

namespace weir {

namespace files = std::filesystem;

output_folder::output_folder(const std::string& path, output_files seen)
    : path_{path}, written_to_{seen == output_files::together ? path_ / ".unfinished" : path_} {}

output_folder::~output_folder() {
  std::error_code ignored;
  if (is_made_ && written_to_ != path_) files::remove_all(written_to_, ignored);
}

std::string output_folder::place_of(const std::string& name) const { return written_to_ / name; }

std::string output_folder::as_found(std::string text) const {
  const auto hidden = (written_to_ / "").string();
  if (const auto at = text.find(hidden); at != std::string::npos)
    text.replace(at, hidden.size(), (path_ / "").string());
  return text;
}

result<void> output_folder::make() {
  if (is_made_) return {};
  std::error_code problem;
  if (written_to_ != path_) files::remove_all(written_to_, problem);
  if (!problem) files::create_directories(written_to_, problem);
  if (problem) return cannot("write into", problem, errc::config);
  is_made_ = true;
  return {};
}

result<void> output_folder::settle(job_state how) {
  if (written_to_ == path_) return {};
  if (how == job_state::finished) return publish();
  if (how != job_state::stopped) return {};
  return error{errc::failed, "stopped before all was read: nothing is written to the folder '"
                                 + path_.string() + "'"};
}

result<void> output_folder::publish() {
  std::error_code problem;
  std::vector<files::path> written; // before any of them moves
  for (auto at = files::directory_iterator{written_to_, problem};
       !problem && at != files::directory_iterator{}; at.increment(problem))
    written.push_back(at->path());
  for (const auto& each : written)
    if (!problem) files::rename(each, path_ / each.filename(), problem);
  if (problem) return cannot("put files into", problem, errc::failed);
  return {};
}

error output_folder::cannot(const std::string& what, const std::error_code& why, errc code) const {
  return {code, "cannot " + what + " the folder '" + path_.string() + "': " + why.message()
                    + "; name another one"};
}

} // namespace weir
