// Plain files, as programs that use pipes read and write them.
#include "win32/words.h"

namespace pipes::test {
namespace {

// A file of a name of its own, deleted at the end.
class FileName {
 public:
  FileName() : name_("pipes-win32-" + std::to_string(GetCurrentProcessId()) + ".txt") {}
  ~FileName() { DeleteFileA(name_.c_str()); }
  FileName(const FileName&) = delete;
  FileName& operator=(const FileName&) = delete;
  [[nodiscard]] Owned open(DWORD access, DWORD disposition) const {
    return Owned(CreateFileA(name_.c_str(), access, 0, nullptr, disposition, FILE_ATTRIBUTE_NORMAL, nullptr));
  }

 private:
  std::string name_;
};

TEST(Win32File, WhatIsWrittenIsReadAndTheEndIsNoError) {
  const FileName file;
  Owned writing = file.open(GENERIC_WRITE, CREATE_NEW);
  ASSERT_TRUE(writing.valid());
  EXPECT_EQ(GetFileType(writing), DWORD{FILE_TYPE_DISK});
  EXPECT_TRUE(write_text(writing, "hello"));
  EXPECT_TRUE(FlushFileBuffers(writing));
  char none;
  DWORD read = 9;
  EXPECT_EQ(last_error_of(ReadFile(writing, &none, 1, &read, nullptr)), DWORD{ERROR_ACCESS_DENIED});
  EXPECT_EQ(read, 0U);
  writing.close();
  const Owned reading = file.open(GENERIC_READ, OPEN_EXISTING);
  EXPECT_EQ(GetFileSize(reading, nullptr), 5U);
  EXPECT_EQ(read_text(reading), "hello");
  read = 9;
  EXPECT_TRUE(ReadFile(reading, &none, 1, &read, nullptr));
  EXPECT_EQ(read, 0U);
  EXPECT_EQ(SetFilePointer(reading, 1, nullptr, FILE_BEGIN), 1U);
  EXPECT_EQ(read_text(reading), "ello");
}

TEST(Win32File, TheDispositionSaysWhatMustBeThere) {
  const FileName file;
  EXPECT_FALSE(file.open(GENERIC_READ, OPEN_EXISTING).valid());
  EXPECT_EQ(GetLastError(), DWORD{ERROR_FILE_NOT_FOUND});
  EXPECT_TRUE(file.open(GENERIC_WRITE, OPEN_ALWAYS).valid());
  EXPECT_EQ(GetLastError(), DWORD{ERROR_SUCCESS});
  EXPECT_TRUE(file.open(GENERIC_WRITE, CREATE_ALWAYS).valid());
  EXPECT_EQ(GetLastError(), DWORD{ERROR_ALREADY_EXISTS});
  EXPECT_FALSE(file.open(GENERIC_WRITE, CREATE_NEW).valid());
  EXPECT_EQ(GetLastError(), DWORD{ERROR_FILE_EXISTS});
  EXPECT_EQ(CreateFileA("no-such-folder/file", GENERIC_READ, 0, nullptr, OPEN_EXISTING, 0, nullptr),
            INVALID_HANDLE_VALUE);
  EXPECT_EQ(GetLastError(), DWORD{ERROR_PATH_NOT_FOUND});
}

TEST(Win32File, NulSwallowsEverything) {
  const Owned nothing(CreateFileA("NUL", GENERIC_READ | GENERIC_WRITE, 0, nullptr, OPEN_EXISTING, 0, nullptr));
  ASSERT_TRUE(nothing.valid());
  EXPECT_EQ(GetFileType(nothing), DWORD{FILE_TYPE_CHAR});
  EXPECT_TRUE(write_text(nothing, "gone"));
}

}  // namespace
}  // namespace pipes::test
