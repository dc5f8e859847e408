// SPDX-License-Identifier: MIT

/** A consumer of the module. */
module consumer {
  requires io.github.pipes;
}
