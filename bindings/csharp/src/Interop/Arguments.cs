// What is checked of arguments before the library sees them.
using System;
using System.IO;
using System.Threading;

namespace Pipes.Interop;

internal static class Arguments
{
    public static void Check(PipeDirection direction)
    {
        if (direction is < PipeDirection.In or > PipeDirection.InOut)
        {
            throw new ArgumentOutOfRangeException(
                nameof(direction), "For named pipes, the pipe direction can be PipeDirection.In, PipeDirection.Out or PipeDirection.InOut.");
        }
    }

    public static void Check(PipeTransmissionMode transmissionMode, string name)
    {
        if (transmissionMode is < PipeTransmissionMode.Byte or > PipeTransmissionMode.Message)
        {
            throw new ArgumentOutOfRangeException(
                name, "TransmissionMode must be PipeTransmissionMode.Byte or PipeTransmissionMode.Message.");
        }
    }

    public static void Check(PipeOptions options)
    {
        const PipeOptions Known = PipeOptions.WriteThrough | PipeOptions.Asynchronous | PipeOptions.CurrentUserOnly |
                                  PipeOptions.FirstPipeInstance;
        if ((options & ~Known) != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(options), "options contains an invalid flag.");
        }
    }

    public static void Check(HandleInheritability inheritability)
    {
        if (inheritability is < HandleInheritability.None or > HandleInheritability.Inheritable)
        {
            throw new ArgumentOutOfRangeException(
                nameof(inheritability), "HandleInheritability.None or HandleInheritability.Inheritable required.");
        }
    }

    public static void NotNegative(int value, string name)
    {
        if (value < 0)
        {
            throw new ArgumentOutOfRangeException(name, "Non-negative number required.");
        }
    }

    public static void NotNull(object? value, string name)
    {
        if (value is null)
        {
            throw new ArgumentNullException(name);
        }
    }

    public static void NotEmpty(string? value, string name)
    {
        NotNull(value, name);
        if (value!.Length == 0)
        {
            throw new ArgumentException($"{name} cannot be an empty string.", name);
        }
    }

    /// <summary>The name of a pipe, or a part of it, which the library takes with a zero behind it.</summary>
    public static void IsName(string? value, string name)
    {
        NotEmpty(value, name);
        if (value!.AsSpan().IndexOf('\0') >= 0)
        {
            throw new ArgumentException("A name holds no zero.", name);
        }
    }

    public static void Range(byte[]? buffer, int offset, int count)
    {
        NotNull(buffer, nameof(buffer));
        NotNegative(offset, nameof(offset));
        if (count < 0 || buffer!.Length - offset < count)
        {
            throw new ArgumentOutOfRangeException(
                nameof(count),
                "Offset and length were out of bounds for the array or count is greater than the number of elements from index to the end of the source collection.");
        }
    }

    /// <summary>A time as the library takes it.</summary>
    public static uint Milliseconds(TimeSpan timeout, string name)
    {
        if (timeout == Timeout.InfiniteTimeSpan)
        {
            return Native.PIPES_INFINITE;
        }

        double milliseconds = Math.Ceiling(timeout.TotalMilliseconds);
        return milliseconds is >= 0 and <= int.MaxValue
            ? (uint)milliseconds
            : throw new ArgumentOutOfRangeException(name, "A time-out is not negative, or Timeout.InfiniteTimeSpan.");
    }

    /// <summary>Milliseconds as the framework takes them: more than none, or <see cref="Timeout.Infinite"/>.</summary>
    public static int Milliseconds(int value, string name) => value is > 0 or Timeout.Infinite
        ? value
        : throw new ArgumentOutOfRangeException(name, "Timeout can only be set to 'System.Threading.Timeout.Infinite' or a value > 0.");
}
