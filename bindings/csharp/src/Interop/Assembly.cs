// What holds for the assembly as a whole.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]
#if MODERN
// Nothing that crosses is marshalled, so nothing may be.
[assembly: DisableRuntimeMarshalling]
#endif
