// SPDX-License-Identifier: MIT

/**
 * Windows pipes on Linux and Windows: named and anonymous, byte and message type.
 *
 * <p>{@link io.github.pipes.NamedPipeServer} creates a pipe and accepts clients; {@link io.github.pipes.NamedPipe} is
 * an end of it, on either side: a {@link java.nio.channels.ByteChannel} that also knows messages. {@link
 * io.github.pipes.AnonymousPipe} is the one-way pipe for a child's standard handles.
 *
 * <p>Rules that hold everywhere:
 *
 * <ul>
 *   <li>Every call that waits has a form with a time-out, which throws {@link io.github.pipes.PipeTimeoutException},
 *       and for ends of named pipes one that returns a {@link java.util.concurrent.CompletableFuture}. A time-out of
 *       zero does not wait; {@link java.time.Duration}s that no {@code int} of milliseconds holds wait about seven weeks.
 *   <li>Interrupting a thread that waits closes what it waits for and throws
 *       {@link java.nio.channels.ClosedByInterruptException}; closing that from another thread throws
 *       {@link java.nio.channels.AsynchronousCloseException}; using it afterwards
 *       {@link java.nio.channels.ClosedChannelException}.
 *   <li>Everything else that fails is a {@link io.github.pipes.PipeException}, which keeps the number that Windows
 *       gives it.
 *   <li>All classes may be used by several threads at once. Reading never hinders writing. What is open and forgotten
 *       is closed when it is collected, some time; better use try-with-resources.
 *   <li>Null arguments throw {@link java.lang.NullPointerException}, impossible ones
 *       {@link java.lang.IllegalArgumentException}.
 * </ul>
 */
package io.github.pipes;
