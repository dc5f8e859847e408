// What the compiler wants of a framework that has records; netstandard2.0 does not.
#if !MODERN
namespace System.Runtime.CompilerServices;

internal static class IsExternalInit;
#endif
