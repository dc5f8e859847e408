// Whole messages, however many reads they take.
using System;
using System.Buffers;
using System.Diagnostics;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Pipes.Interop;

namespace Pipes;

public abstract partial class PipeStream
{
    private const int FirstPieceMin = 1024;

    private int _messageLengthMax = 64 << 20;
    private Unfinished? _unfinished;

    /// <summary>
    /// The longest message that <see cref="ReadMessage()"/> and its like accept, 64 MiB at first: whoever may write to
    /// the pipe could use up the memory of this process otherwise. Reading a longer one fails with an
    /// <see cref="IOException"/> of ERROR_MORE_DATA (234) and loses nothing: with a higher limit the next call reads it,
    /// and <see cref="Read(byte[], int, int)"/> the rest of it by pieces.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public int MessageLengthMax
    {
        get => _messageLengthMax;
        set => _messageLengthMax = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value));
    }

    /// <summary>Reads one message, however long. The end must be in message read mode; one reader at a time.</summary>
    /// <returns>The message, which may be empty, or null at the end.</returns>
    /// <exception cref="IOException">It is longer than <see cref="MessageLengthMax"/>; or the other end left amid it.</exception>
    public byte[]? ReadMessage() => ReadMessage(Timeout.InfiniteTimeSpan, CancellationToken.None);

    /// <summary>Reads one message, however long. The end must be in message read mode; one reader at a time.</summary>
    /// <param name="timeout">How long it waits.</param>
    /// <param name="cancellationToken">
    /// Ends the waiting. What has come of the message by then is the beginning of what the next call returns.
    /// </param>
    /// <returns>The message, which may be empty, or null at the end.</returns>
    /// <exception cref="TimeoutException">The time is over. As for the token, nothing is lost.</exception>
    /// <exception cref="IOException">It is longer than <see cref="MessageLengthMax"/>; or the other end left amid it.</exception>
    public byte[]? ReadMessage(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        uint milliseconds = Arguments.Milliseconds(timeout, nameof(timeout));
        CheckMessages();
        cancellationToken.ThrowIfCancellationRequested();
        Stopwatch time = Stopwatch.StartNew();
        Unfinished message = TakeUnfinished();
        try
        {
            while (true)
            {
                Memory<byte> room = Room(message);
                uint left = milliseconds == NoTimeout
                    ? NoTimeout
                    : (uint)Math.Max(0, milliseconds - time.ElapsedMilliseconds);
                if (Take(message, Read(room.Span, left, cancellationToken), out byte[]? whole))
                {
                    return whole;
                }
            }
        }
        finally
        {
            Keep(message);
        }
    }

    /// <summary>Reads one message, however long. The end must be in message read mode; one reader at a time.</summary>
    /// <param name="cancellationToken">
    /// Ends the waiting. What has come of the message by then is the beginning of what the next call returns.
    /// </param>
    /// <returns>
    /// The message, which may be empty, or null at the end; an <see cref="IOException"/> if it is longer than
    /// <see cref="MessageLengthMax"/>, or if the other end left amid it.
    /// </returns>
    public async ValueTask<byte[]?> ReadMessageAsync(CancellationToken cancellationToken = default)
    {
        CheckMessages();
        Unfinished message = TakeUnfinished();
        try
        {
            while (true)
            {
                int count = await ReadAsync(Room(message), cancellationToken).ConfigureAwait(false);
                if (Take(message, count, out byte[]? whole))
                {
                    return whole;
                }
            }
        }
        finally
        {
            Keep(message);
        }
    }

    /// <summary>Reads one message, however long. The end must be in message read mode; one reader at a time.</summary>
    /// <param name="timeout">How long it waits.</param>
    /// <param name="cancellationToken">
    /// Ends the waiting. What has come of the message by then is the beginning of what the next call returns.
    /// </param>
    /// <returns>
    /// The message, which may be empty, or null at the end; a <see cref="TimeoutException"/> when the time is over, and
    /// an <see cref="IOException"/> as for <see cref="ReadMessageAsync(CancellationToken)"/>.
    /// </returns>
    public ValueTask<byte[]?> ReadMessageAsync(TimeSpan timeout, CancellationToken cancellationToken = default) =>
        Deadline.Run(timeout, cancellationToken, this, static (stream, token) => stream.ReadMessageAsync(token));

    /// <summary>Reads one message into a writer of buffers. Message read mode; one reader at a time.</summary>
    /// <param name="writer">
    /// Receives the message. If this fails amid one, because it is cancelled or the message too long, the writer holds
    /// what has come of it, and the next read goes on behind that.
    /// </param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>
    /// The length of the message, or -1 at the end; an <see cref="IOException"/> as for
    /// <see cref="ReadMessageAsync(CancellationToken)"/>.
    /// </returns>
    public async ValueTask<int> ReadMessageAsync(IBufferWriter<byte> writer, CancellationToken cancellationToken = default)
    {
        Arguments.NotNull(writer, nameof(writer));
        CheckMessages();
        int length = 0;
        bool goesOn = false;
        if (Interlocked.Exchange(ref _unfinished, null) is { } begun)
        {
            writer.Write(begun.Bytes);
            length = begun.Length;
            goesOn = true;
            begun.GiveBack();
        }

        while (true)
        {
            int room = RoomFor(length, goesOn);
            Memory<byte> memory = writer.GetMemory(Math.Min(FirstPiece(), room));
            memory = memory.Slice(0, Math.Min(memory.Length, room));
            int count = await ReadAsync(memory, cancellationToken).ConfigureAwait(false);
            writer.Advance(count);
            length += count;
            if (IsWhole(count, length, out bool isEnd))
            {
                return isEnd ? -1 : length;
            }

            goesOn = true;
        }
    }

    /// <summary>Is connected, and knows nothing of whom it was connected with before.</summary>
    internal void BeginConversation()
    {
        Interlocked.Exchange(ref _unfinished, null)?.GiveBack();
        State.IsMessageComplete = true;
        State.End = EndState.Connected;
    }

    private void CheckMessages()
    {
        CheckReading();
        if (_readMode != PipeTransmissionMode.Message)
        {
            throw new InvalidOperationException("ReadMode is not of PipeTransmissionMode.Message.");
        }
    }

    // What a call that was given up has read already, or room for the next message.
    private Unfinished TakeUnfinished() => Interlocked.Exchange(ref _unfinished, null) ?? new Unfinished(FirstPiece());

    // Counts what was read. True: `whole` is the message, or null at the end.
    private bool Take(Unfinished message, int count, out byte[]? whole)
    {
        message.Length += count;
        whole = null;
        message.GoesOn = !IsWhole(count, message.Length, out bool isEnd);
        if (!message.GoesOn && !isEnd)
        {
            whole = message.Bytes.ToArray();
        }

        return !message.GoesOn;
    }

    // Nothing of a message is lost because its reader gives up.
    private void Keep(Unfinished message)
    {
        if (message.GoesOn)
        {
            Volatile.Write(ref _unfinished, message);
        }
        else
        {
            message.GiveBack();
        }
    }

    private bool IsWhole(int count, int length, out bool isEnd)
    {
        isEnd = false;
        if (!State.IsMessageComplete)
        {
            return false;
        }

        if (count == 0 && !IsConnected)
        {
            isEnd = length == 0 ? true : throw Errors.Broken(Native.PIPES_ERROR_BROKEN_PIPE);
        }

        return true;
    }

    // So that a message which is there already is read in one go.
    private int FirstPiece()
    {
        try
        {
            return Math.Min(Math.Max(FirstPieceMin, Peek().BytesLeftInMessage), Math.Max(1, MessageLengthMax));
        }
        catch (IOException)
        {
            return FirstPieceMin; // the read says what there is to say
        }
    }

    // How many more bytes a read may ask for. None is enough to be told that a message is longer than that.
    private int RoomFor(int length, bool goesOn) => !goesOn || length < MessageLengthMax
        ? Math.Max(0, MessageLengthMax - length)
        : throw new IOException(
            $"The message is longer than the {MessageLengthMax} bytes that MessageLengthMax allows.",
            unchecked((int)(0x80070000 | Native.PIPES_ERROR_MORE_DATA)));

    private Memory<byte> Room(Unfinished message) => message.Room(RoomFor(message.Length, message.GoesOn));

    /// <summary>A message of which some bytes have come, in memory of the pool.</summary>
    private sealed class Unfinished(int size)
    {
        private byte[] _buffer = ArrayPool<byte>.Shared.Rent(size);

        public int Length { get; set; }

        /// <summary>Whether something was read, and more is to come.</summary>
        public bool GoesOn { get; set; }

        public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, Length);

        /// <summary>Where the next piece goes, of <paramref name="most"/> bytes at most.</summary>
        public Memory<byte> Room(int most)
        {
            if (Length == _buffer.Length)
            {
                byte[] grown = ArrayPool<byte>.Shared.Rent((int)Math.Min(2L * Length, (long)Length + most));
                Bytes.CopyTo(grown);
                ArrayPool<byte>.Shared.Return(_buffer);
                _buffer = grown;
            }

            return _buffer.AsMemory(Length, Math.Min(most, _buffer.Length - Length));
        }

        public void GiveBack()
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
        }
    }
}
