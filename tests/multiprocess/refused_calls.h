// System calls that fail in this process, as on an older kernel, or in a container whose filter does not know them.
#pragma once

namespace pipes::test {

// From here on the system call `number` fails with `error` on the calling thread, on those it starts later, and in what
// they execute. False where no process may filter its calls.
[[nodiscard]] bool refuse_system_call(int number, int error);
// The same of calls whose first argument is `descriptor`.
[[nodiscard]] bool refuse_system_call_on(int number, int descriptor, int error);

}  // namespace pipes::test
