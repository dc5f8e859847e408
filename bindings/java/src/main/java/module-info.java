// SPDX-License-Identifier: MIT

/** Windows pipes on Linux and Windows: see {@link io.github.pipes.NamedPipe}. */
module io.github.pipes {
  exports io.github.pipes;
}
