// The report: a table on standard output, JSON for programs, a picture for the documentation.
#pragma once

#include <string>
#include <vector>

#include "campaign.h"

namespace pipes::bench {

void print_head(const Options& options, Counting counting);
void print_block(const BlockResult& result);

// What the peers were set to, what is missing, and how many targets are reached. The number of those that are
// missed or were not measured.
size_t print_summary(const std::vector<BlockResult>& results, const Settings& settings,
                     const std::vector<double>& floors);

// An array of {workload, size, implementation, placement, median, p99, unit, calls_per_message}; what is unknown is
// null.
void write_json(const std::string& path, const std::vector<Row>& rows);
std::vector<Row> read_json(const std::string& path);

// Draws the pinned roundtrip and stream rows with gnuplot: PNG or SVG, by the ending of `picture`. `folder` takes the
// data file.
void draw_plot(const std::string& script, const std::string& picture, const std::string& folder,
               const std::vector<Row>& rows);

}  // namespace pipes::bench
