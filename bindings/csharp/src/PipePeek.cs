// What a peek tells.
namespace Pipes;

/// <summary>What could be read from a pipe.</summary>
/// <param name="BytesRead">How many bytes were copied.</param>
/// <param name="BytesAvailable">How many are unread in all, those of writes that still wait included.</param>
/// <param name="BytesLeftInMessage">How many of the first message were not copied. 0 for a pipe of bytes.</param>
public readonly record struct PipePeek(int BytesRead, int BytesAvailable, int BytesLeftInMessage);
