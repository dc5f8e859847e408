// SPDX-License-Identifier: MIT
package io.github.pipes;

/**
 * What is unread at an end of a pipe.
 *
 * @param copied the bytes that were copied into the buffer
 * @param available the bytes unread in all messages
 * @param leftInMessage the bytes of the first message that were not copied; 0 where the pipe is not of message type
 */
public record PeekResult(int copied, int available, int leftInMessage) {}
