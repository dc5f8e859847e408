// The parts of output.h that write files: JSON, and the picture by way of gnuplot.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "implementations.h"
#include "output.h"

namespace pipes::bench {
namespace {

nlohmann::json or_null(const std::optional<double>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

std::optional<double> optional_number(const nlohmann::json& value) {
  return value.is_number() ? std::optional(value.get<double>()) : std::nullopt;
}

bool is_plotted(const Row& row, std::string_view workload, std::string_view implementation) {
  return row.workload == workload && row.implementation == implementation &&
         row.placement == placement_name(Placement::kPinned);
}

// Ours comes last, so that it lies on top.
std::vector<std::string_view> names_in_drawing_order() {
  std::vector<std::string_view> names;
  for (const Implementation& implementation : implementations()) {
    if (implementation.name != kOurs) names.push_back(implementation.name);
  }
  names.push_back(kOurs);
  return names;
}

// Writes a block of `size value` for each implementation with rows of `workload`. Their names, separated by spaces.
std::string write_plot_data(std::ofstream& file, const std::vector<Row>& rows, std::string_view workload) {
  std::string written;
  for (const std::string_view name : names_in_drawing_order()) {
    bool has_rows = false;
    for (const Row& row : rows) {
      if (!is_plotted(row, workload, name)) continue;
      file << fmt::format("{} {}\n", row.size, row.median);
      has_rows = true;
    }
    if (!has_rows) continue;
    file << "\n\n";
    written += fmt::format("{}{}", written.empty() ? "" : " ", name);
  }
  return written;
}

std::string terminal_for(const std::string& picture) {
  if (picture.ends_with(".svg")) return "svg";
  if (picture.ends_with(".png")) return "pngcairo";
  throw std::runtime_error("a picture ends with .png or .svg: " + picture);
}

void run_gnuplot(const std::vector<std::string>& arguments) {
  std::vector<char*> pointers;
  for (const std::string& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  const pid_t process = ::fork();
  if (process == 0) {
    ::execvp(pointers.front(), pointers.data());
    ::_exit(127);
  }
  int status = 0;
  if (process < 0 || ::waitpid(process, &status, 0) != process || status != 0) {
    throw std::runtime_error("gnuplot failed, or is not installed");
  }
}

}  // namespace

void write_json(const std::string& path, const std::vector<Row>& rows) {
  nlohmann::json all = nlohmann::json::array();
  for (const Row& row : rows) {
    all.push_back({{"workload", row.workload},
                   {"size", row.size},
                   {"placement", row.placement},
                   {"implementation", row.implementation},
                   {"median", row.median},
                   {"p99", or_null(row.p99)},
                   {"unit", row.unit},
                   {"calls_per_message", or_null(row.calls_per_message)}});
  }
  std::ofstream file(path);
  file << all.dump(2) << '\n';
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

std::vector<Row> read_json(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::vector<Row> rows;
  for (const nlohmann::json& one : nlohmann::json::parse(file)) {
    Row row;
    row.workload = one.at("workload");
    row.size = one.at("size");
    row.placement = one.at("placement");
    row.implementation = one.at("implementation");
    row.median = one.at("median");
    row.p99 = optional_number(one.at("p99"));
    row.unit = one.at("unit");
    row.calls_per_message = optional_number(one.at("calls_per_message"));
    rows.push_back(row);
  }
  return rows;
}

void draw_plot(const std::string& script, const std::string& picture, const std::string& folder,
               const std::vector<Row>& rows) {
  const std::string data = folder + "/plot.dat";
  std::ofstream file(data);
  const std::string roundtrips = write_plot_data(file, rows, "roundtrip");
  const std::string streams = write_plot_data(file, rows, "stream");
  file.close();
  if (!file) throw std::runtime_error("cannot write " + data);
  if (roundtrips.empty() && streams.empty()) throw std::runtime_error("nothing to draw: no pinned roundtrip or stream");
  // Handed over as arguments of the script, so that no path needs quoting.
  run_gnuplot({"gnuplot", "-c", script, data, picture, terminal_for(picture), roundtrips, streams});
}

}  // namespace pipes::bench
