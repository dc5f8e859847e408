// Names and numbers of the workloads; the names are those of the specification's table of targets.
#include "task.h"

namespace pipes::bench {

std::string_view workload_name(Workload workload) {
  switch (workload) {
    case Workload::kRoundtrip:
      return "roundtrip";
    case Workload::kStream:
      return "stream";
    case Workload::kConnect:
      return "connect";
    case Workload::kMany1000:
      return "many-1000";
    case Workload::kMany64:
      return "many-64";
    case Workload::kMany10:
      return "many-10";
    case Workload::kMany1:
      return "many-1";
    case Workload::kIdle:
      return "idle";
    case Workload::kOneCore:
      return "one-core";
    case Workload::kLoaded:
      return "loaded";
    case Workload::kMemory:
      return "memory";
  }
  return "unknown";
}

uint32_t active_clients(Workload workload) {
  switch (workload) {
    case Workload::kMany1000:
      return 1000;
    case Workload::kMany64:
      return 64;
    case Workload::kMany10:
      return 10;
    case Workload::kMany1:
      return 1;
    default:
      return 0;
  }
}

}  // namespace pipes::bench
