// Mistakes that tests must notice. A build with PIPES_SEEDED_MISTAKES makes the mistake that the environment variable
// PIPES_MISTAKE names: a check left out, a fence missing, a wrong answer. One build serves for all of them. In any
// other build the condition is a constant, and nothing of this remains.
//
// Use: `if (impossible(head) && !PIPES_MISTAKE("head-unchecked")) return false;`
#pragma once

#ifdef PIPES_SEEDED_MISTAKES

#include <cstdlib>
#include <cstring>

namespace pipes {

inline bool is_chosen_mistake(const char* name) {
  const char* const chosen = std::getenv("PIPES_MISTAKE");
  return chosen != nullptr && std::strcmp(chosen, name) == 0;
}

}  // namespace pipes

// Asked once at each place.
#define PIPES_MISTAKE(name)                                            \
  ([] {                                                                \
    static const bool pipes_chosen = ::pipes::is_chosen_mistake(name); \
    return pipes_chosen;                                               \
  }())

// Some mistake is made: short cuts are not taken then, since most mistakes lie on the long way.
#define PIPES_ANY_MISTAKE()                                                       \
  ([] {                                                                           \
    static const bool pipes_any_chosen = std::getenv("PIPES_MISTAKE") != nullptr; \
    return pipes_any_chosen;                                                      \
  }())

#else

#define PIPES_MISTAKE(name) false
#define PIPES_ANY_MISTAKE() false

#endif

// A check of what a peer did: true if it broke the rule `name`. That rule is what the mistake leaves out.
#define PIPES_BREACH(name, condition) (!PIPES_MISTAKE(name) && (condition))
