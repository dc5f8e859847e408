// pipes.hpp, anonymous pipes: both ends, their ownership, and what a child process is given.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <string>

#include "pipes/pipes.hpp"

namespace {

using pipes::AnonymousPipe;

int descriptor_flags(const pipes::End& end) { return fcntl(static_cast<int>(end.native_handle()), F_GETFD); }

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

  EXPECT_EQ(descriptor_flags(closed.read_end), FD_CLOEXEC);
  EXPECT_EQ(descriptor_flags(inherited.read_end), 0);
  inherited.read_end.set_inheritable(false);
  EXPECT_EQ(descriptor_flags(inherited.read_end), FD_CLOEXEC);
}

TEST(CppAnonymous, ANamedPipeHasNoNativeHandle) {
  const pipes::ServerEnd server(R"(\\.\pipe\cpp-anonymous-)" + std::to_string(getpid()));

  EXPECT_EQ(server.try_native_handle().status(), PIPES_ERROR_INVALID_FUNCTION);
}

}  // namespace
