// What ends of named pipes do, by the facts of pipes.
// SPDX-License-Identifier: MIT
package io.github.pipes;

import static io.github.pipes.Pair.LONG;
import static io.github.pipes.Pair.NOW;
import static io.github.pipes.Pair.SHORT;
import static io.github.pipes.Pair.assertFails;
import static io.github.pipes.Pair.bytes;
import static io.github.pipes.Pair.direct;
import static io.github.pipes.Pair.read;
import static io.github.pipes.Pair.text;
import static io.github.pipes.Pair.write;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class NamedPipeTest {
  // ------------------------------------------------------------------------------------------------------- reading --

  @Test
  void READ_4_BytesComeAsSoonAsThereIsOne() throws IOException {
    try (var pair = Pair.ofBytes()) {
      write(pair.client, "abc");
      assertEquals("abc", read(pair.serverEnd, 100));
    }
  }

  @Test
  void READ_5_BytesOfSeveralWritesAreJoined() throws IOException {
    try (var pair = Pair.ofBytes()) {
      write(pair.client, "abc");
      write(pair.client, "def");
      assertEquals("abcdef", read(pair.serverEnd, 100));
    }
  }

  @Test
  void READ_6_AReadGetsExactlyOneMessage() throws IOException {
    try (var pair = Pair.ofMessages()) {
      write(pair.client, "one");
      write(pair.client, "two");
      assertEquals("one", read(pair.serverEnd, 100));
      assertTrue(pair.serverEnd.isMessageComplete());
      assertEquals("two", text(pair.serverEnd.readMessage()));
    }
  }

  @Test
  void READ_7_AShortBufferGetsThePartThatFits() throws IOException {
    try (var pair = Pair.ofMessages()) {
      write(pair.client, "message");
      assertEquals("mess", read(pair.serverEnd, 4));
      assertFalse(pair.serverEnd.isMessageComplete());
    }
  }

  @Test
  void READ_8_TooLongMessagesAreRefusedAndNotLost() throws Exception {
    final byte[] message = new byte[200_000];
    new Random(8).nextBytes(message);
    try (var pair = Pair.ofMessages()) {
      final NamedPipe end = pair.serverEnd;
      assertThrows(IllegalArgumentException.class, () -> end.messageMax(0));
      for (int limit : new int[] {1, 1000, 1 << 16, message.length - 1}) {
        final var writer = new Pair.Caller(() -> {
          pair.client.write(ByteBuffer.wrap(message));
          write(pair.client, "next");
        });
        end.messageMax(limit);
        assertFails(PipeException.MORE_DATA, end::readMessage);
        assertFails(PipeException.MORE_DATA, end::readMessage);
        final var failure = assertThrows(ExecutionException.class, () -> end.readMessageAsync().get());
        assertEquals(PipeException.MORE_DATA, ((PipeException) failure.getCause()).number());
        end.messageMax(message.length);
        assertArrayEquals(message, limit == 1000 ? end.readMessageAsync().get() : end.readMessage());
        assertEquals("next", text(end.readMessage()));
        assertNull(writer.outcome.get());
      }
    }
  }

  @Test
  void READ_8_TheRestOfAMessageComesWithTheNextReads() throws IOException {
    try (var pair = Pair.ofMessages()) {
      write(pair.client, "message");
      assertEquals("me", read(pair.serverEnd, 2));
      assertEquals("ss", read(pair.serverEnd, 2));
      assertFalse(pair.serverEnd.isMessageComplete());
      assertEquals("age", read(pair.serverEnd, 3));
      assertTrue(pair.serverEnd.isMessageComplete());
    }
  }

  @Test
  void READ_10_AnEmptyMessageIsAMessage() throws IOException {
    try (var pair = Pair.ofMessages()) {
      assertEquals(0, pair.client.write(bytes("")));
      write(pair.client, "next");
      assertEquals(0, pair.serverEnd.read(ByteBuffer.allocate(10)));
      assertEquals("next", text(pair.serverEnd.readMessage()));
    }
  }

  @Test
  void READ_11_OnlyTheClosedEndIsTheEnd() throws IOException {
    try (var pair = Pair.ofMessages()) {
      pair.client.write(bytes(""));
      assertEquals(0, pair.serverEnd.readMessage().length);
      pair.client.close();
      assertEquals(-1, pair.serverEnd.read(ByteBuffer.allocate(10)));
    }
  }

  @Test
  void READ_12_WhatWasWrittenIsReadBeforeTheEnd() throws IOException {
    try (var pair = Pair.ofMessages()) {
      write(pair.client, "last");
      pair.client.close();
      assertEquals("last", text(pair.serverEnd.readMessage()));
      assertNull(pair.serverEnd.readMessage());
      assertEquals(-1, pair.serverEnd.read(ByteBuffer.allocate(10)));
      assertEquals(-1, pair.serverEnd.read(ByteBuffer.allocateDirect(10), LONG));
    }
  }

  @Test
  void READ_13_AWaitingReadEndsWhenTheOtherEndCloses() throws Exception {
    try (var pair = Pair.ofBytes()) {
      final var read = pair.serverEnd.readAsync(ByteBuffer.allocate(10));
      pair.client.close();
      assertEquals(-1, read.get());
    }
  }

  @Test
  void READ_22_AnEndReadsAndWritesAtOnce() throws Exception {
    try (var pair = Pair.ofBytes()) {
      final var caller = new Pair.Caller(() -> assertEquals("pong", read(pair.client, 4))).inside();
      write(pair.client, "ping");
      assertEquals("ping", read(pair.serverEnd, 4));
      write(pair.serverEnd, "pong");
      assertNull(caller.outcome.get());
    }
  }

  @Test
  void READ_3_ATimedReadGetsWhatComesInTime() throws Exception {
    try (var pair = Pair.ofBytes()) {
      final ByteBuffer buffer = ByteBuffer.allocateDirect(10).position(2);
      final var caller = new Pair.Caller(() -> assertEquals(4, pair.client.read(buffer, LONG))).inside();
      write(pair.serverEnd, "late");
      assertNull(caller.outcome.get());
      assertEquals(6, buffer.position());
      assertEquals('l', buffer.get(2));
    }
  }

  @Test
  void READ_23_AReadOutOfTimeTakesNothing() throws IOException {
    try (var pair = Pair.ofBytes()) {
      final ByteBuffer buffer = ByteBuffer.allocate(10);
      assertThrows(PipeTimeoutException.class, () -> pair.client.read(buffer, SHORT));
      assertThrows(PipeTimeoutException.class, () -> pair.client.read(buffer, NOW));
      assertEquals(0, buffer.position());
      write(pair.serverEnd, "kept");
      assertEquals("kept", read(pair.client, 10));
      write(pair.serverEnd, "there");
      assertEquals(5, pair.client.read(buffer, NOW), "what is there already takes no time");
    }
  }

  @Test
  void MODE_13_ReadingByBytesRunsAcrossMessages() throws IOException {
    try (var pair = Pair.ofMessages()) {
      pair.serverEnd.readMessages(false);
      write(pair.client, "one");
      write(pair.client, "two");
      assertEquals("onet", read(pair.serverEnd, 4));
      assertThrows(IllegalStateException.class, pair.serverEnd::readMessage);
    }
  }

  @Test
  void MODE_4_APipeOfBytesCannotBeReadByMessages() throws IOException {
    try (var pair = Pair.ofBytes()) {
      assertFails(PipeException.INVALID_PARAMETER, () -> pair.client.readMessages(true));
      assertFails(PipeException.INVALID_PARAMETER,
          () -> NamedPipe.opener(pair.server.name()).messages().open());
      assertThrows(IllegalStateException.class, pair.client::readMessage);
    }
  }

  @Test
  void MODE_5_AClientBeginsByReadingBytes() throws IOException {
    try (var server = NamedPipeServer.builder(Pair.newName()).messages().open();
        var client = NamedPipe.open(server.name());
        var end = server.accept()) {
      write(end, "one");
      write(end, "two");
      assertEquals("onetwo", read(client, 100));
      client.readMessages(true);
      write(end, "three");
      assertEquals("three", text(client.readMessage()));
    }
  }

  @Test
  void BUF_9_AMessageMayBeLongerThanAnyRoom() throws Exception {
    try (var pair = Pair.ofMessages()) {
      final byte[] message = new byte[10_000_000];
      new Random(1).nextBytes(message);
      for (boolean later : new boolean[] {false, true}) {
        final var caller = new Pair.Caller(() -> pair.client.write(ByteBuffer.wrap(message)));
        final byte[] received = later ? pair.serverEnd.readMessageAsync().get() : pair.serverEnd.readMessage();
        assertArrayEquals(message, received);
        assertNull(caller.outcome.get());
      }
    }
  }

  @Test
  void AMessageBrokenOffIsReadOnLater() throws IOException {
    try (var pair = Pair.ofMessages()) {
      pair.serverEnd.end.partRead(Native.PIPES_ERROR_MORE_DATA, bytes("begun, "), 7); // as if its rest had not come
      write(pair.client, "done");
      assertEquals("be", read(pair.serverEnd, 2));
      assertFalse(pair.serverEnd.isMessageComplete());
      assertEquals("gun, done", text(pair.serverEnd.readMessage()));
    }
  }

  // ------------------------------------------------------------------------------------------------------- writing --

  @Test
  void AllThatRemainsIsWritten() throws IOException {
    try (var pair = Pair.ofBytes()) {
      for (ByteBuffer buffer : List.of(bytes("0123456789"), direct("0123456789"))) {
        buffer.position(2).limit(6);
        assertEquals(4, pair.client.write(buffer));
        assertEquals(6, buffer.position());
        assertEquals("2345", read(pair.serverEnd, 100));
      }
      final ByteBuffer slice = bytes("0123456789").slice(5, 5).asReadOnlyBuffer().position(1);
      assertEquals(4, pair.client.write(slice));
      assertEquals("6789", read(pair.serverEnd, 100));
    }
  }

  @Test
  void BUF_3_AWriteThatDoesNotFitWaitsForItsReader() throws Exception {
    try (var pair = Pair.ofMessages(10)) {
      write(pair.client, "0123456789");
      final var caller = new Pair.Caller(() -> write(pair.client, "more")).inside();
      assertFalse(caller.outcome.isDone());
      assertEquals("0123456789", text(pair.serverEnd.readMessage()));
      assertNull(caller.outcome.get());
      assertEquals("more", text(pair.serverEnd.readMessage()));
    }
  }

  @Test
  void CANCEL_9_AWriteOutOfTimeLeavesNothing() throws IOException {
    try (var pair = Pair.ofMessages(10)) {
      write(pair.client, "0123456789");
      for (ByteBuffer buffer : List.of(bytes("more"), direct("more"))) {
        assertThrows(PipeTimeoutException.class, () -> pair.client.write(buffer, SHORT));
        assertEquals(0, buffer.position());
      }
      assertEquals("0123456789", text(pair.serverEnd.readMessage()));
      assertEquals(4, pair.client.write(bytes("fits"), NOW));
      assertEquals("fits", text(pair.serverEnd.readMessage()));
    }
  }

  @Test
  void WRITE_6_NothingIsWrittenToAPipeOfBytes() throws IOException {
    try (var pair = Pair.ofBytes()) {
      assertEquals(0, pair.client.write(bytes("")));
      assertEquals(0, pair.serverEnd.peek().available());
    }
  }

  @Test
  void WRITE_7_NobodyReadsWhatIsWrittenToAClosedEnd() throws IOException {
    try (var pair = Pair.ofBytes()) {
      pair.serverEnd.close();
      assertFails(PipeException.NO_DATA, () -> write(pair.client, "x"));
    }
  }

  @Test
  void WRITE_16_ManyMegabytesInPieces() throws Exception {
    try (var pair = Pair.ofBytes()) {
      final byte[] bytes = new byte[5_000_001];
      new Random(2).nextBytes(bytes);
      final var caller = new Pair.Caller(() -> {
        assertEquals(bytes.length, pair.client.write(ByteBuffer.wrap(bytes)));
        assertEquals(bytes.length, pair.client.write(ByteBuffer.wrap(bytes), LONG));
      });
      final ByteBuffer received = ByteBuffer.allocate(2 * bytes.length);
      while (received.hasRemaining()) pair.serverEnd.read(received);
      assertArrayEquals(bytes, Arrays.copyOf(received.array(), bytes.length));
      assertArrayEquals(bytes, Arrays.copyOfRange(received.array(), bytes.length, 2 * bytes.length));
      assertNull(caller.outcome.get());
    }
  }

  @Test
  void FLUSH_1_DrainWaitsForTheReader() throws Exception {
    try (var pair = Pair.ofBytes()) {
      pair.client.drain();
      write(pair.client, "unread");
      assertThrows(PipeTimeoutException.class, () -> pair.client.drain(SHORT));
      final var caller = new Pair.Caller(pair.client::drain).inside();
      assertFalse(caller.outcome.isDone());
      assertEquals("unread", read(pair.serverEnd, 10));
      assertNull(caller.outcome.get());
      pair.client.drain(NOW);
    }
  }

  @Test
  void FLUSH_6_DrainFailsWhenTheReaderCloses() throws Exception {
    try (var pair = Pair.ofBytes()) {
      write(pair.client, "unread");
      final var caller = new Pair.Caller(() -> pair.client.drain(LONG)).inside();
      pair.serverEnd.close();
      final Throwable why = caller.outcome.get();
      // Had the reader closed before, there would be nothing to wait for.
      if (why != null) assertEquals(PipeException.BROKEN_PIPE, ((PipeException) why).number());
    }
  }

  // ------------------------------------------------------------------------------------------------ peeking, asking --

  @Test
  void PEEK_1_PeekingTakesNothing() throws IOException {
    try (var pair = Pair.ofMessages()) {
      write(pair.client, "first");
      write(pair.client, "second");
      assertEquals(new PeekResult(0, 11, 5), pair.serverEnd.peek());
      for (ByteBuffer buffer : List.of(ByteBuffer.allocate(3), ByteBuffer.allocateDirect(3))) {
        assertEquals(new PeekResult(3, 11, 2), pair.serverEnd.peek(buffer));
        assertEquals("fir", text(buffer));
      }
      assertEquals("first", text(pair.serverEnd.readMessage()));
      final PeekResult peek = pair.serverEnd.peek(ByteBuffer.allocate(2));
      assertEquals(List.of(2, 6, 4), List.of(peek.copied(), peek.available(), peek.leftInMessage()));
    }
  }

  @Test
  void PEEK_15_PeekingAtTheEndFails() throws IOException {
    try (var pair = Pair.ofBytes()) {
      assertEquals(new PeekResult(0, 0, 0), pair.serverEnd.peek());
      pair.client.close();
      assertFails(PipeException.BROKEN_PIPE, pair.serverEnd::peek);
    }
  }

  @Test
  void TRANS_1_ARequestAndItsReply() throws Exception {
    try (var pair = Pair.ofMessages()) {
      final var caller = new Pair.Caller(() -> {
        for (int i = 0; i < 4; ++i) {
          write(pair.serverEnd, text(pair.serverEnd.readMessage()).toUpperCase(Locale.ROOT));
        }
      });
      assertEquals("ONE", text(pair.client.transact("one".getBytes())));
      ByteBuffer reply = ByteBuffer.allocate(10);
      assertEquals(3, pair.client.transact(bytes("two"), reply));
      assertEquals("TWO", text(reply));
      reply = ByteBuffer.allocateDirect(10);
      assertEquals(5, pair.client.transact(direct("three"), reply, LONG));
      assertEquals("THREE", text(reply));
      reply = ByteBuffer.allocateDirect(10);
      final ByteBuffer request = bytes("four");
      assertEquals(4, pair.client.transact(request, reply));
      assertFalse(request.hasRemaining());
      assertEquals("FOUR", text(reply));
      assertNull(caller.outcome.get());
    }
  }

  @Test
  void TRANS_7_AReplyLongerThanItsRoom() throws Exception {
    try (var pair = Pair.ofMessages()) {
      final byte[] longReply = new byte[200_000];
      new Random(3).nextBytes(longReply);
      final var caller = new Pair.Caller(() -> {
        pair.serverEnd.readMessage();
        write(pair.serverEnd, "a long reply");
        pair.serverEnd.readMessage();
        pair.serverEnd.write(ByteBuffer.wrap(longReply));
      });
      final ByteBuffer reply = ByteBuffer.allocate(6);
      assertEquals(6, pair.client.transact(bytes("x"), reply));
      assertFalse(pair.client.isMessageComplete());
      assertEquals(" reply", text(pair.client.readMessage()));
      assertArrayEquals(longReply, pair.client.transact(new byte[] {1}));
      assertNull(caller.outcome.get());
    }
  }

  @Test
  void TRANS_7_ALongReplyIsWholeOrNotLost() throws Exception {
    final byte[] longReply = new byte[200_000];
    new Random(7).nextBytes(longReply);
    try (var pair = Pair.ofMessages()) {
      final var caller = new Pair.Caller(() -> {
        for (int i = 0; i < 3; ++i) {
          pair.serverEnd.readMessage();
          pair.serverEnd.write(longReply);
        }
      });
      assertArrayEquals(longReply, pair.client.transact(new byte[] {1}, LONG));
      for (int max : List.of(1000, 100_000)) { // of the first read, and of those that follow
        pair.client.messageMax(max);
        assertFails(PipeException.MORE_DATA, () -> pair.client.transact(new byte[] {1}));
        pair.client.messageMax(longReply.length);
        assertArrayEquals(longReply, pair.client.readMessage());
      }
      assertNull(caller.outcome.get());
    }
  }

  @Test
  void TRANS_4_NothingMayBeUnread() throws IOException {
    try (var pair = Pair.ofMessages()) {
      write(pair.serverEnd, "unread");
      assertThrows(PipeBusyException.class, () -> pair.client.transact(new byte[1]));
      assertEquals(0, pair.serverEnd.peek().available());
    }
  }

  @Test
  void TRANS_2_APipeOfBytesHasNoTransactions() throws IOException {
    try (var pair = Pair.ofBytes()) {
      assertFails(PipeException.BAD_PIPE, () -> pair.client.transact(new byte[1]));
    }
  }

  @Test
  void CANCEL_10_AReplyOutOfTimeComesAsAMessage() throws IOException {
    try (var pair = Pair.ofMessages()) {
      assertThrows(PipeTimeoutException.class,
          () -> pair.client.transact(bytes("question"), ByteBuffer.allocate(10), SHORT));
      assertEquals("question", text(pair.serverEnd.readMessage()));
      write(pair.serverEnd, "answer");
      assertEquals("answer", text(pair.client.readMessage()));
      assertThrows(PipeTimeoutException.class, () -> pair.client.transact("another".getBytes(), SHORT));
      assertEquals("another", text(pair.serverEnd.readMessage()));
      write(pair.serverEnd, "late");
      assertEquals("late", text(pair.client.readMessage()));
    }
  }

  // -------------------------------------------------------------------------------------------------------- arrays --

  @Test
  void ArraysAreReadAndWritten() throws IOException {
    try (var pair = Pair.ofBytes()) {
      final byte[] room = new byte[6];
      assertEquals(3, pair.client.write("abc".getBytes()));
      assertEquals(3, pair.serverEnd.read(room));
      assertEquals("abc\0\0\0", text(room));
      assertEquals(2, pair.client.write("0123".getBytes(), 1, 2));
      assertEquals(2, pair.serverEnd.read(room, 3, 3));
      assertEquals("abc12\0", text(room));
      assertEquals(1, pair.client.write("x".getBytes(), LONG));
      assertEquals(1, pair.serverEnd.read(room, LONG));
      assertEquals("xbc12\0", text(room));
      assertThrows(PipeTimeoutException.class, () -> pair.serverEnd.read(room, SHORT));
      assertEquals(0, pair.serverEnd.read(new byte[0]));
      pair.client.close();
      assertEquals(-1, pair.serverEnd.read(room));
    }
  }

  @Test
  void AnArrayIsAMessage() throws Exception {
    try (var pair = Pair.ofMessages()) {
      pair.client.write("one".getBytes());
      pair.client.write(new byte[0]);
      pair.client.writeAsync("two".getBytes()).get();
      pair.client.writeAsync("three".getBytes(), LONG).get();
      final byte[] room = new byte[2];
      assertEquals(2, pair.serverEnd.read(room));
      assertFalse(pair.serverEnd.isMessageComplete());
      assertEquals("e", text(pair.serverEnd.readMessage()));
      assertEquals(0, pair.serverEnd.read(room));
      assertEquals("two", text(pair.serverEnd.readMessage()));
      assertEquals("three", text(pair.serverEnd.readMessage()));
    }
  }

  @Test
  void PartsThatAnArrayHasNotAreRefused() throws IOException {
    try (var pair = Pair.ofBytes()) {
      final byte[] room = new byte[4];
      for (int[] part : new int[][] {{-1, 1}, {0, 5}, {4, 1}, {1, -1}, {1, Integer.MAX_VALUE}}) {
        assertThrows(IndexOutOfBoundsException.class, () -> pair.client.write(room, part[0], part[1]));
        assertThrows(IndexOutOfBoundsException.class, () -> pair.client.read(room, part[0], part[1]));
      }
      assertThrows(NullPointerException.class, () -> pair.client.write((byte[]) null));
      assertThrows(NullPointerException.class, () -> pair.client.read((byte[]) null));
      assertThrows(NullPointerException.class, () -> pair.client.transact(null));
      assertThrows(NullPointerException.class, () -> pair.client.transactAsync((byte[]) null));
      assertEquals(0, pair.serverEnd.peek().available());
    }
  }

  @Test
  void CALL_1_OneRequestByName() throws Exception {
    try (var server = NamedPipeServer.builder(Pair.newName()).messages().open()) {
      final var caller = new Pair.Caller(() -> {
        try (var end = server.accept()) {
          end.write(bytes("re: " + text(end.readMessage())));
          assertNull(end.readMessage());
        }
      });
      assertEquals("re: hello", text(NamedPipe.call(server.name(), "hello".getBytes(), 100, LONG)));
      assertNull(caller.outcome.get());
    }
  }

  @Test
  void CALL_8_ALongReplyIsLost() throws Exception {
    try (var server = NamedPipeServer.builder(Pair.newName()).messages().open()) {
      final var caller = new Pair.Caller(() -> {
        try (var end = server.accept()) {
          end.readMessage();
          end.write(bytes("too long"));
        }
      });
      assertFails(234, () -> NamedPipe.call(server.name(), new byte[0], 3, LONG));
      assertNull(caller.outcome.get());
    }
  }

  @Test
  void CALL_3_NobodyToCall() {
    assertThrows(NoSuchPipeException.class, () -> NamedPipe.call(Pair.newName(), new byte[1], 1, LONG));
  }

  @Test
  void TheTimeOfACallBoundsTheReplyToo() throws Exception {
    try (var server = NamedPipeServer.builder(Pair.newName()).messages().open()) {
      assertThrows(PipeTimeoutException.class, () -> NamedPipe.call(server.name(), new byte[1], 1, SHORT));
    }
  }

  // ------------------------------------------------------------------------------------------------------- opening --

  @Test
  void NAME_6_UpperAndLowerCaseAreEqual() throws IOException {
    try (var pair = Pair.ofBytes()) {
      for (String name : List.of(pair.server.name().toUpperCase(Locale.ROOT), pair.server.name().replace('\\', '/'))) {
        NamedPipe.open(name).close();
        pair.server.accept().close();
      }
      assertEquals(pair.server.name(), pair.client.name());
    }
  }

  @Test
  void NAME_18_NamesThatAreNone() {
    for (String name : List.of("a\0b", "\ud800", "\\\\.\\pipe\\")) {
      assertFails(PipeException.INVALID_NAME, () -> NamedPipeServer.open(name));
    }
    assertFails(PipeException.INVALID_NAME, () -> NamedPipe.open("a\0b"));
    assertFails(PipeException.INVALID_NAME, () -> NamedPipe.waitAvailable("\udc00", NOW));
    assertFails(PipeException.INVALID_NAME, () -> NamedPipe.call("a\0b", new byte[0], 0, NOW));
    assertFails(PipeException.NAME_TOO_LONG, () -> NamedPipe.open("x".repeat(300)));
    assertFails(3, () -> NamedPipeServer.open(""));
  }

  @Test
  void NAME_3_AnyCharactersMakeAName() throws IOException {
    final String name = Pair.newName() + " ü:*?<>|\"\u00df\ud83d\ude00";
    try (var server = NamedPipeServer.open(name); var client = NamedPipe.open(name)) {
      assertTrue(NamedPipe.list().contains(name), NamedPipe.list()::toString);
      assertEquals("\\\\.\\pipe\\" + name, server.name());
      assertTrue(client.isOpen());
    }
    assertFalse(NamedPipe.list().contains(name));
  }

  @Test
  void NAME_12_APipeThatIsNot() {
    final String name = Pair.newName();
    final var why = assertThrows(NoSuchPipeException.class, () -> NamedPipe.open(name));
    assertEquals(PipeException.FILE_NOT_FOUND, why.number());
    assertTrue(why.getMessage().contains(name));
    assertThrows(NoSuchPipeException.class, () -> NamedPipe.open(name, LONG));
    assertThrows(NoSuchPipeException.class, () -> NamedPipe.waitAvailable(name, LONG));
  }

  @Test
  void CLI_9_EveryInstanceHasItsClient() throws IOException {
    try (var server = NamedPipeServer.builder(Pair.newName()).instancesMax(1).open();
        var client = NamedPipe.open(server.name())) {
      assertEquals(PipeException.PIPE_BUSY,
          assertThrows(PipeBusyException.class, () -> NamedPipe.open(server.name())).number());
      assertThrows(PipeTimeoutException.class, () -> NamedPipe.open(server.name(), SHORT));
      assertThrows(PipeTimeoutException.class, () -> NamedPipe.waitAvailable(server.name(), SHORT));
      assertThrows(PipeTimeoutException.class, () -> NamedPipe.waitAvailable(server.name(), NOW));
      assertThrows(PipeBusyException.class, () -> NamedPipe.call(server.name(), new byte[0], 0, NOW));
      assertTrue(client.isOpen());
    }
  }

  @Test
  void CLI_3_DirectionsThatThePipeHasNot() throws IOException {
    final String name = Pair.newName();
    try (var server = NamedPipeServer.builder(name).direction(PipeDirection.INBOUND).open()) {
      assertThrows(PipeAccessDeniedException.class, () -> NamedPipe.open(name));
      assertThrows(PipeAccessDeniedException.class, () -> NamedPipe.opener(name).readOnly().open());
      try (var client = NamedPipe.opener(name).writeOnly().open(); var end = server.accept()) {
        write(client, "in");
        assertEquals("in", read(end, 10));
        assertThrows(PipeAccessDeniedException.class, () -> write(end, "out"));
        assertThrows(PipeAccessDeniedException.class, () -> read(client, 1));
        assertEquals(PipeDirection.INBOUND, end.info().direction());
      }
    }
    try (var server =
            NamedPipeServer.builder(name).direction(PipeDirection.OUTBOUND).messages().open();
        var client = NamedPipe.opener(name).readOnly().messages().open();
        var end = server.accept()) {
      write(end, "out");
      assertEquals("out", text(client.readMessage()));
      assertThrows(PipeAccessDeniedException.class, end::info);
    }
  }

  @Test
  void CLI_7_AHandleWithoutRightsTakesAnInstance() throws IOException {
    try (var server = NamedPipeServer.open(Pair.newName());
        var client = NamedPipe.opener(server.name()).access(0).open()) {
      assertFalse(client.info().isServerEnd());
      assertThrows(PipeAccessDeniedException.class, () -> read(client, 1));
    }
  }

  @Test
  void WAIT_8_WhoWaitsIsReleasedByANewInstance() throws Exception {
    try (var server = NamedPipeServer.builder(Pair.newName()).instancesMax(1).open();
        var first = NamedPipe.open(server.name())) {
      final Executable wait = () -> NamedPipe.waitAvailable(server.name(), LONG);
      final var one = new Pair.Caller(wait).inside();
      final var other = new Pair.Caller(wait).inside();
      server.accept().disconnect();
      assertNull(one.outcome.get());
      assertNull(other.outcome.get());
      assertFails(PipeException.PIPE_NOT_CONNECTED, () -> read(first, 1));

      // Nobody else may take the instance while somebody waits for it above: then there would be nothing to wait for.
      try (var second = NamedPipe.open(server.name())) {
        final var opener = new Pair.Caller(() -> NamedPipe.open(server.name(), LONG).close()).inside();
        server.accept().disconnect();
        assertNull(opener.outcome.get());
        assertFails(PipeException.PIPE_NOT_CONNECTED, () -> read(second, 1));
      }
    }
  }

  // ------------------------------------------------------------------------------------------------------- queries --

  @Test
  void INFO_14_WhatAnEndLooksLike() throws IOException {
    try (var server = NamedPipeServer.builder(Pair.newName()).messages().instancesMax(7).quotas(1000, 2000).open();
        var client = NamedPipe.open(server.name());
        var end = server.accept()) {
      write(client, "unread");
      assertEquals(
          new PipeInfo(true, true, PipeDirection.DUPLEX, 7, 2, 2000, 1000, 6, 1000, PipeState.CONNECTED), end.info());
      assertEquals(
          new PipeInfo(false, true, PipeDirection.DUPLEX, 7, 2, 2000, 1000, 0, 1994, PipeState.CONNECTED),
          client.info());
      final PipeInfo info = client.info();
      assertTrue(info.isMessageType());
      assertEquals(2, info.currentInstances());
      assertEquals(1994, info.writeQuotaLeft());
      client.close();
      assertEquals(PipeState.CLOSING, end.info().state());
    }
  }

  @Test
  void PEER_1_WhoIsAtTheOtherEnd() throws IOException {
    try (var pair = Pair.ofBytes()) {
      final int self = (int) ProcessHandle.current().pid();
      for (NamedPipe end : List.of(pair.client, pair.serverEnd)) {
        assertEquals(self, end.clientProcessId());
        assertEquals(self, end.serverProcessId());
        assertEquals(end.clientSessionId(), end.serverSessionId());
      }
    }
  }

  @Test
  void PEER_8_AClientOfThisComputer() throws IOException {
    try (var pair = Pair.ofBytes()) {
      assertEquals("", pair.serverEnd.clientComputerName());
      assertFails(1, pair.client::clientComputerName);
    }
  }

  @Test
  void INFO_10_TheClientsUser() throws IOException {
    try (var pair = Pair.ofBytes()) {
      write(pair.client, "x");
      read(pair.serverEnd, 1);
      assertFalse(pair.serverEnd.clientUserName().isEmpty());
      assertFails(1, pair.client::clientUserName);
    }
  }

  // ------------------------------------------------------------------------------------------------------- streams --

  @Test
  void READ_10_StreamsKnowNoEmptyMessages() throws IOException {
    try (var pair = Pair.ofMessages()) {
      final InputStream in = pair.serverEnd.inputStream();
      final OutputStream out = pair.client.outputStream();
      assertEquals(0, in.available());
      pair.client.write(bytes(""));
      out.write(0xFF);
      out.write("0123456789".getBytes(), 2, 3);
      out.write(new byte[0]);
      out.flush();
      assertEquals(4, in.available());
      assertEquals(0xFF, in.read());
      assertEquals(0, in.read(new byte[0]));
      final byte[] bytes = new byte[10];
      assertEquals(3, in.read(bytes, 4, 6));
      assertEquals("234", text(Arrays.copyOfRange(bytes, 4, 7)));
      out.close();
      assertFalse(pair.client.isOpen());
      assertEquals(-1, in.read());
      assertEquals(0, in.available());
      assertEquals(0, in.readAllBytes().length);
      in.close();
      assertFalse(pair.serverEnd.isOpen());
      assertThrows(ClosedChannelException.class, in::read);
      assertThrows(ClosedChannelException.class, in::available);
      assertThrows(ClosedChannelException.class, () -> out.write(new byte[0]));
    }
  }

  // ------------------------------------------------------------------------------------------------------- closing --

  @Test
  void DISC_3_ADisconnectedClientIsToldSo() throws IOException {
    try (var pair = Pair.ofBytes()) {
      write(pair.serverEnd, "lost");
      pair.serverEnd.disconnect();
      assertFalse(pair.serverEnd.isOpen());
      assertFails(PipeException.PIPE_NOT_CONNECTED, () -> read(pair.client, 10));
      assertFails(PipeException.PIPE_NOT_CONNECTED, () -> write(pair.client, "x"));
      assertFails(PipeException.PIPE_NOT_CONNECTED, pair.client::info);
      assertThrows(ClosedChannelException.class, pair.serverEnd::disconnect);
      assertThrows(UnsupportedOperationException.class, pair.client::disconnect);
    }
  }

  @Test
  void CLOSE_8_AClosedEndIsOfNoUse() throws IOException {
    try (var pair = Pair.ofMessages()) {
      final NamedPipe pipe = pair.client;
      assertTrue(pipe.isOpen());
      assertFalse(pipe.toString().contains("closed"));
      pipe.close();
      pipe.close();
      assertFalse(pipe.isOpen());
      assertTrue(pipe.toString().contains("closed"));
      final ByteBuffer room = ByteBuffer.allocate(1);
      assertThrows(ClosedChannelException.class, () -> pipe.read(room));
      assertThrows(ClosedChannelException.class, () -> pipe.read(room, LONG));
      assertThrows(ClosedChannelException.class, () -> pipe.readAsync(room));
      assertThrows(ClosedChannelException.class, () -> pipe.readAsync(room, LONG));
      assertThrows(ClosedChannelException.class, () -> pipe.write(room));
      assertThrows(ClosedChannelException.class, () -> pipe.write(room, LONG));
      assertThrows(ClosedChannelException.class, () -> pipe.writeAsync(room));
      assertThrows(ClosedChannelException.class, () -> pipe.writeAsync(room, LONG));
      assertThrows(ClosedChannelException.class, () -> pipe.transact(room, room));
      assertThrows(ClosedChannelException.class, () -> pipe.transact(room, room, LONG));
      assertThrows(ClosedChannelException.class, () -> pipe.read(new byte[1]));
      assertThrows(ClosedChannelException.class, () -> pipe.write(new byte[1]));
      assertThrows(ClosedChannelException.class, () -> pipe.writeAsync(new byte[1]));
      assertThrows(ClosedChannelException.class, () -> pipe.transact(new byte[1]));
      assertThrows(ClosedChannelException.class, () -> pipe.transact(new byte[1], LONG));
      assertThrows(ClosedChannelException.class, () -> pipe.transactAsync(new byte[1]));
      assertThrows(ClosedChannelException.class, () -> pipe.transactAsync(room, room));
      assertThrows(ClosedChannelException.class, () -> pipe.transactAsync(room, room, LONG));
      assertThrows(ClosedChannelException.class, pipe::readMessage);
      assertThrows(ClosedChannelException.class, () -> pipe.readMessage(LONG));
      assertThrows(ClosedChannelException.class, pipe::readMessageAsync);
      assertThrows(ClosedChannelException.class, () -> pipe.readMessageAsync(LONG));
      assertThrows(ClosedChannelException.class, () -> pipe.readMessages(false));
      assertThrows(ClosedChannelException.class, pipe::peek);
      assertThrows(ClosedChannelException.class, () -> pipe.peek(room));
      assertThrows(ClosedChannelException.class, pipe::drain);
      assertThrows(ClosedChannelException.class, () -> pipe.drain(LONG));
      assertThrows(ClosedChannelException.class, pipe::info);
      assertThrows(ClosedChannelException.class, pipe::clientProcessId);
      assertThrows(ClosedChannelException.class, pipe::clientSessionId);
      assertThrows(ClosedChannelException.class, pipe::serverProcessId);
      assertThrows(ClosedChannelException.class, pipe::serverSessionId);
      assertThrows(ClosedChannelException.class, pipe::clientUserName);
      assertThrows(ClosedChannelException.class, pipe::clientComputerName);
    }
  }
}
