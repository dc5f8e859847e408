// The workloads, written once for every transport: what the server side and the client side of each do.
//
// The client measures and decides when to end; the server learns it from the signs in the Control block, which are set
// before the message that they concern.
#pragma once

#include "role.h"
#include "transport.h"

namespace pipes::bench {

void run_server(const Implementation& implementation, Watch& watch);
void run_client(const Implementation& implementation, Watch& watch);

}  // namespace pipes::bench
