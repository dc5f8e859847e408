// pipes.hpp, anonymous pipes: both ends, their ownership, and what a child process is given.
#include <gtest/gtest.h>

#include <array>

#include "pipes/pipes.hpp"
#include "support/harness.h"
#include "support/spawn.h"

namespace {

using pipes::AnonymousPipe;

// Whether the system would give it to a child process.
bool is_inherited(const pipes::End& end) {
  const pipes::test::NativeFlags flags = pipes::test::native_flags(end.handle());
  EXPECT_TRUE(flags.known);
  return flags.inheritable;
}

TEST(CppAnonymous, WhatIsWrittenIsRead) {
  const AnonymousPipe pipe = AnonymousPipe::create();
  std::array<std::byte, 16> buffer{};

  EXPECT_EQ(pipe.write_end.write(pipes::bytes("hello")), 5u);
  const pipes::Received received = pipe.read_end.read(buffer);

  EXPECT_EQ(pipes::text(std::span(buffer).first(received.size)), "hello");
  EXPECT_FALSE(received.more);
}

TEST(CppAnonymous, ANON_7_ClosingTheWriteEndEndsTheData) {
  AnonymousPipe pipe = AnonymousPipe::create();
  pipe.write_end.write(pipes::bytes("x"));
  pipe.write_end.close();
  std::array<std::byte, 4> buffer{};

  EXPECT_EQ(pipe.read_end.read(buffer).size, 1u);
  EXPECT_EQ(pipe.read_end.try_read(buffer).status(), PIPES_ERROR_BROKEN_PIPE);
}

TEST(CppAnonymous, ANON_8_WritingWithoutAReaderFailsWithoutASignal) {
  AnonymousPipe pipe = AnonymousPipe::create();
  pipe.read_end.close();

  EXPECT_EQ(pipe.write_end.try_write(pipes::bytes("x")).status(), PIPES_ERROR_NO_DATA);
}

TEST(CppAnonymous, AnEndMovedOutOutlivesThePipe) {
  pipes::End reader;
  {
    AnonymousPipe pipe = AnonymousPipe::create();
    pipe.write_end.write(pipes::bytes("kept"));
    reader = std::move(pipe.read_end);
  }
  std::array<std::byte, 4> buffer{};

  EXPECT_EQ(reader.read(buffer).size, 4u);
}

TEST(CppAnonymous, DescriptorsSurviveExecOnlyIfAskedFor) {
  const AnonymousPipe closed = AnonymousPipe::create();
  const AnonymousPipe inherited = AnonymousPipe::create({.inheritable = true});

  EXPECT_FALSE(is_inherited(closed.read_end));
  EXPECT_TRUE(is_inherited(inherited.read_end));
  inherited.read_end.set_inheritable(false);
  EXPECT_FALSE(is_inherited(inherited.read_end));
}

// On Windows every handle is the system's own.
TEST(CppAnonymous, ANamedPipeHasNoNativeHandle) {
  const pipes::ServerEnd server(pipes::test::unique_name());

  EXPECT_EQ(server.try_native_handle().status(), pipes::test::kOurEngine ? PIPES_ERROR_INVALID_FUNCTION : PIPES_OK);
}

}  // namespace
