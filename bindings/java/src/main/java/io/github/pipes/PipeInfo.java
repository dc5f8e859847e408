// SPDX-License-Identifier: MIT
package io.github.pipes;

/**
 * What an end of a named pipe looks like at a moment.
 *
 * @param isServerEnd whether it is the server's end
 * @param isMessageType whether each write is a message
 * @param direction which way the pipe carries data
 * @param maxInstances how many instances there may be; 255: any number
 * @param currentInstances how many there are
 * @param inboundQuota how many unread bytes from the client a write does not wait for
 * @param outboundQuota the same of bytes from the server
 * @param available bytes that this end could read
 * @param writeQuotaLeft what is left of the quota that this end writes into
 * @param state the state of the conversation
 */
public record PipeInfo(boolean isServerEnd, boolean isMessageType, PipeDirection direction, int maxInstances,
    int currentInstances, int inboundQuota, int outboundQuota, int available, int writeQuotaLeft, PipeState state) {
  /** Bytes of pipes_local_info. */
  private static final int BYTES = 44;

  static PipeInfo of(Endpoint end) throws java.io.IOException {
    final Scratch scratch = Scratch.mine();
    scratch.cells.putInt(0, BYTES);
    end.askOrThrow(() -> Native.pipes_get_local_info(end.handle().value, scratch.at(0)), "look at");
    final int[] words = new int[BYTES / Integer.BYTES];
    scratch.cells.asIntBuffer().get(0, words);
    return new PipeInfo(words[10] == Native.PIPES_SERVER_END, words[1] == 1, PipeDirection.values()[words[2]],
        words[3], words[4], words[5], words[7], words[6], words[8], PipeState.values()[words[9] - 1]);
  }
}
