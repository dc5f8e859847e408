// Handles that a child inherits under their values (INH-3): the parent tells the child which descriptors they are.
//
// The list is in sealed memory that the child finds at a certain descriptor, when the library is loaded and before
// anything else can get a handle. Programs whose rights were raised do not look.
#pragma once

#include "support/unique_fd.h"

namespace pipes::win32 {

// Where the child finds the list.
inline constexpr int kInheritedList = 250;

// list_for_child is what is to become that descriptor of the child; none if there is nothing to tell.
[[nodiscard]] UniqueFd list_for_child();

}  // namespace pipes::win32
