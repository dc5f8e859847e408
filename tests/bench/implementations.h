// Every transport that the program knows, one function for each file peer_*.cpp.
#pragma once

#include <vector>

#include "transport.h"

namespace pipes::bench {

constexpr std::string_view kOurs = "pipes";
constexpr std::string_view kFloor = "cache-line";

Implementation our_pipes();
Implementation our_pipes_by_event_fd();
Implementation unix_stream();
Implementation unix_stream_polling();
Implementation unix_seqpacket();
Implementation kernel_pipe();
Implementation posix_mq();
Implementation boost_mq();
Implementation zeromq_pair();
Implementation zeromq_reqrep();
Implementation nng_pair();
Implementation nng_reqrep();
Implementation libuv();
Implementation cache_line();
Implementation own_polling();

// All of them, ours first. Those that this build lacks are listed too, with the reason in `missing`.
const std::vector<Implementation>& implementations();

// Null for an unknown name.
const Implementation* find_implementation(std::string_view name);

}  // namespace pipes::bench
