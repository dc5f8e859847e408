// The oracle is Wine: an independent implementation of Windows' pipes, which the shared tests run under. Where it is
// known to be wrong a test says so, with the source, and still asserts everything else there. docs/conformance.md lists
// these points.
//
// Both macros do nothing on Linux and on real Windows.
#pragma once

#include <gtest/gtest.h>

#if defined(_WIN32)
#include <gtest/gtest-spi.h>

#include <optional>
#endif

namespace pipes::test {

#if defined(_WIN32)

// Whether the tests run under Wine.
[[nodiscard]] bool is_oracle();

// OracleDiffers catches the failures of its scope under Wine, and fails the test if there are none.
class OracleDiffers {
 public:
  OracleDiffers(const char* file, int line, const char* reason);
  OracleDiffers(const OracleDiffers&) = delete;
  OracleDiffers& operator=(const OracleDiffers&) = delete;
  ~OracleDiffers();

 private:
  const char* file_;
  int line_;
  const char* reason_;
  testing::TestPartResultArray results_;
  std::optional<testing::ScopedFakeTestPartResultReporter> catcher_;
};

#else

[[nodiscard]] constexpr bool is_oracle() { return false; }

#endif

}  // namespace pipes::test

// Under Wine the rest of the enclosing scope must fail. `reason` is a string: a row of table 4 of semantics.md, or what
// Wine does and which page says otherwise. The scope should hold the offending lines and nothing else:
//   {
//     PIPES_ORACLE_DIFFERS("table 4: DisconnectNamedPipe on a client end");
//     EXPECT_STATUS(PIPES_ERROR_INVALID_FUNCTION, client.disconnect());
//   }
#if defined(_WIN32)
#define PIPES_ORACLE_DIFFERS(reason) \
  const ::pipes::test::OracleDiffers pipes_oracle_differs { __FILE__, __LINE__, reason }
#else
#define PIPES_ORACLE_DIFFERS(reason) static_assert(sizeof(reason) > 1, "a mark needs a reason")
#endif

// Ends a test under Wine, where what follows would wait for ever or end the process.
#define PIPES_ORACLE_HANGS(reason) \
  if (::pipes::test::is_oracle()) GTEST_SKIP() << "the oracle cannot: " << (reason)
