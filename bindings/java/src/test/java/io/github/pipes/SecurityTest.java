// Who may use a pipe, who uses it, and acting as the client.
// SPDX-License-Identifier: MIT
package io.github.pipes;

import static io.github.pipes.Pair.LONG;
import static io.github.pipes.Pair.assertFails;
import static io.github.pipes.Pair.read;
import static io.github.pipes.Pair.write;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class SecurityTest {
  private static final int FILE_ALL_ACCESS = 0x001F01FF;

  @Test
  void SDDL_1_TextAndBytes() {
    final var security = PipeSecurity.parse("O:BAG:BAD:P(A;;FA;;;SY)(A;;FR;;;WD)");
    assertEquals("O:BAG:BAD:P(A;;FA;;;SY)(A;;FR;;;WD)", security.toSddl());
    assertEquals(security.toSddl(), security.toString());
    assertEquals(security, PipeSecurity.of(security.toBytes()));
    assertEquals(security.hashCode(), PipeSecurity.of(security.toBytes()).hashCode());
    assertNotEquals(security, PipeSecurity.ownerOnly());
    security.toBytes()[0] = 99; // a copy
    assertEquals(security, PipeSecurity.parse(security.toSddl()));
  }

  private static void assertMalformed(int number, org.junit.jupiter.api.function.Executable call) {
    final var why = assertThrows(IllegalArgumentException.class, call);
    assertEquals(number, ((PipeException) why.getCause()).number());
  }

  @Test
  void WhatIsMalformed() {
    assertMalformed(87, () -> PipeSecurity.parse("nonsense"));
    assertMalformed(1337, () -> PipeSecurity.parse("O:S-1-x"));
    assertMalformed(1305, () -> PipeSecurity.of(new byte[100]));
    assertMalformed(1338, () -> PipeSecurity.of(new byte[] {1}));
    assertMalformed(1338, () -> PipeSecurity.of(new byte[0]));
    assertMalformed(1332, () -> PipeSecurity.sidOf("nobody is called so"));
    assertMalformed(1337, () -> PipeSecurity.nameOf("no sid"));
    assertThrows(IllegalArgumentException.class, () -> PipeSecurity.parse("D:\0"));
    assertThrows(NullPointerException.class, () -> PipeSecurity.parse(null));
    assertThrows(NullPointerException.class, () -> PipeSecurity.of(null));
    assertThrows(NullPointerException.class, () -> PipeSecurity.sidOf(null));
    assertThrows(NullPointerException.class, () -> PipeSecurity.nameOf(null));
  }

  @Test
  void NamesOfUsers() {
    final String name = PipeSecurity.nameOf("WD");
    assertEquals("S-1-1-0", PipeSecurity.sidOf(name));
  }

  @Test
  void WhoMayUseAPipe() throws IOException {
    for (PipeSecurity security : List.of(PipeSecurity.ownerOnly(), PipeSecurity.ownerAndGroup(),
        PipeSecurity.thisMachine())) {
      try (var server = NamedPipeServer.builder(Pair.newName()).security(security).open();
          var client = NamedPipe.open(server.name());
          var end = server.accept()) {
        assertEquals(security.toSddl(), end.security().toSddl());
        assertEquals(security.toSddl(), client.security().toSddl());
        assertEquals(FILE_ALL_ACCESS, security.rightsOf(end.clientIdentity(), FILE_ALL_ACCESS));
      }
    }
    assertThrows(NullPointerException.class, () -> NamedPipeServer.builder("x").security(null));
  }

  @Test
  void ADescriptorThatRefuses() throws IOException {
    try (var server = NamedPipeServer.builder(Pair.newName()).security(PipeSecurity.parse("D:P(A;;FR;;;WD)")).open()) {
      assertThrows(PipeAccessDeniedException.class, () -> NamedPipe.open(server.name()));
      NamedPipe.opener(server.name()).readOnly().open().close();
    }
  }

  @Test
  void SEC_12_ChangingTheDacl() throws IOException {
    try (var server = NamedPipeServer.builder(Pair.newName()).changeableSecurity().open();
        var client = NamedPipe.open(server.name());
        var end = server.accept()) {
      final var closed = PipeSecurity.parse("D:P(D;;FA;;;WD)");
      assertThrows(PipeAccessDeniedException.class, () -> client.setSecurity(closed));
      end.setSecurity(closed);
      assertThrows(PipeAccessDeniedException.class, () -> NamedPipe.open(server.name()));
      write(client, "who is in stays in"); // SEC-8
      assertEquals("who is in stays in", read(end, 100));
      assertThrows(NullPointerException.class, () -> end.setSecurity(null));
    }
  }

  @Test
  void TheOwnerOfTheServerIsDemanded() throws IOException {
    try (var server = NamedPipeServer.open(Pair.newName())) {
      final String own = "S-1-22-1-" + Files.getAttribute(Path.of("/proc/self"), "unix:uid");
      assertFails(1307, () -> NamedPipe.opener(server.name()).serverOwner("S-1-22-1-12345").open());
      assertFails(1337, () -> NamedPipe.opener(server.name()).serverOwner("nobody").open());
      assertThrows(NullPointerException.class, () -> NamedPipe.opener(server.name()).serverOwner(null));
      try (var client = NamedPipe.opener(server.name()).serverOwner(own).open(); var end = server.accept()) {
        write(client, "trusted");
        assertEquals("trusted", read(end, 100));
      }
    }
  }

  @Test
  void IMP_20_WhoTheClientIs() throws IOException {
    try (var pair = Pair.ofBytes()) {
      write(pair.client, "x");
      read(pair.serverEnd, 1);
      final ClientIdentity identity = pair.serverEnd.clientIdentity();
      assertEquals((int) ProcessHandle.current().pid(), identity.processId());
      assertEquals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"), identity.userId());
      assertEquals("S-1-22-1-" + identity.userId(), identity.userSid());
      assertTrue(identity.groups().stream().anyMatch(group -> group.sid().equals("S-1-1-0")));
      assertEquals(Files.getAttribute(Path.of("/proc/self"), "unix:gid"), identity.groupId());
      assertEquals("S-1-22-2-" + identity.groupId(), identity.primaryGroupSid());
      final int enabled = 4; // PIPES_GROUP_ENABLED
      assertTrue(identity.groups().stream().allMatch(group -> (group.attributes() & enabled) != 0));
      final String session = Files.readString(Path.of("/proc/self/sessionid")).strip();
      assertEquals(Integer.parseUnsignedInt(session), identity.sessionId());
      final int known = 0xF; // PIPES_PRIVILEGE_...
      assertEquals(0, identity.privileges() & ~known);
      assertFalse(identity.isRemote());
      assertEquals(ImpersonationLevel.IMPERSONATION, identity.level());
      assertEquals(PipeSecurity.nameOf(identity.userSid()), identity.getName());
      assertTrue(identity.getName().endsWith(System.getProperty("user.name")), identity.getName());
      assertFails(1, pair.client::clientIdentity);
      assertThrows(UnsupportedOperationException.class, () -> identity.groupIds().add(1));
    }
  }

  @Test
  void ACC_1_RightsOfSomebodyElse() {
    final var stranger = new ClientIdentity(0, 12345, 12345, List.of(12345), "S-1-22-1-12345", "S-1-22-2-12345",
        List.of(new ClientIdentity.Group("S-1-1-0", 7)), 0, ImpersonationLevel.IDENTIFICATION, false, -1);
    assertEquals("S-1-22-1-12345", stranger.getName(), "who has no name is called by his SID");
    final var readers = PipeSecurity.parse("O:SYG:SYD:(A;;FR;;;WD)(A;;FA;;;SY)");
    assertEquals(0x00120089, readers.rightsOf(stranger, 0x02000000));
    assertEquals(1, readers.rightsOf(stranger, 1));
    assertEquals(0, readers.rightsOf(stranger, 2));
    assertMalformed(1360, () -> readers.rightsOf(stranger, 0x80000000));
    assertMalformed(1338, () -> PipeSecurity.parse("D:").rightsOf(stranger, 1));
    assertThrows(NullPointerException.class, () -> readers.rightsOf(null, 1));
  }

  @Test
  void IMP_1_ActingAsTheClient() throws Exception {
    try (var pair = Pair.ofBytes()) {
      assertFails(1368, () -> pair.serverEnd.runAsClient(() -> 1)); // IMP-10: nothing was read yet
      write(pair.client, "x");
      read(pair.serverEnd, 1);
      assertEquals("done", pair.serverEnd.runAsClient(() -> "done"));
      assertThrows(IOException.class, () -> pair.serverEnd.runAsClient(() -> {
        throw new IOException("the action's own");
      }));
      assertFails(1, () -> pair.client.runAsClient(() -> 1));
      assertThrows(NullPointerException.class, () -> pair.serverEnd.runAsClient(null));
      assertNull(pair.serverEnd.<Void, RuntimeException>runAsClient(() -> null));
    }
  }

  @Test
  void IMP_3_LevelsOfImpersonation() throws Exception {
    try (var server = NamedPipeServer.open(Pair.newName())) {
      for (ImpersonationLevel level : ImpersonationLevel.values()) {
        try (var client = NamedPipe.opener(server.name()).impersonation(level).busyWait(LONG).open();
            var end = server.accept()) {
          assertEquals(level, end.clientIdentity().level());
          switch (level) {
            case ANONYMOUS -> assertFails(1347, () -> end.runAsClient(() -> 1));
            case IDENTIFICATION -> assertFails(1346, () -> end.runAsClient(() -> 1));
            default -> assertEquals(1, end.runAsClient(() -> 1));
          }
          assertTrue(client.isOpen());
        }
      }
    }
  }
}
